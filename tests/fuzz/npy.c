/* Parse any bytes as an .npy header. If it is valid, the items are within the member. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "io/npy.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ib_npz_member m = { .uncompressed_size = n };
	char *p = malloc(n + !n); /* a copy of exactly n bytes, so that an overrun is noticed */

	if (n > 0)
		memcpy(p, data, n);
	if (ib_npy_parse(p, n, &m) != m.array)
		abort();
	if (m.array &&
	    (m.header > n || m.nbytes != n - m.header || !memchr(m.descr, '\0', sizeof(m.descr))))
		abort();
	if (m.array && m.ndim == 1 && m.size > 0 && (m.n > m.nbytes || m.n * m.size != m.nbytes))
		abort();
	free(p);
	return 0;
}
