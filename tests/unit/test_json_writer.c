/* The JSON writer: expected texts follow from RFC 8259 and the header's rules. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "random.h"

static void
expect(struct ib_bytes *b, const char *text)
{
	cr_assert(not(b->failed));
	ib_bytes_append_char(b, '\0');
	cr_expect(eq(str, b->p, (char *)text));
	ib_bytes_release(b);
}

Test(json_writer, places_commas_and_names)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_json_begin_object(&w, NULL);
	ib_json_write_unsigned(&w, "n", UINT64_MAX);
	ib_json_begin_array(&w, "empty");
	ib_json_end_array(&w);
	ib_json_begin_array(&w, "rows");
	ib_json_begin_array(&w, NULL);
	ib_json_write_null(&w, NULL);
	ib_json_write_bool(&w, NULL, true);
	ib_json_end_array(&w);
	ib_json_begin_object(&w, NULL);
	ib_json_write_bool(&w, "no", false);
	ib_json_write_text(&w, "text", "x");
	ib_json_write_text(&w, "none", NULL);
	ib_json_end_object(&w);
	ib_json_write_raw(&w, NULL, ib_span_of("{}"));
	ib_json_end_array(&w);
	ib_json_write_string(&w, "last", ib_span_of(""));
	ib_json_end_object(&w);
	expect(&b, "{\"n\":18446744073709551615,\"empty\":[],\"rows\":[[null,true],"
		   "{\"no\":false,\"text\":\"x\",\"none\":null},{}],\"last\":\"\"}");
}

Test(json_writer, breaks_lines_after_commas_and_before_brackets)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };
	int i;

	ib_json_begin_array(&w, NULL);
	for (i = 0; i < 2; i++) {
		ib_json_break_line(&w);
		ib_json_begin_object(&w, NULL);
		ib_json_write_unsigned(&w, "i", (uint64_t)i);
		ib_json_end_object(&w);
	}
	ib_json_break_line(&w);
	ib_json_end_array(&w);
	expect(&b, "[\n{\"i\":0},\n{\"i\":1}\n]");
}

Test(json_writer, numbers_are_the_shortest_that_read_back)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_json_begin_array(&w, NULL);
	ib_json_write_real(&w, NULL, 1);
	ib_json_write_real(&w, NULL, 0.1);
	ib_json_write_real(&w, NULL, -1e300);
	ib_json_write_real(&w, NULL, NAN);
	ib_json_write_real(&w, NULL, -INFINITY);
	ib_json_write_float(&w, NULL, 0.1f);
	ib_json_write_float(&w, NULL, NAN);
	ib_json_write_safe(&w, NULL, IB_JSON_SAFE_END - 1);
	ib_json_write_safe(&w, NULL, IB_JSON_SAFE_END);
	ib_json_end_array(&w);
	expect(&b, "[1.0,0.1,-1e+300,null,null,0.1,null,9007199254740991,\"9007199254740992\"]");
}

Test(json_writer, cjson_reads_back_every_string)
{
	uint64_t state = 5;
	char text[64], *back;
	struct ib_bytes b = { 0 };
	cJSON *json;
	size_t i, n, k;

	for (i = 0; i < 20000; i++) {
		n = next(&state) % sizeof(text);
		for (k = 0; k < n; k++)
			text[k] = next(&state) % 4 ? 'a' : (char)(1 + next(&state) % 127);
		b.n = 0;
		ib_json_quote(&b, (struct ib_span){ text, n });
		json = cJSON_ParseWithLength(b.p, b.n);
		back = cJSON_GetStringValue(json);
		cr_assert(back != NULL && strlen(back) == n && memcmp(back, text, n) == 0, "%.*s",
			  (int)b.n, b.p);
		cJSON_Delete(json);
	}
	ib_bytes_release(&b);
}

Test(json_writer, escapes_control_bytes_and_copies_invalid_utf8)
{
	static const char odd[] = "\"\\/\b\n\x1f\x7f\xff\0z";
	struct ib_bytes b = { 0 };

	ib_json_quote(&b, (struct ib_span){ odd, sizeof(odd) - 1 });
	expect(&b, "\"\\\"\\\\/\\u0008\\u000a\\u001f\x7f\xff\\u0000z\"");
}
