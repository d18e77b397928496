/*
 * A direct-mapped cache of formatted numbers. The commands print few different numbers, but
 * print each of these numbers many times. For example, a rule with 64 buckets has at most 64
 * weights and 64 keep probabilities.
 */
#ifndef IB_BASE_NUMBER_CACHE_H
#define IB_BASE_NUMBER_CACHE_H

#include "base/bytes.h"
#include "base/numbers.h"

#define IB_NUMBER_CACHE_BITS 8

struct ib_number_cache_entry {
	double number;
	size_t n; /* length of the text; 0 if the entry is unused */
	char text[IB_NUMBER_MAX];
};

/* Initialize with {0}; use one cache per thread. */
struct ib_number_cache {
	struct ib_number_cache_entry entry[1 << IB_NUMBER_CACHE_BITS];
};

/* Return the cache entry of `number`. If `number` is not in the cache, format it first. */
static inline const struct ib_number_cache_entry *
ib_number_cache_get(struct ib_number_cache *cache, double number)
{
	struct ib_number_cache_entry *t;

	t = &cache->entry[ib_number_slot(number, IB_NUMBER_CACHE_BITS)];
	if (t->n == 0 || t->number != number) {
		t->number = number;
		t->n = ib_number_write(t->text, number);
	}
	return t;
}

/*
 * Append the text of `number`. The text is always copied from the cache entry, even if the entry is
 * new. A separate path for new entries would need another branch that the CPU could not predict.
 */
static inline void
ib_number_cache_append(struct ib_bytes *out, double number, struct ib_number_cache *cache)
{
	const struct ib_number_cache_entry *t = ib_number_cache_get(cache, number);

	if (!ib_bytes_reserve(out, IB_NUMBER_MAX))
		return;
	memcpy(out->p + out->n, t->text, IB_NUMBER_MAX); /* faster than copying only t->n bytes */
	out->n += t->n;
}

#endif
