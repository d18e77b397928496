#include "score/arraylog.h"

#include "base/error.h"

bool
ib_arraylog_is_one(const struct ib_npz *z)
{
	return ib_npz_find(z, "loss.npy") && ib_npz_find(z, "id.npy");
}

enum ib_status
ib_arraylog_read(const struct ib_losslog *l, struct ib_npz *z,
		 const char *name, int64_t epoch,
		 const struct ib_logs_sink *sink,
		 struct ib_logs_counts *counts, struct ib_error *err)
{
	(void)l, (void)z, (void)epoch, (void)sink, (void)counts;
	return ib_fail(err, IB_E_DATA, "%s: logs as arrays are not read yet",
		       name);
}
