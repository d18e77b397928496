#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/array.h"
#include "base/huge_array.h"

/* The size of 2^61 + 1 items of 8 bytes is 8 modulo 2^64. So is that of 2^29 + 1 modulo 2^32. */
Test(array, sizes_that_overflow_are_refused)
{
	uint64_t n = ((uint64_t)1 << 61) + 1;
	struct ib_huge_array pages = { 0 };
	char *p = ib_array(1, 8);

	cr_assert(ib_array(n, 8) == NULL);
	cr_assert(ib_array_zeroed(n, 8) == NULL);
	cr_assert(not(ib_array_resize(&p, n, 8)));
	cr_assert(p != NULL);
	cr_assert(ib_array(UINT64_MAX, 1) == NULL);
	cr_assert(not(ib_huge_array_grow(&pages, UINT64_MAX)));
	if (sizeof(size_t) == 4)
		cr_assert(ib_array(((uint64_t)1 << 29) + 1, 8) == NULL);
	free(p);
}

Test(array, an_array_of_0_items_can_be_allocated)
{
	char *p = ib_array(0, 8), *q = ib_array_zeroed(0, 8);

	cr_assert(ib_array_resize(&p, 0, 8));
	cr_assert(p != NULL && q != NULL);
	cr_assert(eq(int, q[0], 0));
	free(p);
	free(q);
}

/*
 * Appending a million items calls realloc about 25 times, because each capacity is 1.5 times the
 * previous capacity. The items are kept.
 */
Test(array, the_capacity_grows_geometrically)
{
	uint32_t *v = NULL, i;
	size_t cap = 0, last = 0, steps = 0;

	for (i = 0; i < 1000000; i++) {
		cr_assert(ib_array_reserve(&v, &cap, i + 1, sizeof(*v)));
		steps += cap != last;
		last = cap;
		v[i] = i;
	}
	cr_assert(steps > 0 && steps < 30);
	for (i = 0; i < 1000000 && v[i] == i; i++)
		continue;
	cr_assert(eq(u32, i, 1000000));
	cr_assert(not(ib_array_reserve(&v, &cap, UINT64_MAX / 2, sizeof(*v))));
	cr_assert(eq(sz, cap, last));
	free(v);
}

/* The sizes are below and above those at which an array is mapped, and at which it is moved. */
Test(array, a_huge_array_keeps_its_bytes_and_adds_zeros)
{
	static const size_t size[] = { 10, 4000, 130 << 10, 131 << 10, 3 << 20, 9 << 20 };
	struct ib_huge_array a = { 0 };
	size_t i, k, known = 0;
	unsigned char *p;

	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		cr_assert(ib_huge_array_grow(&a, size[i]));
		cr_assert(ge(sz, a.cap, size[i]));
		p = a.p;
		for (k = 0; k < known && p[k] == (unsigned char)(k % 251 + 1); k++)
			continue;
		cr_assert(eq(sz, k, known));
		for (; k < a.cap && p[k] == 0; k++)
			continue;
		cr_assert(eq(sz, k, a.cap));
		for (k = known; k < size[i]; k++)
			p[k] = (unsigned char)(k % 251 + 1);
		known = size[i];
	}
	ib_huge_array_release(&a);
	cr_assert(a.p == NULL && a.cap == 0);
}
