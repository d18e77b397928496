/* Compute with large unsigned integers, stored as digits of 32 bits. */
#include "base/big.h"

#include <string.h>

#include "base/u128.h"

#define LOW32 0xffffffff

static void
drop_leading_zeros(struct ib_big *b)
{
	while (b->n > 0 && b->digit[b->n - 1] == 0)
		b->n--;
}

void
ib_big_set(struct ib_big *b, uint64_t value)
{
	b->digit[0] = (uint32_t)value;
	b->digit[1] = (uint32_t)(value >> 32);
	b->n = 2;
	drop_leading_zeros(b);
}

void
ib_big_multiply_add(struct ib_big *b, uint64_t factor, uint64_t plus)
{
	struct ib_u128 p;
	int i;

	for (i = 0; i < b->n || plus; i++) {
		p = ib_u128_product(i < b->n ? b->digit[i] : 0, factor);
		p = ib_u128_add(p, (struct ib_u128){ 0, plus });
		b->digit[i] = (uint32_t)p.lo;
		plus = p.hi << 32 | p.lo >> 32; /* carry; below 2^64, because factor is */
	}
	b->n = b->n > i ? b->n : i;
	drop_leading_zeros(b);
}

void
ib_big_subtract(struct ib_big *b, const struct ib_big *a)
{
	int64_t borrow = 0;
	int i;

	for (i = 0; i < b->n; i++) {
		borrow += (int64_t)b->digit[i] - (i < a->n ? a->digit[i] : 0);
		b->digit[i] = (uint32_t)(borrow & LOW32);
		borrow >>= 32;
	}
	drop_leading_zeros(b);
}

int
ib_big_compare(const struct ib_big *a, const struct ib_big *b)
{
	int i;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (i = a->n - 1; i >= 0; i--)
		if (a->digit[i] != b->digit[i])
			return a->digit[i] < b->digit[i] ? -1 : 1;
	return 0;
}

/*
 * Divide *rest * 2^32 + digit by n; *rest must be below n. Returns the quotient and stores the
 * remainder in *rest.
 */
static uint32_t
divide_step(uint64_t *rest, uint32_t digit, uint64_t n)
{
	uint64_t quotient = 0, r = *rest;
	bool carry;
	int i;

	if (n <= LOW32) {
		r = r << 32 | digit;
		*rest = r % n;
		return (uint32_t)(r / n);
	}
	for (i = 31; i >= 0; i--) {
		carry = r >> 63;
		r = r << 1 | (digit >> i & 1);
		quotient <<= 1;
		if (carry || r >= n) {
			r -= n;
			quotient |= 1;
		}
	}
	*rest = r;
	return (uint32_t)quotient;
}

bool
ib_big_divide(struct ib_big *b, uint64_t n, int digits)
{
	int stop = b->n > digits ? b->n - digits : 0, i;
	bool sticky = false;
	uint64_t rest = 0;

	for (i = b->n - 1; i >= stop; i--)
		b->digit[i] = divide_step(&rest, b->digit[i], n);
	for (; i >= 0; i--) {
		sticky |= b->digit[i] != 0;
		b->digit[i] = 0;
	}
	drop_leading_zeros(b);
	return sticky || rest != 0;
}

/* Round the 64 highest bits of b. If any lower bit is 1, set the sticky bit. */
double
ib_big_round(struct ib_binary f, const struct ib_big *b, bool sticky, int exponent)
{
	uint64_t top;
	uint32_t next;
	int shift, i;

	if (b->n == 0)
		return 0;
	top = (uint64_t)b->digit[b->n - 1] << 32;
	top |= b->n > 1 ? b->digit[b->n - 2] : 0;
	next = b->n > 2 ? b->digit[b->n - 3] : 0;
	for (shift = 0; !(top >> 63); shift++) {
		top = top << 1 | next >> 31;
		next <<= 1;
	}
	sticky |= next != 0;
	for (i = b->n - 4; i >= 0 && !sticky; i--)
		sticky = b->digit[i] != 0;
	return ib_round_to(f, top, sticky, 32 * (b->n - 2) - shift + exponent);
}

static int
bit_length(const struct ib_big *b)
{
	int bits = 32 * b->n;

	while (bits > 0 && !(b->digit[(bits - 1) / 32] >> (bits - 1) % 32))
		bits--;
	return bits;
}

/* Multiply b by 2^bits. If bits is 0 or negative, do nothing. */
static void
shift_left(struct ib_big *b, int bits)
{
	int digits = bits / 32;

	if (bits <= 0 || b->n == 0)
		return;
	memmove(b->digit + digits, b->digit, (size_t)b->n * sizeof(*b->digit));
	memset(b->digit, 0, (size_t)digits * sizeof(*b->digit));
	b->n += digits;
	ib_big_multiply_add(b, (uint64_t)1 << bits % 32, 0);
}

/* Divide bit by bit. This is slow, but few numbers need it. */
double
ib_big_quotient(const struct ib_big *a, const struct ib_big *b, int exponent)
{
	int shift = bit_length(a) - bit_length(b), i;
	struct ib_big rest = *a, divisor = *b;
	uint64_t top = 0;

	if (a->n == 0)
		return 0;
	shift_left(&rest, -shift);
	shift_left(&divisor, shift);
	if (ib_big_compare(&rest, &divisor) < 0) {
		shift_left(&rest, 1);
		shift--;
	}
	for (i = 0; i < 64; i++) { /* before the first step, 1 <= rest / divisor < 2 */
		top <<= 1;
		if (ib_big_compare(&rest, &divisor) >= 0) {
			ib_big_subtract(&rest, &divisor);
			top |= 1;
		}
		shift_left(&rest, 1);
	}
	return ib_round_to(IB_BINARY64, top, rest.n > 0, shift - 63 + exponent);
}
