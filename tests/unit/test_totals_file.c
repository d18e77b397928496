/* In totals files and request files, each member that does not fit the others is an error. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "scratch.h"
#include "score/totals_file.h"

/* The totals of the scores 1.25 and 4.25, as partition 0 of 2, with the counts that bins requests.
 */
static const char totals[] =
	"{\"ib_totals\":1,\"rows\":2,\"known\":2,"
	"\"sum\":\"b0000000000000000000000000000000000000\",\"mean\":2.75,\"min\":1.25,"
	"\"max\":4.25,\"newest\":2,\"histogram\":[[3066,1],[3080,1]],"
	"\"parts\":{\"of\":2,\"held\":[0]},"
	"\"refined\":{\"of\":\"5e0922b5f9be68b2721cf045a0dddbf6\",\"scores\":[[3066,\"AB\"]],"
	"\"proxy\":\"bounded\",\"flat\":0,"
	"\"x\":[[3059,1,\"b6a79f\",436127],[3063,1,\"fc592e\",809262]],"
	"\"fine\":[[3059,\"/8pNB\"]]}}";
static const char bins[] =
	"{\"ib_refine\":1,\"of\":\"5e0922b5f9be68b2721cf045a0dddbf6\",\"newest\":2,"
	"\"scores\":[3066],\"proxy\":\"bounded\",\"x\":[3059]}";

struct edit {
	char from[48], to[96];
	char says[48]; /* part of the error message; empty if the file is accepted */
};

/* Write the document with one edit to a file. */
static void
write_edited(const char *path, const char *document, const struct edit *e)
{
	const char *at = strstr(document, e->from);
	FILE *f = fopen(path, "w");

	cr_assert(at && f, "no '%s'", e->from);
	fprintf(f, "%.*s%s%s", (int)(at - document), document, e->to, at + strlen(e->from));
	cr_assert(eq(int, fclose(f), 0));
}

static void
check(const struct edit *e, enum ib_status st, const struct ib_error *err)
{
	if (!*e->says) {
		cr_assert(st == IB_OK, "'%s': %s", e->to, err->text);
		return;
	}
	cr_assert(st == IB_E_DATA, "'%s' for '%s' is accepted", e->to, e->from);
	cr_assert(strstr(err->text, e->says) != NULL, "'%s': %s", e->to, err->text);
}

TestSuite(totals_file, .init = scratch_enter, .fini = scratch_leave);

#define PARTS "'parts' is missing or wrong"
#define COUNTS "'refined' is wrong"

