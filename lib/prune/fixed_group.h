/* One group of --sampling fixed. */
#ifndef IB_PRUNE_FIXED_GROUP_H
#define IB_PRUNE_FIXED_GROUP_H

#include <stddef.h>
#include <stdint.h>

/* For --sampling fixed: the rows with one pi < 1. Exactly k of the n rows are kept. */
struct ib_fixed_group {
	double pi; /* pi of the rule, before it is replaced by k/n */
	uint64_t n, k;
	double fraction, weight; /* k/n, n/k */
};

/* Return the first of n groups with at least this pi; a branch-free binary search. */
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
