/*
 * Exact arithmetic with decimals, declared in exact.h. A decimal is stored as a fraction of
 * two big integers, so that only the final result is rounded.
 */
#include "base/exact.h"

#include <math.h>
#include <string.h>

#include "base/big.h"
#include "base/numbers.h"

/*
 * A decimal >= 0, as num / den. The largest num has 2730 bits: the text has up to 400 digits
 * (1329 bits), the power of ten has an exponent of up to 400 (1329 bits), and the product is
 * multiplied by a count (64 bits) and by 100 (7 bits).
 */
struct fraction {
	struct ib_big num, den;
};

/* Maximum number of characters of the text, and maximum absolute value of the exponent. */
#define DECIMAL_MAX 400

/* Parse the exponent after the 'e'. Returns false if the exponent is not within +-DECIMAL_MAX. */
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
	ib_big_set(&f->num, 0);
	ib_big_set(&f->den, 1);
	for (p += *p == '-' || *p == '+'; *p && (*p | 0x20) != 'e'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		ib_big_multiply_add(&f->num, 10, (uint64_t)(*p - '0'));
		places += point;
	}
	if (*p && !parse_exponent(p + 1, &exponent))
		return false;
	for (exponent -= places; exponent > 0; exponent--)
		ib_big_multiply_add(&f->num, 10, 0);
	for (; exponent < 0; exponent++)
		ib_big_multiply_add(&f->den, 10, 0);
	/* -0 is accepted, but no other negative number */
	return *text != '-' || f->num.n == 0;
}

/* Parse a decimal in [0, 1]. */
static bool
parse_fraction(const char *text, struct fraction *f)
{
	return parse_decimal(text, f) && ib_big_compare(&f->num, &f->den) <= 0;
}

bool
ib_decimal_rank(const char *text, uint64_t n, uint64_t *rank)
{
	uint64_t low = 0, high = n, k;
	struct fraction f;
	struct ib_big b;

	if (!parse_fraction(text, &f))
		return false;
	ib_big_multiply_add(&f.num, n, 0);
	while (low < high) { /* the rank is in [low, high], because F <= 1 */
		k = low + (high - low) / 2;
		b = f.den;
		ib_big_multiply_add(&b, k, 0);
		if (ib_big_compare(&b, &f.num) >= 0)
			high = k;
		else
			low = k + 1;
	}
	*rank = low;
	return true;
}

bool
ib_decimal_exceeds(const char *percent, uint64_t part, uint64_t total, bool *ok)
{
	struct fraction f;

	*ok = parse_decimal(percent, &f);
	if (!*ok)
		return false;
	ib_big_multiply_add(&f.num, total, 0);
	ib_big_multiply_add(&f.den, part, 0);
	ib_big_multiply_add(&f.den, 100, 0);
	return ib_big_compare(&f.den, &f.num) > 0;
}

bool
ib_decimal_drop_ratio(const char *text, uint64_t n, uint64_t nbelow, double *ratio)
{
	struct fraction f;
	struct ib_big rest;

	if (!parse_fraction(text, &f))
		return false;
	rest = f.den;
	ib_big_subtract(&rest, &f.num);
	ib_big_multiply_add(&rest, n, 0);
	ib_big_multiply_add(&f.den, nbelow, 0);
	*ratio = ib_big_quotient(&rest, &f.den, 0);
	return true;
}
