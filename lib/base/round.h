/* Round an exact value to a binary format, with ties to even. */
#ifndef IB_BASE_ROUND_H
#define IB_BASE_ROUND_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* A binary floating-point format. */
struct ib_binary {
	int digits; /* number of bits of the significand */
	int lowest; /* exponent of the lowest bit of subnormal numbers */
};
#define IB_BINARY64 ((struct ib_binary){ 53, -1074 })
#define IB_BINARY32 ((struct ib_binary){ 24, -149 })

/*
 * Round (top + rest) * 2^exponent to the nearest number in the format f. `rest` is the fraction, in
 * [0, 1), that the caller has cut off. Set `sticky` to true if `rest` is not 0. The highest bit of
 * top must be set.
 */
static inline double
ib_round_to(struct ib_binary f, uint64_t top, bool sticky, int exponent)
{
	int drop = 64 - f.digits;
	uint64_t kept, half, below;

	if (exponent + drop < f.lowest)
		drop = f.lowest - exponent;
	if (drop > 64)
		return 0;
	half = (uint64_t)1 << (drop - 1);
	kept = drop == 64 ? 0 : top >> drop;
	below = top & (half | (half - 1));
	if (below > half || (below == half && (sticky || (kept & 1))))
		kept++;
	if (exponent > 2048)
		return (double)INFINITY;
	return ldexp((double)kept, exponent + drop);
}

#endif