ParameterizedTestParameters(totals_file, each_member_must_fit)
{
	static struct edit edits[] = {
		{ "\"of\":2", "\"of\":2", "" },
		{ "{\"ib_totals\":1", "{\"ib_totals\":\"1\"", "not a totals file" },
		{ "\"ib_totals\":1", "\"ib_totals\":2", "later version" },
		{ "\"of\":2", "\"of\":1", PARTS },
		{ "\"of\":2", "\"of\":\"2\"", PARTS },
		{ "\"of\":2", "\"of\":\"9007199254740993\"", "" },
		{ "\"of\":2", "\"of\":\"09007199254740993\"", PARTS },
		{ "\"held\":[0]", "\"held\":0", PARTS },
		{ "\"held\":[0]", "\"held\":[]", PARTS },
		{ "\"held\":[0]", "\"held\":[2]", PARTS },
		{ "\"held\":[0]", "\"held\":[1,0]", PARTS },
		{ "\"held\":[0]", "\"held\":[[1,0]]", PARTS },
		{ "\"held\":[0]", "\"held\":[[0]]", PARTS },
		{ "\"held\":[0]", "\"held\":[[]]", PARTS },
		{ "\"held\":[0]", "\"held\":[[0,1,1]]", PARTS },
		{ "\"held\":[0]", "\"held\":[[\"a\",1]]", PARTS },
		{ "\"held\":[0]", "\"held\":[[0,0.5]]", PARTS },
		{ "\"held\":[0]", "\"held\":[-1]", PARTS },
		{ "{\"of\":2,\"held\":[0]}", "{\"of\":1e15,\"held\":[[0,9e14]]}", PARTS },
		{ "bf6\"", "bf\"", COUNTS },
		{ "\"5e0922b5f9be68b2721cf045a0dddbf6\"", "5", COUNTS },
		{ "[[3066,\"AB\"]]", "3066", COUNTS },
		{ "[[3066,\"AB\"]]", "[3066]", COUNTS },
		{ "[[3066,\"AB\"]]", "[[]]", COUNTS },
		{ "[[3066,\"AB\"]]", "[[3066]]", COUNTS },
		{ "[[3066,\"AB\"]]", "[[3066,1]]", COUNTS },
		{ "[[3066,\"AB\"]]", "[[3066,\"A\"]]", COUNTS },
		{ "[[3066,\"AB\"]]", "[[3066,\"AC\"]]", COUNTS },
		{ "[[3066,\"AB\"]]", "[[3065,\"AB\"]]", COUNTS },
		{ "[[3066,\"AB\"]]", "[[4096,\"AB\"]]", COUNTS },
		{ "[[3066,\"AB\"]]", "[[3066,\"AB\"],[3066,\"AB\"]]", COUNTS },
		{ "[[3066,\"AB\"]]", "[[3066,\"-B\"]]", COUNTS },
		{ "\"bounded\"", "\"limited\"", COUNTS },
		{ "\"bounded\"", "1", COUNTS },
		{ "\"bounded\"", "null", "" },
		{ "\"flat\":0", "\"flat\":-1", COUNTS },
		{ "\"flat\":0", "\"flat\":3", COUNTS },
		{ "\"flat\":0", "\"flat\":1", COUNTS },
		{ "\"x\":[[3059,1,", "\"x\":1,\"y\":[[3059,1,", COUNTS },
		{ "[3059,1,", "1,[3059,1,", COUNTS },
		{ "[3059,1,", "[2047,1,", COUNTS },
		{ "[3059,1,\"b6a79f\",436127]", "[3059]", COUNTS },
		{ "[3059,1,\"b6a79f\",436127]", "[3059,1]", COUNTS },
		{ "[3059,1,\"b6a79f\",436127]", "[3059,1,\"b6a79f\"]", COUNTS },
		{ "[3059,1,", "[3059,0,", COUNTS },
		{ "[3059,1,", "[3059,3,", COUNTS },
		{ "[3059,1,", "[3059,\"1\",", COUNTS },
		{ "\"b6a79f\"", "\"\"", COUNTS },
		{ "\"b6a79f\"", "\"B6A79F\"", COUNTS },
		{ "\"b6a79f\"", "7", COUNTS },
		{ "\"b6a79f\"", "\"0123456789abcdef0123456789abcdef0\"", COUNTS },
		{ "\"b6a79f\"", "\"10000000000b6a79f\"", COUNTS },
		{ "\"b6a79f\"", "\"b6a79e\"", COUNTS },
		{ "436127", "1048576", COUNTS },
		{ "436127", "436126", COUNTS },
		{ "[[3059,\"/8pNB\"]]", "null", COUNTS },
		{ "[[3059,\"/8pNB\"]]", "[[3059,\"/8pNC\"]]", COUNTS },
		{ "[[3059,\"/8pNB\"]]", "[[2047,\"/8pNB\"]]", COUNTS },
		{ "[[3059,\"/8pNB\"]]", "[[3060,\"/8pNB\"]]", COUNTS },
		{ "[[3059,\"/8pNB\"]]", "[]", "" },
	};

	return cr_make_param_array(struct edit, edits, sizeof(edits) / sizeof(*edits));
}

