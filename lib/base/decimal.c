/* The exact decimals of exact.h. */
#include "base/exact.h"

#include <math.h>
#include <string.h>

#include "base/numbers.h"
#include "base/round.h"
#include "base/u128.h"

/*
 * Whole numbers below 2^3200: 400 digits, times 10^400 or 10^800 for the
 * exponent, times 64 bits, times 100 need 2730.
 */
#define BIG_LIMBS 50

struct big {
	uint64_t limb[BIG_LIMBS];
};

static void
big_times(struct big *b, uint64_t factor, uint64_t plus)
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

/* a -= b, which is not larger. */
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

static int
big_bits(const struct big *b)
{
	int i = BIG_LIMBS - 1, bits = 0;

	while (i > 0 && b->limb[i] == 0)
		i--;
	while (bits < 64 && b->limb[i] >> bits != 0)
		bits++;
	return 64 * i + bits;
}

static void
big_double(struct big *b, int times)
{
	for (; times > 0; times -= times < 63 ? times : 63)
		big_times(b, (uint64_t)1 << (times < 63 ? times : 63), 0);
}

/* A decimal >= 0 as a fraction. */
struct fraction {
	struct big num, den;
};

#define DECIMAL_MAX 400 /* characters; size of the exponent */

/* The exponent behind the 'e', if there is one; false beyond DECIMAL_MAX. */
static bool
read_exponent(const char *p, int *exponent)
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
read_decimal(const char *text, struct fraction *f)
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
		big_times(&f->num, 10, (uint64_t)(*p - '0'));
		places += point;
	}
	if (*p && !read_exponent(p + 1, &exponent))
		return false;
	for (exponent -= places; exponent > 0; exponent--)
		big_times(&f->num, 10, 0);
	for (; exponent < 0; exponent++)
		big_times(&f->den, 10, 0);
	/* -0 is 0 like any other. */
	return *text != '-' || big_bits(&f->num) == 0;
}

static bool
read_share(const char *text, struct fraction *f)
{
	return read_decimal(text, f) && big_compare(&f->num, &f->den) <= 0;
}

bool
ib_decimal_rank(const char *text, uint64_t n, uint64_t *rank)
{
	uint64_t low = 0, high = n, k;
	struct fraction f;
	struct big b;

	if (!read_share(text, &f))
		return false;
	big_times(&f.num, n, 0);
	while (low < high) { /* the answer is in [low, high], as F <= 1 */
		k = low + (high - low) / 2;
		b = f.den;
		big_times(&b, k, 0);
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

	*ok = read_decimal(percent, &f);
	if (!*ok)
		return false;
	big_times(&f.num, whole, 0);
	big_times(&f.den, part, 0);
	big_times(&f.den, 100, 0);
	return big_compare(&f.den, &f.num) > 0;
}

/* The double nearest to a / b; b > 0. */
static double
big_ratio(struct big a, struct big b)
{
	struct big zero = { { 0 } };
	int exponent = big_bits(&a) - big_bits(&b), i;
	uint64_t top = 0;

	if (big_compare(&a, &zero) == 0)
		return 0;
	big_double(&a, -exponent);
	big_double(&b, exponent);
	if (big_compare(&a, &b) < 0) {
		big_double(&a, 1);
		exponent--;
	}
	for (i = 0; i < 64; i++) { /* now 1 <= a/b < 2 */
		top <<= 1;
		if (big_compare(&a, &b) >= 0) {
			big_subtract(&a, &b);
			top |= 1;
		}
		big_double(&a, 1);
	}
	return ib_round_to(IB_BINARY64, top, big_compare(&a, &zero) != 0, exponent - 63);
}

bool
ib_decimal_drop_ratio(const char *text, uint64_t n, uint64_t low, double *ratio)
{
	struct fraction f;
	struct big rest;

	if (!read_share(text, &f))
		return false;
	rest = f.den;
	big_subtract(&rest, &f.num);
	big_times(&rest, n, 0);
	big_times(&f.den, low, 0);
	*ratio = big_ratio(rest, f.den);
	return true;
}
