/*
 * The width of text on a terminal, and the distance between ids. The expected values were counted
 * by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "audit/nearest_ids.h"
#include "audit/text.h"

Test(audit_text, a_wide_character_has_two_columns_and_an_accent_has_none)
{
	static const struct {
		const char *text;
		size_t columns;
	} t[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "\xc3\xa9", 1 },
		{ "e\xcc\x81", 1 },
		{ "\xe5\xad\x97", 2 },
		{ "\xff", 1 },
		{ "a\xe5\xad\x97", 3 },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++)
		cr_expect(eq(sz, ib_text_columns(ib_span_of(t[i].text)), t[i].columns));
}

Test(audit_text, a_text_that_is_too_wide_loses_its_middle)
{
	static const struct {
		const char *text;
		size_t width;
		bool utf8;
		const char *shown;
	} t[] = {
		{ "train/00042.jpg", 15, false, "train/00042.jpg" },
		{ "train/00042.jpg", 11, false, "trai....jpg" },
		{ "train/00042.jpg", 11, true,
		  "train\xe2\x80\xa6"
		  "2.jpg" },
		{ "abcdef", 4, true,
		  "a\xe2\x80\xa6"
		  "ef" },
		{ "abcdef", 1, true, "\xe2\x80\xa6" },
		/* Only one wide character fits before the mark, and one after it. */
		{ "\xe5\xad\x97\xe5\xad\x97\xe5\xad\x97\xe5\xad\x97", 6, true,
		  "\xe5\xad\x97\xe2\x80\xa6\xe5\xad\x97" },
	};
	struct ib_bytes b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		b.n = 0;
		ib_write_shortened(&b, ib_span_of(t[i].text), t[i].width, t[i].utf8);
		ib_bytes_append_char(&b, '\0');
		cr_expect(eq(str, b.p, (char *)t[i].shown));
	}
	ib_bytes_release(&b);
}

Test(audit_text, only_escapes_that_tables_and_messages_print_are_decoded)
{
	static const struct {
		const char *text, *decoded;
		bool any;
	} t[] = {
		{ "a\\x1f0.0",
		  "a\x1f"
		  "0.0",
		  true },
		{ "\\x7F\\xC3\\xa9", "\x7f\xc3\xa9", true },
		{ "\\x41", "\\x41", false },
		{ "\\x1", "\\x1", false },
		{ "\\x1g", "\\x1g", false },
		{ "\\\\x01", "\\\x01", true },
		{ "", "", false },
	};
	struct ib_bytes b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		b.n = 0;
		cr_expect(eq(int, ib_decode_text(&b, ib_span_of(t[i].text)), t[i].any));
		ib_bytes_append_char(&b, '\0');
		cr_expect(eq(str, b.p, (char *)t[i].decoded));
	}
	ib_bytes_release(&b);
}

Test(audit_text, a_sentence_breaks_at_spaces)
{
	static const struct {
		const char *text;
		size_t width;
		const char *shown;
	} t[] = {
		{ "one two three", 0, "one two three\n" },
		{ "one two three", 7, "one two\nthree\n" },
		{ "one two three", 6, "one\ntwo\nthree\n" },
		{ "one abcdefghij", 7, "one\nab...ij\n" },
		{ "", 7, "\n" },
	};
	struct ib_bytes b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		b.n = 0;
		ib_write_sentence(&b, ib_span_of(t[i].text), t[i].width, false);
		ib_bytes_append_char(&b, '\0');
		cr_expect(eq(str, b.p, (char *)t[i].shown));
	}
	ib_bytes_release(&b);
}

Test(nearest_ids, the_distance_is_the_number_of_edits_up_to_the_limit)
{
	static const struct {
		const char *a, *b;
		unsigned limit, distance;
	} t[] = {
		{ "", "", 3, 0 },
		{ "", "abc", 3, 3 },
		{ "", "abcd", 3, 4 },
		{ "kitten", "sitting", 3, 3 },
		{ "kitten", "sitting", 2, 3 },
		{ "flaw", "lawn", 2, 2 },
		{ "saturday", "sunday", 9, 3 },
		{ "same", "same", 0, 0 },
		{ "same", "some", 0, 1 },
		{ "abcdef", "azced", 63, 3 },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		cr_expect(eq(uint,
			     ib_edit_distance(ib_span_of(t[i].a), ib_span_of(t[i].b), t[i].limit),
			     t[i].distance));
		cr_expect(eq(uint,
			     ib_edit_distance(ib_span_of(t[i].b), ib_span_of(t[i].a), t[i].limit),
			     t[i].distance));
	}
}
