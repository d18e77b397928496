/*
 * Stable sorts by keys that are unsigned integers, in linear time: radix sorts for many different
 * keys, and a counting sort for few different keys. All other sorts use qsort().
 */
#ifndef IB_BASE_SORT_H
#define IB_BASE_SORT_H

#include <stdint.h>

/* A key, and a value that is moved with the key. */
struct ib_sort_item {
	uint64_t key;
	union {
		uint64_t number;
		double weight;
	};
};

/*
 * Sort n keys of 32 bits. `room` has space for n more keys and is overwritten. Returns v or room:
 * the array that contains the result.
 */
uint32_t *ib_sort_u32(uint32_t *v, uint32_t *room, uint64_t n);
/* Sort n keys of 64 bits, like ib_sort_u32(). */
uint64_t *ib_sort_u64(uint64_t *v, uint64_t *room, uint64_t n);
/* Sort n items by their keys, like ib_sort_u32(). */
struct ib_sort_item *ib_sort_items(struct ib_sort_item *v, struct ib_sort_item *room, uint64_t n);

/*
 * Sort the numbers 0 to n-1 into index[]. The sort key of the number i is key[i], which is below
 * nkeys. The numbers with key k become index[first[k]] to index[first[k+1]-1], in ascending order.
 * The array `first` has nkeys + 1 elements, which must be 0 before the call.
 */
void ib_sort_index(const uint32_t *key, uint64_t n, uint32_t nkeys, uint64_t *first,
		   uint32_t *index);

#endif
