/* Sorts by integers give the order of insertion sort, and keep equal keys in their order. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/sort.h"
#include "random.h"

#define N 600

/* Return a key. The kinds of keys are: any value, one random byte, two values, one value. */
static uint64_t
random_key(uint64_t *state, unsigned range)
{
	uint64_t key = next(state);

	switch (range % 4) {
	case 0:
		return key;
	case 1:
		return (key & 0xff) << (range % 56);
	case 2:
		return key % 2 ? UINT64_MAX : 0;
	default:
		return 0x0123456789abcdef;
	}
}

static void
insertion_sort(struct ib_sort_item *v, uint64_t n)
{
	struct ib_sort_item x;
	uint64_t i, k;

	for (i = 1; i < n; i++) {
		x = v[i];
		for (k = i; k > 0 && v[k - 1].key > x.key; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

static void
try_sorts(const struct ib_sort_item *want, const struct ib_sort_item *v, uint64_t n)
{
	struct ib_sort_item item[N], item_room[N], *got_item;
	uint64_t key[N], key_room[N], *got, i;

	memcpy(item, v, n * sizeof(*v));
	for (i = 0; i < n; i++)
		key[i] = v[i].key;
	got_item = ib_sort_items(item, item_room, n);
	got = ib_sort_u64(key, key_room, n);
	for (i = 0; i < n; i++) {
		cr_assert(eq(u64, got_item[i].key, want[i].key));
		cr_assert(eq(u64, got_item[i].number, want[i].number));
		cr_assert(eq(u64, got[i], want[i].key));
	}
}

Test(sort, items_and_keys_are_in_the_order_of_their_keys)
{
	struct ib_sort_item v[N], want[N];
	uint64_t state = 1, i, n;
	unsigned round;

	for (round = 0; round < 200; round++) {
		n = round < 3 ? round : next(&state) % N;
		for (i = 0; i < n; i++)
			v[i] = (struct ib_sort_item){ .key = random_key(&state, round),
						      .number = i };
		memcpy(want, v, sizeof(v));
		insertion_sort(want, n);
		try_sorts(want, v, n);
	}
}

Test(sort, keys_of_32_bits)
{
	uint32_t v[N], room[N], *got;
	uint64_t state = 2, sum, i, round;

	for (round = 0; round < 50; round++) {
		for (sum = i = 0; i < N; i++)
			sum += v[i] = (uint32_t)random_key(&state, (unsigned)round);
		got = ib_sort_u32(v, room, N);
		for (i = 0; i < N; i++) {
			cr_assert(i == 0 || got[i - 1] <= got[i]);
			sum -= got[i];
		}
		cr_assert(eq(u64, sum, 0));
	}
}

Test(sort, numbers_by_key)
{
	static const uint32_t key[] = { 3, 0, 3, 1, 0, 3 };
	uint64_t first[6] = { 0 };
	uint32_t index[6];

	ib_sort_index(key, 6, 5, first, index);
	cr_assert(memcmp(index, (uint32_t[]){ 1, 4, 3, 0, 2, 5 }, sizeof(index)) == 0);
	cr_assert(memcmp(first, (uint64_t[]){ 0, 2, 3, 3, 6, 6 }, sizeof(first)) == 0);
}
