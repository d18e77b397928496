/* Hash with the widest vectors of the CPU. */
#include "base/hash.h"

/*
 * Code that is compiled for every x86-64 CPU can use only 16-byte vectors. The dispatch
 * functions of libxxhash select 32-byte or 64-byte vectors at run time, which is three to
 * four times as fast; see tests/PERFORMANCE.md.
 */
#if defined(__x86_64__) && defined(__has_include)
#if __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h> /* redefines the function names of xxhash.h */
#endif
#endif

void
ib_hash64_update(XXH3_state_t *state, const void *p, size_t n)
{
	if (n > 0)
		XXH3_64bits_update(state, p, n);
}

void
ib_hash128_update(XXH3_state_t *state, const void *p, size_t n)
{
	if (n > 0)
		XXH3_128bits_update(state, p, n);
}
