/* Add doubles exactly, in digits of 32 bits (limbs), and round the sum. */
#include "base/exact.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/big.h"
#include "base/hex.h"
#include "base/u128.h"

/*
 * The value of a sum is the total of limb[i] * 2^(32*i + LOWEST_BIT). A limb contains 32 bits of
 * the value, and has 31 more bits for the carries of many additions. The lowest bit of a product
 * of two doubles is 2^-2148. The unit of limb FLOAT_LIMB is 2^-149, the lowest bit of a binary32.
 * A product is below 2^2048: its highest bit is at most in limb 131. The sum of 2^64 products is
 * below 2^2112: its highest bit is at most in limb 133. So limb 135 contains only the sign: -1 if
 * the sum is negative, and otherwise 0.
 */
#define LOWEST_BIT (-2165)
#define FLOAT_LIMB 63
#define LIMBS IB_EXACT_LIMBS
#define LOW32 0xffffffff

/*
 * After the carries are propagated, the magnitude of each limb is below 2^32. An addition
 * changes a limb by less than 2^53, so 1000 additions cannot overflow a limb.
 */
#define PENDING_MAX 1000

void
ib_exact_init(struct ib_exact *x)
{
	memset(x, 0, sizeof(*x));
}

/*
 * Propagate the carries: bring all limbs except the top limb into [0, 2^32). The top limb
 * keeps the sign.
 */
static void
propagate_carries(struct ib_exact *x)
{
	int64_t carry = 0, sum, low;
	int i;

	for (i = 0; i < LIMBS - 1; i++) {
		sum = x->limb[i] + carry;
		low = sum & LOW32;
		carry = sum >> 32; /* gcc and clang round down, because they shift arithmetically */
		x->limb[i] = low;
	}
	x->limb[i] += carry;
	x->pending = 0;
}

static inline void
count_add(struct ib_exact *x)
{
	if (++x->pending >= PENDING_MAX)
		propagate_carries(x);
}

/* The parts of a finite double, which is (-1)^negative * m * 2^bit with m < 2^53. */
struct parts {
	uint64_t m;
	int bit;
	bool negative;
};

static inline struct parts
split_double(double value)
{
	struct parts p;
	uint64_t bits;
	int e;

	memcpy(&bits, &value, sizeof(bits));
	e = (int)(bits >> 52 & 0x7ff);
	p.m = (bits & 0xfffffffffffff) | (uint64_t)(e != 0) << 52;
	p.bit = e + (e == 0) - 1075;
	p.negative = bits >> 63;
	return p;
}

static inline int64_t
signed_of(uint64_t magnitude, bool negative)
{
	return negative ? -(int64_t)magnitude : (int64_t)magnitude;
}

/* Add m * 2^(bit + LOWEST_BIT) to x, or subtract it if negative is true. */
static inline void
add_shifted(struct ib_exact *x, uint64_t m, int bit, bool negative)
{
	int64_t *limb = x->limb + (bit >> 5);
	int shift = bit & 31;

	limb[0] += signed_of(m << shift & LOW32, negative);
	limb[1] += signed_of(m >> (32 - shift), negative);
}

void
ib_exact_add(struct ib_exact *x, double value)
{
	struct parts p = split_double(value);

	add_shifted(x, p.m, p.bit - LOWEST_BIT, p.negative);
	count_add(x);
}

static void
add_u128(struct ib_exact *x, struct ib_u128 m, int bit, bool negative)
{
	int64_t *limb = x->limb + (bit >> 5);
	int shift = bit & 31;
	uint64_t low = m.lo << shift;
	uint64_t middle = m.hi << shift | m.lo >> 1 >> (63 - shift);

	limb[0] += signed_of(low & LOW32, negative);
	limb[1] += signed_of(low >> 32, negative);
	limb[2] += signed_of(middle & LOW32, negative);
	limb[3] += signed_of(middle >> 32, negative);
	limb[4] += signed_of(m.hi >> 1 >> (63 - shift), negative);
	count_add(x);
}

