/* Texts of partitions and limits. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/limit.h"
#include "base/part.h"

Test(part, a_partition_is_a_number_below_its_count)
{
	static const char *const bad[] = {
		"",	"/",	"1",	"1/",	 "/2",
		"2/2",	"3/2",	"0/0",	" 0/2",	 "0/ 2",
		"-1/2", "+0/2", "0/2x", "0/2/3", "0/18446744073709551616"
	};
	struct ib_part part = { 7, 8 };
	char text[IB_PART_TEXT_MAX];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert(not(ib_part_parse(bad[i], &part)), "%s", bad[i]);
	cr_assert(part.index == 7 && part.count == 8);
	cr_assert(ib_part_parse("18446744073709551614/18446744073709551615", &part));
	cr_assert(part.index == UINT64_MAX - 1 && part.count == UINT64_MAX);
	cr_assert(eq(str, (char *)ib_part_text(text, &part),
		     "18446744073709551614/18446744073709551615"));
}

static bool
exceeds(struct ib_limit limit, uint64_t part, uint64_t whole)
{
	struct ib_error err;
	bool exceeded;

	cr_assert(eq(int, ib_limit_check(&limit, "--max", part, whole, &exceeded, &err), IB_OK));
	return exceeded;
}

/* A percentage is compared exactly: 0.1 % of 3000 is 3, although 0.001 * 3000 may be less. */
Test(part, a_limit_includes_its_value)
{
	struct ib_limit none = { 0 }, two = { .given = true, .count = 2 };
	struct ib_limit permille = { .given = true, .percent = true, .decimal = "0.1" };
	struct ib_limit bad = { .given = true, .percent = true, .decimal = "x" };
	struct ib_error err;
	bool exceeded;

	cr_assert(not(exceeds(none, 0, 9)));
	cr_assert(exceeds(none, 1, 9));
	cr_assert(not(exceeds(two, 2, 9)));
	cr_assert(exceeds(two, 3, 9));
	cr_assert(not(exceeds(permille, 3, 3000)));
	cr_assert(exceeds(permille, 4, 3000));
	cr_assert(exceeds(permille, 3, 2999));
	cr_assert(eq(int, ib_limit_check(&bad, "--max", 1, 1, &exceeded, &err), IB_E_MISUSE));
	cr_assert(eq(str, err.text, "--max: 'x%' is not a percentage"));
}
