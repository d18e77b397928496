/* The functions of infobatch.h that compute draws and partitions of ids. */
#define XXH_INLINE_ALL
#include "prune/draw.h"

#include "base/part.h"

uint64_t
ib_draw_key(uint64_t seed, uint64_t epoch)
{
	unsigned char le[16];
	int i;

	for (i = 0; i < 8; i++) {
		le[i] = (unsigned char)(seed >> (8 * i));
		le[8 + i] = (unsigned char)(epoch >> (8 * i));
	}
	return XXH3_64bits(le, sizeof(le));
}

double
ib_draw_u(uint64_t key, struct ib_span id)
{
	return ib_draw_from_bits(ib_draw_bits(key, id.p, id.n));
}

uint64_t
ib_part_of(struct ib_span id, uint64_t count)
{
	return ib_part_of_hash(XXH3_64bits(id.p, id.n), count);
}
