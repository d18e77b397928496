#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "prune/audit_writer.h"
#include "scratch.h"

TestSuite(audit_writer, .init = scratch_enter, .fini = scratch_leave);

struct line {
	char id[24];
	float score;
	double pi;
	bool kept;
	char text[120];
};

ParameterizedTestParameters(audit_writer, lines)
{
	static struct line cases[] = {
		/* an independent implementation of the format wrote the first line */
		{ "a", 0.25f, 0.5, true,
		  "{\"id\":\"a\",\"score\":0.25,\"pi\":0.5,\"kept\":true}\n" },
		{ "train/00012345", 0.1f, 0.1, false,
		  "{\"id\":\"train/00012345\",\"score\":0.1,\"pi\":0.1,"
		  "\"kept\":false}\n" },
		{ "q\"\\\x01-\x1f", NAN, 0.0, false,
		  "{\"id\":\"q\\\"\\\\\\u0001-\\u001f\",\"score\":null,"
		  "\"pi\":0.0,\"kept\":false}\n" },
		{ "12345678\"", 3e-5f, 1e-5, true,
		  "{\"id\":\"12345678\\\"\",\"score\":3e-05,\"pi\":1e-05,"
		  "\"kept\":true}\n" },
		{ "\xff\x80\x7f\xc3\xa4-------", -2.0f, 0.25, true,
		  "{\"id\":\"\xff\x80\x7f\xc3\xa4-------\",\"score\":-2.0,"
		  "\"pi\":0.25,\"kept\":true}\n" },
		{ "123456789abcdef\"", 0.0001f, 0.5, true,
		  "{\"id\":\"123456789abcdef\\\"\",\"score\":0.0001,"
		  "\"pi\":0.5,\"kept\":true}\n" },
		{ "", 9.75f, 0.5, false,
		  "{\"id\":\"\",\"score\":9.75,\"pi\":0.5,"
		  "\"kept\":false}\n" },
		{ "1234567\x1f", 1e20f, 0.25, true,
		  "{\"id\":\"1234567\\u001f\",\"score\":1e+20,\"pi\":0.25,"
		  "\"kept\":true}\n" },
	};

	return cr_make_param_array(struct line, cases, sizeof(cases) / sizeof(*cases));
}

ParameterizedTest(struct line *c, audit_writer, lines)
{
	struct ib_audit_text *l = calloc(1, sizeof(*l));
	struct ib_bytes *out = &l->text;
	int i;

	for (i = 0; i < 2; i++) { /* first the text of pi is computed, then it is reused */
		out->n = 0;
		ib_audit_text_add(l, ib_span_of(c->id), c->score, c->pi, c->kept);
		ib_bytes_append_char(out, '\0');
		cr_assert(eq(str, out->p, c->text));
	}
	ib_audit_text_release(l);
	free(l);
}

/* Append the text of a log, as zstdcat prints it, to out. */
static void
cat(const char *path, struct ib_bytes *out)
{
	char command[100];
	FILE *f;
	int c;

	snprintf(command, sizeof(command), "zstdcat %s", path);
	out->n = 0;
	f = popen(command, "r");
	cr_assert(f != NULL);
	while ((c = getc(f)) != EOF)
		ib_bytes_append_char(out, (char)c);
	cr_assert(eq(int, pclose(f), 0));
	ib_bytes_append_char(out, '\0');
	out->n--;
}

static void
write_run(const char *path, const char *head, const char *lines, struct ib_audit_footer *footer)
{
	struct ib_audit_text *l = calloc(1, sizeof(*l));
	struct ib_audit_writer *t = NULL;
	struct ib_output_also also;
	struct ib_error err = { 0 };

	ib_bytes_append(&l->text, lines, strlen(lines));
	cr_assert(eq(int, ib_audit_writer_open(path, NULL, &t, &err), IB_OK), "%s", err.text);
	cr_assert(eq(int, ib_audit_writer_head(t, ib_span_of(head), &err), IB_OK));
	ib_audit_writer_write(t, l);
	also = ib_audit_writer_also(t, footer);
	cr_assert(eq(int, ib_outputs_commit(NULL, 0, &also, &err), IB_OK), "%s", err.text);
	ib_audit_writer_discard(t);
	ib_audit_text_release(l);
	free(l);
}

Test(audit_writer, each_footer_refers_to_the_previous_run)
{
	static const char head[] = "{\"ib_audit\":1,\"epoch\":3}";
	static const char lines[] = "{\"id\":\"a\",\"score\":0.25,\"pi\":0.5,\"kept\":false}\n";
	struct ib_audit_footer footer = {
		.epoch = 3, .samples = 3, .kept = 2, .pruned = 1, .weight_sum = 2.0
	};
	char want[1000], first[500];
	struct ib_bytes text = { 0 };
	unsigned long long hash;

	write_run("log", head, lines, &footer);
	memcpy(footer.manifest, "00112233445566778899aabbccddeeff", 33);
	write_run("log", head, "", &footer);
	cat("log", &text);
	snprintf(first, sizeof(first), "%s\n%s", head, lines);
	hash = XXH3_64bits(first, strlen(first));
	snprintf(want, sizeof(want),
		 "%s{\"end\":3,\"samples\":3,\"kept\":2,\"pruned\":1,"
		 "\"weight_sum\":2.0,\"manifest\":null,\"prev\":null,"
		 "\"xxh3\":\"%016llx\"}\n"
		 "%s\n{\"end\":3,\"samples\":3,\"kept\":2,\"pruned\":1,"
		 "\"weight_sum\":2.0,"
		 "\"manifest\":\"00112233445566778899aabbccddeeff\","
		 "\"prev\":\"%016llx\",\"xxh3\":\"%016llx\"}\n",
		 first, hash, head, hash,
		 (unsigned long long)XXH3_64bits("{\"ib_audit\":1,\"epoch\":3}\n", 25));
	cr_assert(eq(str, text.p, want));
	ib_bytes_release(&text);
}