void
ib_exact_add_times(struct ib_exact *x, double value, uint64_t times)
{
	struct parts p = split_double(value);

	if (times == 1) /* ib_exact_add() is faster */
		ib_exact_add(x, value);
	else
		add_u128(x, ib_u128_product(p.m, times), p.bit - LOWEST_BIT, p.negative);
}

void
ib_exact_add_product(struct ib_exact *x, double a, double b)
{
	struct parts p = split_double(a), q = split_double(b);

	add_u128(x, ib_u128_product(p.m, q.m), p.bit + q.bit - LOWEST_BIT,
		 p.negative != q.negative);
}

void
ib_exact_scale(struct ib_exact *x, uint64_t factor)
{
	uint64_t carry = 0;
	struct ib_u128 p;
	int i;

	propagate_carries(x);
	for (i = 0; i < LIMBS - 1; i++) {
		p = ib_u128_product((uint64_t)x->limb[i], factor);
		p = ib_u128_add(p, (struct ib_u128){ 0, carry });
		x->limb[i] = (int64_t)(p.lo & LOW32);
		carry = p.hi << 32 | p.lo >> 32;
	}
	x->limb[i] = (int64_t)((uint64_t)x->limb[i] * factor + carry);
}

void
ib_exact_merge(struct ib_exact *x, const struct ib_exact *other)
{
	struct ib_exact o = *other;
	int i;

	propagate_carries(&o);
	for (i = 0; i < LIMBS; i++)
		x->limb[i] += o.limb[i];
	count_add(x);
}

/*
 * ib_exact_add_floats() groups the values by sign and exponent. Each group has one 64-bit
 * word. The low bits of the word are the sum of the 23 stored significand bits of all values
 * in the group. The bits from TALLY_COUNT_SHIFT on are the number of these values. Only the sums
 * of the groups are added to the limbs. This is four times as fast as ib_exact_add() per
 * value; see tests/PERFORMANCE.md.
 */
#define NTALLIES 512
#define TALLY_COUNT_SHIFT 43 /* the number of values begins at this bit of a word */
#define TALLY_MAX ((uint64_t)1 << 20)

static void
add_tally(struct ib_exact *x, uint64_t sum, uint64_t count, int index)
{
	int e = index & 0xff;

	if (e == 0xff || count == 0)
		return; /* NaN or infinity: ignored */
	if (e > 0)
		sum += count << 23;
	add_u128(x, (struct ib_u128){ 0, sum }, e + (e == 0) - 150 - LOWEST_BIT, index >> 8);
}

void
ib_exact_add_floats(struct ib_exact *x, const float *v, uint64_t n)
{
	const uint64_t one = (uint64_t)1 << TALLY_COUNT_SHIFT;
	uint64_t tally[NTALLIES], i, block;
	uint32_t bits;
	int t;

	for (; n > 0; v += block, n -= block) {
		block = n < TALLY_MAX ? n : TALLY_MAX - 1;
		memset(tally, 0, sizeof(tally));
		for (i = 0; i < block; i++) {
			memcpy(&bits, v + i, sizeof(bits));
			tally[bits >> 23] += one | (bits & 0x7fffff);
		}
		for (t = 0; t < NTALLIES; t++)
			add_tally(x, tally[t] & (one - 1), tally[t] >> TALLY_COUNT_SHIFT, t);
	}
}

/* ---- rounding ---------------------------------------------------------- */

/* Set m to |x| in units of 2^LOWEST_BIT. Returns true if x is negative. */
static bool
magnitude_of(const struct ib_exact *x, struct ib_big *m)
{
	struct ib_exact v = *x;
	bool negative;
	int i;

	propagate_carries(&v);
	negative = v.limb[LIMBS - 1] < 0;
	if (negative) {
		for (i = 0; i < LIMBS; i++)
			v.limb[i] = -v.limb[i];
		propagate_carries(&v);
	}
	/* The top limb is below 2^32, because at most 2^64 values were added. */
	for (i = 0; i < LIMBS; i++)
		m->digit[i] = (uint32_t)v.limb[i];
	for (m->n = LIMBS; m->n > 0 && m->digit[m->n - 1] == 0; m->n--)
		;
	return negative;
}

