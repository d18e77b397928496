/*
 * The texts of numbers, kept while no other takes their place: 64 buckets or
 * ranks have as many weights, and as many pi.
 */
#ifndef IB_BASE_NUMBER_CACHE_H
#define IB_BASE_NUMBER_CACHE_H

#include "base/bytes.h"
#include "base/numbers.h"

#define IB_NUMBER_CACHE_BITS 8

struct ib_number_cache_entry {
	double number;
	size_t n; /* 0: none yet */
	char text[IB_NUMBER_MAX];
};

/* Start from {0}; one a thread. */
struct ib_number_cache {
	struct ib_number_cache_entry of[1 << IB_NUMBER_CACHE_BITS];
};

static inline const struct ib_number_cache_entry *
ib_number_cache_get(struct ib_number_cache *texts, double number)
{
	struct ib_number_cache_entry *t;
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	t = &texts->of[bits * 0x9e3779b97f4a7c15 >> (64 - IB_NUMBER_CACHE_BITS)];
	if (t->n == 0 || t->number != number) {
		t->number = number;
		t->n = ib_number_put(t->text, number);
	}
	return t;
}

/* 1 stands between others and is not looked up. */
static inline void
ib_number_cache_put(struct ib_bytes *out, double number, struct ib_number_cache *texts)
{
	const struct ib_number_cache_entry *t;

	if (number == 1) {
		ib_bytes_put(out, "1.0", 3);
		return;
	}
	t = ib_number_cache_get(texts, number);
	ib_bytes_put(out, t->text, t->n);
}

#endif
