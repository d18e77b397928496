#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include "score/id_form.h"
#include "score/id_mismatch.h"

/* According to the table of Unicode, the NFD of U+00FC is U+0075 U+0308. */
#define NFC "M\xc3\xbcller"
#define NFD "Mu\xcc\x88ller"

struct pair {
	char a[40], b[40];
	unsigned forms;
	bool same;
};

ParameterizedTestParameters(id_form, the_fewest_changes_that_make_ids_equal_are_found)
{
	static struct pair p[] = {
		{ "Img_7", "IMG_7", IB_FORM_CASE, true },
		{ "\xc3\x89t\xc3\xa9", "\xc3\xa9t\xc3\xa9", IB_FORM_CASE, true },
		{ NFC, NFD, IB_FORM_UNICODE, true },
		{ "Stra\xc3\x9f"
		  "e",
		  "STRASSE", IB_FORM_CASE, true },
		{ "101", "101.0", IB_FORM_NUMBER, true },
		{ "101", "101.", IB_FORM_NUMBER, true },
		{ "100000", "1e+05", IB_FORM_NUMBER, true },
		{ "100000", "1E5", IB_FORM_NUMBER, true },
		{ "-1500", "-1.5e3", IB_FORM_NUMBER, true },
		{ "0.25", "2.5e-01", IB_FORM_NUMBER, true },
		{ "7", "+7", IB_FORM_NUMBER, true },
		{ "7", "007", IB_FORM_ZEROS, true },
		{ "img_007.jpg", "img_7.jpg", IB_FORM_ZEROS, true },
		{ "a/0", "a/000", IB_FORM_ZEROS, true },
		{ "007", "7.0", IB_FORM_NUMBER | IB_FORM_ZEROS, true },
		{ "a", " a", IB_FORM_BLANKS, true },
		{ "a\r", "a\t ", IB_FORM_BLANKS, true },
		{ "cat/1.jpg", "data/cat/1.jpg", IB_FORM_FOLDERS, true },
		{ "1.jpg", "/data/cat/1.jpg", IB_FORM_FOLDERS, true },
		{ "./1.jpg", "1.jpg", IB_FORM_FOLDERS, true },
		{ "1.jpg", "C:\\cat\\1.jpg", IB_FORM_FOLDERS, true },
		{ "dog/1.jpg", "cat/1.jpg", IB_FORM_FOLDERS, false },
		{ "cat/1", "cat/1.jpg", IB_FORM_SUFFIX, true },
		{ "scan", "scan.nii.gz", IB_FORM_SUFFIX, true },
		{ "1.png", "1.jpg", IB_FORM_SUFFIX, false },
		{ "1", "data/1.jpg", IB_FORM_FOLDERS | IB_FORM_SUFFIX, true },
		{ "IMG", " img.jpg ", IB_FORM_CASE | IB_FORM_BLANKS | IB_FORM_SUFFIX, true },
		{ "a", "a", 0, false },
		{ "a", "b", 0, false },
		{ "1.5", "1.05", 0, false },
		{ "1.5", "1", 0, false },
		{ "", " ", 0, false },
		{ "1e400", "1e401", 0, false },
		{ "v1", "v1.25", 0, false },
		{ "\xff", "\xfe", 0, false },
		{ "\xff"
		  "A",
		  "\xff"
		  "a",
		  IB_FORM_CASE, true },
	};

	return cr_make_param_array(struct pair, p, sizeof(p) / sizeof(*p));
}

ParameterizedTest(struct pair *p, id_form, the_fewest_changes_that_make_ids_equal_are_found)
{
	struct ib_span a = ib_span_of(p->a), b = ib_span_of(p->b);
	unsigned forms = ib_id_difference(a, b);

	cr_assert(eq(uint, forms, p->forms), "%s %s", p->a, p->b);
	cr_assert(eq(uint, ib_id_difference(b, a), p->forms), "%s %s", p->b, p->a);
	if (forms) {
		cr_assert(eq(int, ib_id_is_same(a, b, forms), p->same));
		cr_assert(eq(int, ib_id_is_same(b, a, forms), p->same));
	}
}

Test(id_form, each_change_has_a_description)
{
	struct ib_bytes b = { 0 };

	ib_id_write_forms(&b, IB_FORM_CASE | IB_FORM_SUFFIX);
	cr_assert(ib_span_is(ib_bytes_span(&b), "in the same letter case and "
						"without their suffixes"));
	ib_bytes_release(&b);
}

/* ---- two sides ------------------------------------------------------------ */

static struct ib_mismatch_result
explain(struct ib_mismatch *m, const char *const *ids, const char *const *others)
{
	for (; *ids; ids++)
		ib_mismatch_add(m, ib_span_of(*ids));
	for (; *others; others++)
		ib_mismatch_compare(m, ib_span_of(*others));
	cr_assert(not(m->failed));
	return ib_mismatch_explain(m);
}

Test(id_mismatch, one_certain_pair_is_enough)
{
	static const char *const ids[] = { "p", "q", "r", "100000", NULL };
	static const char *const others[] = { "x", "y", "1e+05", NULL };
	struct ib_mismatch m = { 0 };
	struct ib_mismatch_result r = explain(&m, ids, others);

	cr_assert(eq(uint, r.forms, IB_FORM_NUMBER));
	cr_assert(r.certain);
	cr_assert(ib_span_is(r.id, "100000"));
	cr_assert(ib_span_is(r.other, "1e+05"));
	ib_mismatch_release(&m);
}

Test(id_mismatch, one_id_of_each_side_is_shown_if_none_are_similar)
{
	static const char *const ids[] = { "p", "q", NULL };
	static const char *const others[] = { "x", "y", NULL };
	struct ib_mismatch m = { 0 };
	struct ib_mismatch_result r = explain(&m, ids, others);

	cr_assert(eq(uint, r.forms, 0));
	cr_assert(ib_span_is(r.id, "p"));
	cr_assert(ib_span_is(r.other, "x"));
	ib_mismatch_release(&m);
}

Test(id_mismatch, different_folders_are_reported_if_half_of_the_ids_have_them)
{
	static const char *const ids[] = { "n/1.a", "n/2.a", "n/3", "n/4", NULL };
	static const char *const two[] = { "o/1.a", "o/2.a", NULL };
	static const char *const one[] = { "o/1.a", "o/9", NULL };
	struct ib_mismatch m = { 0 };

	cr_assert(eq(uint, explain(&m, ids, two).forms, IB_FORM_FOLDERS));
	ib_mismatch_release(&m);
	cr_assert(eq(uint, explain(&m, ids, one).forms, 0));
	ib_mismatch_release(&m);
}

/* If the files in each folder have the same names, equal names do not mean equal samples. */
Test(id_mismatch, a_file_name_in_many_folders_is_not_evidence)
{
	static const char *const ids[] = { "new1/a.wav", "new2/a.wav", NULL };
	static const char *const others[] = { "old1/a.wav", "old2/a.wav", NULL };
	static const char *const tail[] = { "x/a.wav", "data/new2/a.wav", NULL };
	struct ib_mismatch m = { 0 };
	struct ib_mismatch_result r;

	cr_assert(eq(uint, explain(&m, ids, others).forms, 0));
	ib_mismatch_release(&m);
	r = explain(&m, ids, tail);
	cr_assert(eq(uint, r.forms, IB_FORM_FOLDERS));
	cr_assert(r.certain);
	cr_assert(ib_span_is(r.id, "new2/a.wav"));
	ib_mismatch_release(&m);
}