ParameterizedTest(struct edit *e, totals_file, each_member_must_fit)
{
	struct ib_totals_file *read = NULL;
	struct ib_input *in = NULL;
	struct ib_error err = { 0 };

	write_edited("totals.json", totals, e);
	cr_assert(ib_input_open("totals.json", &in, &err) == IB_OK);
	check(e, ib_totals_file_read(in, &read, &err), &err);
	if (!*e->says)
		ib_totals_file_free(read);
	ib_input_close(in);
}

#define MALFORMED "malformed output of ib-prune --write-bins"

ParameterizedTestParameters(totals_file, each_member_of_bins_must_fit)
{
	static struct edit edits[] = {
		{ "\"newest\":2", "\"newest\":2", "" },
		{ "\"newest\":2", "\"newest\":-1", "" },
		{ "\"proxy\":\"bounded\"", "\"proxy\":null", "" },
		{ "\"ib_refine\":1", "\"ib_refine\":null", "not written by ib-prune --write-bins" },
		{ "\"ib_refine\":1", "\"ib_refine\":2", "later version" },
		{ "bf6\"", "bf60\"", MALFORMED },
		{ "\"newest\":2", "\"newest\":\"2\"", MALFORMED },
		{ "\"newest\":2", "\"newest\":-2", MALFORMED },
		{ "\"newest\":2", "\"newest\":2147483648", MALFORMED },
		{ "[3066]", "3066", MALFORMED },
		{ "[3066]", "[3066,3066]", MALFORMED },
		{ "[3066]", "[4096]", MALFORMED },
		{ "[3066]", "[30.5]", MALFORMED },
		{ "\"bounded\"", "\"bound\"", MALFORMED },
		{ "\"bounded\"", "[]", MALFORMED },
		{ "[3059]", "[2047]", MALFORMED },
		{ "[3059]", "{}", MALFORMED },
	};

	return cr_make_param_array(struct edit, edits, sizeof(edits) / sizeof(*edits));
}

ParameterizedTest(struct edit *e, totals_file, each_member_of_bins_must_fit)
{
	struct ib_bin_counts *read = NULL;
	struct ib_error err = { 0 };

	write_edited("bins.json", bins, e);
	check(e, ib_second_pass_read("bins.json", &read, &err), &err);
	if (!*e->says)
		ib_bin_counts_free(read);
}

/* Nearly every second one of 40 partitions is missing. The message names the first ones. */
Test(totals_file, missing_partitions_are_named)
{
	struct ib_part_set set = { 0 };
	struct ib_error err;
	uint64_t i;

	for (i = 0; i < 40; i++)
		if (i % 2 == 0 || i == 1)
			cr_assert(ib_part_set_add(&set, &(struct ib_part){ i, 40 }, false, "f",
						  &err) == IB_OK);
	cr_assert(ib_part_set_check(&set, "f", &err) == IB_E_DATA);
	cr_assert(eq(str, err.text,
		     "f: 19 of 40 partitions are missing: 3, 5, 7, 9, 11, 13, 15, 17, ..."));
	cr_assert(ib_part_set_add(&set, &(struct ib_part){ 2, 40 }, false, "f", &err) == IB_E_DATA);
	cr_assert(ib_part_set_add(&set, &(struct ib_part){ 2, 40 }, true, "f", &err) == IB_OK);
	cr_assert(ib_part_set_add(&set, &(struct ib_part){ 2, 41 }, false, "f", &err) == IB_E_DATA);
	ib_part_set_release(&set);
	cr_assert(ib_part_set_add(&set, &(struct ib_part){ 0, 6 }, false, "f", &err) == IB_OK);
	cr_assert(ib_part_set_add(&set, &(struct ib_part){ 4, 6 }, false, "f", &err) == IB_OK);
	cr_assert(ib_part_set_check(&set, "f", &err) == IB_E_DATA);
	cr_assert(eq(str, err.text, "f: 4 of 6 partitions are missing: 1-3, 5"));
	ib_part_set_release(&set);
}
