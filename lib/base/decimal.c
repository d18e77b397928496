/*
 * Exact arithmetic on decimals, declared in exact.h. A decimal is stored as a fraction of
 * two big integers, so nothing is rounded before the last step.
 */
#include "base/exact.h"

#include <math.h>
#include <string.h>

#include "base/numbers.h"
#include "base/round.h"
#include "base/u128.h"

/*
 * An integer below 2^3200. The largest value has 400 digits (1329 bits), times the
 * power of ten of an exponent of 400 (1329 bits), times a count (64 bits), times 100
 * (7 bits): 2730 bits.
 */
#define BIG_LIMBS 50

struct big {
	uint64_t limb[BIG_LIMBS]; /* least significant first */
};

/* Set b to b * factor + plus. */
static void
big_multiply_add(struct big *b, uint64_t factor, uint64_t plus)
{
	struct ib_u128 p;
	int i;

	for (i = 0; i < BIG_LIMBS; i++) {
		p = ib_u128_product(b->limb[i], factor);
		b->limb[i] = p.lo + plus;
		plus = p.hi + (b->limb[i] < plus);
	}
}

static int
big_compare(const struct big *a, const struct big *b)
{
	int i;

	for (i = BIG_LIMBS - 1; i >= 0; i--)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

/* Subtract b from a; b <= a. */
static void
big_subtract(struct big *a, const struct big *b)
{
	uint64_t borrow = 0, d;
	int i;

	for (i = 0; i < BIG_LIMBS; i++) {
		d = a->limb[i] - b->limb[i];
		d -= borrow;
		borrow = b->limb[i] > a->limb[i] || (b->limb[i] == a->limb[i] && borrow);
		a->limb[i] = d;
	}
}

/* Returns the number of bits of b without leading zeros. */
static int
big_bit_length(const struct big *b)
{
	int i = BIG_LIMBS - 1, bits = 0;

	while (i > 0 && b->limb[i] == 0)
		i--;
	while (bits < 64 && b->limb[i] >> bits != 0)
		bits++;
	return 64 * i + bits;
}

/* Multiply b by 2^times; does nothing if times <= 0. */
static void
big_shift_left(struct big *b, int times)
{
	for (; times > 0; times -= times < 63 ? times : 63)
		big_multiply_add(b, (uint64_t)1 << (times < 63 ? times : 63), 0);
}

/* A decimal >= 0, as num / den. */
struct fraction {
	struct big num, den;
};

#define DECIMAL_MAX 400 /* characters of the text, and absolute value of the exponent */

/* Parse the exponent after the 'e'. Returns false if it is beyond +-DECIMAL_MAX. */
static bool
parse_exponent(const char *p, int *exponent)
{
	bool negative = *p == '-';
	uint64_t e;

	p += negative || *p == '+';
	if (!ib_number_unsigned((struct ib_span){ p, strlen(p) }, &e) || e > DECIMAL_MAX)
		return false;
	*exponent = negative ? -(int)e : (int)e;
	return true;
}

static bool
parse_decimal(const char *text, struct fraction *f)
{
	size_t n = strlen(text);
	int exponent = 0, places = 0;
	const char *p = text;
	bool point = false;
	double value;

	if (n > DECIMAL_MAX || !ib_number_text((struct ib_span){ text, n }, &value) ||
	    !isfinite(value))
		return false;
	memset(f, 0, sizeof(*f));
	f->den.limb[0] = 1;
	for (p += *p == '-' || *p == '+'; *p && (*p | 0x20) != 'e'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		big_multiply_add(&f->num, 10, (uint64_t)(*p - '0'));
		places += point;
	}
	if (*p && !parse_exponent(p + 1, &exponent))
		return false;
	for (exponent -= places; exponent > 0; exponent--)
		big_multiply_add(&f->num, 10, 0);
	for (; exponent < 0; exponent++)
		big_multiply_add(&f->den, 10, 0);
	/* -0 is accepted as 0. */
	return *text != '-' || big_bit_length(&f->num) == 0;
}

/* Parse a decimal in [0, 1]. */
static bool
parse_fraction(const char *text, struct fraction *f)
{
	return parse_decimal(text, f) && big_compare(&f->num, &f->den) <= 0;
}

bool
ib_decimal_rank(const char *text, uint64_t n, uint64_t *rank)
{
	uint64_t low = 0, high = n, k;
	struct fraction f;
	struct big b;

	if (!parse_fraction(text, &f))
		return false;
	big_multiply_add(&f.num, n, 0);
	while (low < high) { /* the rank is in [low, high], because F <= 1 */
		k = low + (high - low) / 2;
		b = f.den;
		big_multiply_add(&b, k, 0);
		if (big_compare(&b, &f.num) >= 0)
			high = k;
		else
			low = k + 1;
	}
	*rank = low;
	return true;
}

bool
ib_decimal_exceeds(const char *percent, uint64_t part, uint64_t whole, bool *ok)
{
	struct fraction f;

	*ok = parse_decimal(percent, &f);
	if (!*ok)
		return false;
	big_multiply_add(&f.num, whole, 0);
	big_multiply_add(&f.den, part, 0);
	big_multiply_add(&f.den, 100, 0);
	return big_compare(&f.den, &f.num) > 0;
}

/* Returns the double nearest to a / b; b > 0. */
static double
big_ratio(struct big a, struct big b)
{
	struct big zero = { { 0 } };
	int exponent = big_bit_length(&a) - big_bit_length(&b), i;
	uint64_t top = 0;

	if (big_compare(&a, &zero) == 0)
		return 0;
	big_shift_left(&a, -exponent);
	big_shift_left(&b, exponent);
	if (big_compare(&a, &b) < 0) {
		big_shift_left(&a, 1);
		exponent--;
	}
	for (i = 0; i < 64; i++) { /* long division; at its start 1 <= a/b < 2 */
		top <<= 1;
		if (big_compare(&a, &b) >= 0) {
			big_subtract(&a, &b);
			top |= 1;
		}
		big_shift_left(&a, 1);
	}
	return ib_round_to(IB_BINARY64, top, big_compare(&a, &zero) != 0, exponent - 63);
}

bool
ib_decimal_drop_ratio(const char *text, uint64_t n, uint64_t low, double *ratio)
{
	struct fraction f;
	struct big rest;

	if (!parse_fraction(text, &f))
		return false;
	rest = f.den;
	big_subtract(&rest, &f.num);
	big_multiply_add(&rest, n, 0);
	big_multiply_add(&f.den, low, 0);
	*ratio = big_ratio(rest, f.den);
	return true;
}
