/* Read any bytes as an .npz archive: this succeeds or returns IB_E_DATA. */
#include <stdlib.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "io/npz.h"

#define MAX_MEMBER_BYTES ((uint64_t)16 << 20) /* larger members are not read */

static void
read_member(struct ib_npz *z, const struct ib_npz_member *m)
{
	struct ib_error err;
	struct ib_span s;
	enum ib_status st;
	volatile char last;
	char *p;

	if (!m || m->nbytes > MAX_MEMBER_BYTES)
		return;
	p = malloc((size_t)m->nbytes + 1);
	st = ib_npz_read(z, m, p, &err);
	if (st && (st != IB_E_DATA || err.code != st))
		abort();
	s = ib_npz_map(z, m);
	if (s.n > 0)
		last = s.p[s.n - 1];
	(void)last;
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const names[] = { "a.npy", "b.npy", "score.npy", "meta.json", "id.npy" };
	struct ib_input *in = NULL;
	struct ib_npz *z = NULL;
	struct ib_error err;
	enum ib_status st;
	char path[32];
	size_t i;
	int fd = fuzz_file(data, n, path);

	if (ib_input_open(path, &in, &err))
		abort(); /* a file in memory can always be opened */
	st = ib_npz_open(in, &z, &err);
	for (i = 0; !st && i < sizeof(names) / sizeof(*names); i++)
		read_member(z, ib_npz_find(z, names[i]));
	if (st && (st != IB_E_DATA || err.code != st))
		abort();
	ib_npz_close(z);
	ib_input_close(in);
	close(fd);
	return 0;
}