double
ib_exact_round(const struct ib_exact *x)
{
	struct ib_big m;
	bool negative = magnitude_of(x, &m);
	double value = ib_big_round(IB_BINARY64, &m, false, LOWEST_BIT);

	return negative ? -value : value;
}

/*
 * Return x / n in the format f. Seven digits of 32 bits are enough for the quotient: at most
 * two of them are leading zeros, and the next three contain at least 65 significant bits.
 * The lower digits only determine the sticky bit.
 */
#define QUOTIENT_DIGITS 7

static double
rounded_mean(struct ib_binary f, const struct ib_exact *x, uint64_t n)
{
	struct ib_big m;
	bool negative = magnitude_of(x, &m);
	bool sticky = ib_big_divide(&m, n, QUOTIENT_DIGITS);
	double value = ib_big_round(f, &m, sticky, LOWEST_BIT);

	return negative ? -value : value;
}

double
ib_exact_mean(const struct ib_exact *x, uint64_t n)
{
	return rounded_mean(IB_BINARY64, x, n);
}

float
ib_exact_mean_float(const struct ib_exact *x, uint64_t n)
{
	double value = rounded_mean(IB_BINARY32, x, n);

	if (fabs(value) > (double)FLT_MAX)
		return value < 0 ? -INFINITY : INFINITY;
	return (float)value;
}

double
ib_exact_quotient(const struct ib_exact *x, const struct ib_exact *y, double times)
{
	struct parts p = split_double(times);
	struct ib_big a, b;
	bool negative = magnitude_of(x, &a);
	double value;

	negative ^= magnitude_of(y, &b) ^ p.negative;
	ib_big_multiply_add(&b, p.m, 0);
	if (b.n == 0)
		return NAN;
	if (a.n == 0)
		return 0;
	value = ib_big_quotient(&a, &b, -p.bit);
	return negative ? -value : value;
}

int
ib_exact_compare(const struct ib_exact *x, const struct ib_exact *y)
{
	struct ib_exact a = *x, b = *y;
	int i;

	propagate_carries(&a);
	propagate_carries(&b);
	for (i = LIMBS - 1; i >= 0; i--)
		if (a.limb[i] != b.limb[i])
			return a.limb[i] < b.limb[i] ? -1 : 1;
	return 0;
}

/* ---- sums of floats as text --------------------------------------------- */

/* The sum of 2^64 floats is below 2^(64+128), which is 341 bits in units of 2^-149. */
#define TEXT_LIMBS 11

void
ib_exact_write_float_sum(char out[IB_EXACT_TEXT_MAX], const struct ib_exact *x)
{
	struct ib_big m;
	char *o = out;
	int i, shift;

	if (magnitude_of(x, &m))
		*o++ = '-';
	i = m.n > FLOAT_LIMB + TEXT_LIMBS ? TEXT_LIMBS : m.n - FLOAT_LIMB;
	if (i <= 0) {
		memcpy(out, "0", 2);
		return;
	}
	for (shift = 28; m.digit[FLOAT_LIMB + i - 1] >> shift == 0; shift -= 4)
		;
	for (i--; i >= 0; i--, shift = 28)
		for (; shift >= 0; shift -= 4)
			*o++ = ib_hex_digit(m.digit[FLOAT_LIMB + i] >> shift);
	*o = '\0';
}

bool
ib_exact_read_float_sum(struct ib_exact *x, const char *text)
{
	bool negative = *text == '-';
	const char *p = text + negative;
	size_t n = strlen(p), i;
	int64_t digit, *limb;

	ib_exact_init(x);
	if (n == 0 || n > 8 * TEXT_LIMBS || strspn(p, IB_HEX_DIGITS) != n)
		return false;
	if (*p == '0')
		return n == 1 && !negative;
	for (i = 0; i < n; i++) {
		digit = ib_hex_value(p[i]);
		limb = x->limb + FLOAT_LIMB + (n - 1 - i) / 8;
		*limb += (negative ? -digit : digit) * ((int64_t)1 << 4 * ((n - 1 - i) % 8));
	}
	propagate_carries(x);
	return true;
}
