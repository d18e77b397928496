/* Unsigned 128-bit integers: multiply, add and subtract them. */
#ifndef IB_BASE_U128_H
#define IB_BASE_U128_H

#include <stdint.h>

struct ib_u128 {
	uint64_t hi, lo;
};

static inline struct ib_u128
ib_u128_product(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	__extension__ typedef unsigned __int128 wide;
	wide p = (wide)a * b;

	return (struct ib_u128){ (uint64_t)(p >> 64), (uint64_t)p };
#else
	uint64_t al = a & 0xffffffff, ah = a >> 32;
	uint64_t bl = b & 0xffffffff, bh = b >> 32;
	uint64_t low = al * bl;
	uint64_t m1 = ah * bl + (low >> 32);
	uint64_t m2 = al * bh + (m1 & 0xffffffff);

	return (struct ib_u128){ ah * bh + (m1 >> 32) + (m2 >> 32), m2 << 32 | (low & 0xffffffff) };
#endif
}

static inline struct ib_u128
ib_u128_add(struct ib_u128 a, struct ib_u128 b)
{
	struct ib_u128 sum = { a.hi + b.hi, a.lo + b.lo };

	sum.hi += sum.lo < a.lo;
	return sum;
}

static inline struct ib_u128
ib_u128_subtract(struct ib_u128 a, struct ib_u128 b)
{
	return (struct ib_u128){ a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo };
}

#endif
