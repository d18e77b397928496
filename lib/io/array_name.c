/* Check the names of outputs. A name that ends in .npz or .npy means that the file holds arrays. */
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "io/input.h"

const char *
ib_array_suffix(const char *path)
{
	struct ib_span stem = ib_input_stem(path);

	if (ib_span_ends_with(stem, ".npz"))
		return ".npz";
	return ib_span_ends_with(stem, ".npy") ? ".npy" : NULL;
}

enum ib_status
ib_array_name_check(const char *role, const char *path, unsigned can, struct ib_error *err)
{
	const char *suffix = ib_array_suffix(path);

	if (!suffix || (can & (suffix[3] == 'z' ? IB_CAN_BE_NPZ : IB_CAN_BE_NPY)))
		return IB_OK;
	if ((can & IB_CAN_APPEND) && access(path, F_OK) == 0)
		return IB_OK; /* the run later checks whether it can append to the file */
	if (can & IB_CAN_BE_NPZ)
		return ib_fail(err, IB_E_MISUSE,
			       "%s %s: the output has several arrays, so its name must end in .npz",
			       role, path);
	if (can & IB_CAN_BE_NPY)
		return ib_fail(err, IB_E_MISUSE,
			       "%s %s: the output is one array, so its name must end in .npy", role,
			       path);
	return ib_fail(err, IB_E_MISUSE,
		       "%s %s: %s cannot write arrays, so the name must not end in %s", role, path,
		       role, suffix);
}
