/* The groups of --sampling fixed. */
#ifndef IB_PRUNE_FIXED_GROUP_H
#define IB_PRUNE_FIXED_GROUP_H

#include <stddef.h>
#include <stdint.h>

/* A group: all rows that have the same pi < 1. Exactly k of the n rows are kept. */
struct ib_fixed_group {
	/*
	 * the pi that the rule computed; the rows are kept with probability k/n instead of this pi
	 */
	double pi;
	uint64_t n, k;
	double fraction, weight; /* fraction: k/n; weight: n/k */
};

/*
 * Find the first group whose pi is at least `pi`. Returns its index, or n - 1 if there is no such
 * group. This is a binary search without a branch in the loop.
 */
static inline size_t
ib_fixed_group_seek(const struct ib_fixed_group *g, size_t n, double pi)
{
	size_t at = 0, half;

	for (; n > 1; n -= half) {
		half = n / 2;
		at += half * (g[at + half - 1].pi < pi);
	}
	return at;
}

#endif
