/*
 * The texts of numbers, kept while no other takes their place: 64 buckets or
 * ranks have as many weights, and as many pi.
 */
#ifndef IB_PRUNE_TEXTS_H
#define IB_PRUNE_TEXTS_H

#include "base/bytes.h"
#include "base/numbers.h"

#define IB_NUMBER_TEXTS_BITS 8

struct ib_number_text {
	double number;
	size_t n; /* 0: none yet */
	char text[IB_NUMBER_MAX];
};

/* Start from {0}; one a thread. */
struct ib_number_texts {
	struct ib_number_text of[1 << IB_NUMBER_TEXTS_BITS];
};

static inline const struct ib_number_text *
ib_number_text_of(struct ib_number_texts *texts, double number)
{
	struct ib_number_text *t;
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	t = &texts->of[bits * 0x9e3779b97f4a7c15 >> (64 - IB_NUMBER_TEXTS_BITS)];
	if (t->n == 0 || t->number != number) {
		t->number = number;
		t->n = ib_number_put(t->text, number);
	}
	return t;
}

/* 1 stands between others and is not looked up. */
static inline void
ib_put_number(struct ib_bytes *out, double number, struct ib_number_texts *texts)
{
	const struct ib_number_text *t;

	if (number == 1) {
		ib_bytes_put(out, "1.0", 3);
		return;
	}
	t = ib_number_text_of(texts, number);
	ib_bytes_put(out, t->text, t->n);
}

#endif
