/* Radix sort and counting sort. */
#include "base/sort.h"

#include <string.h>

#define DIGIT_BITS 11 /* number of bits per pass */
#define DIGIT_VALUES ((size_t)1 << DIGIT_BITS)

/* Replace each count by the sum of all counts before it. */
static void
sum_counts(uint64_t *count, uint64_t n)
{
	uint64_t sum = 0, i, c;

	for (i = 0; i < n; i++) {
		c = count[i];
		count[i] = sum;
		sum += c;
	}
}

/*
 * Return the key of an item. Each item begins with its key, of 4 or 8 bytes. `size` is a
 * constant wherever this function is inlined.
 */
static inline __attribute__((always_inline)) uint64_t
key_of(const char *item, size_t size)
{
	uint32_t key32;
	uint64_t key;

	if (size == sizeof(key32)) {
		memcpy(&key32, item, sizeof(key32));
		return key32;
	}
	memcpy(&key, item, sizeof(key));
	return key;
}

static inline size_t
digit(uint64_t key, unsigned pass)
{
	return key >> (pass * DIGIT_BITS) & (DIGIT_VALUES - 1);
}

/* Sort by the lowest digit first. Skip a digit if it has the same value in all keys. */
static inline __attribute__((always_inline)) void *
radix_sort(char *v, char *room, uint64_t n, size_t size)
{
	const unsigned passes = size == 4 ? 3 : 6;
	uint64_t at[6][DIGIT_VALUES] = { { 0 } }, i, key;
	unsigned pass;
	char *swap;

	for (i = 0; i < n; i++) {
		key = key_of(v + i * size, size);
		for (pass = 0; pass < passes; pass++)
			at[pass][digit(key, pass)]++;
	}
	for (pass = 0; pass < passes && n > 0; pass++) {
		if (at[pass][digit(key_of(v, size), pass)] == n)
			continue;
		sum_counts(at[pass], DIGIT_VALUES);
		for (i = 0; i < n; i++) {
			key = key_of(v + i * size, size);
			memcpy(room + size * at[pass][digit(key, pass)]++, v + i * size, size);
		}
		swap = v;
		v = room;
		room = swap;
	}
	return v;
}

uint32_t *
ib_sort_u32(uint32_t *v, uint32_t *room, uint64_t n)
{
	return radix_sort((char *)v, (char *)room, n, sizeof(*v));
}

uint64_t *
ib_sort_u64(uint64_t *v, uint64_t *room, uint64_t n)
{
	return radix_sort((char *)v, (char *)room, n, sizeof(*v));
}

struct ib_sort_item *
ib_sort_items(struct ib_sort_item *v, struct ib_sort_item *room, uint64_t n)
{
	return radix_sort((char *)v, (char *)room, n, sizeof(*v));
}

void
ib_sort_index(const uint32_t *key, uint64_t n, uint32_t nkeys, uint64_t *first, uint32_t *index)
{
	uint64_t i, k;

	for (i = 0; i < n; i++)
		first[key[i]]++;
	sum_counts(first, nkeys);
	for (i = 0; i < n; i++)
		index[first[key[i]]++] = (uint32_t)i;
	/* Now first[k] is the end of the numbers with key k, so shift the array by one. */
	for (k = nkeys; k > 0; k--)
		first[k] = first[k - 1];
	first[0] = 0;
}
