/* All variants of a scan give the answers of a loop over the bytes. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/scan.h"
#include "random.h"

#define N 300

/* Bytes of which every twentieth or so ends something. */
static void
fill(char text[N + IB_SCAN_PAD], uint64_t *state)
{
	static const char ends[] = "\"\\\n,\t\x1f";
	size_t i;

	for (i = 0; i < N; i++)
		text[i] = next(state) % 20 == 0 ? ends[next(state) % 6]
						: (char)(32 + next(state) % 224);
	memset(text + N, '\n', IB_SCAN_PAD);
}

static const char *
end_of_string(const char *p)
{
	while (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}

static const char *
end_of_field(const char *p, char a, char b)
{
	while (*p != a && *p != b && *p != '\n')
		p++;
	return p;
}

static size_t
count(const char *p, size_t n, char c)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += p[i] == c;
	return found;
}

static void
compare(const struct ib_scan_ops *ops, const char text[N])
{
	size_t i;

	for (i = 0; i < N; i++) {
		const char *p = text + i;

		cr_assert(ops->string(p) == end_of_string(p));
		cr_assert(ops->field(p, ',', '"') == end_of_field(p, ',', '"'));
		cr_assert(ops->field(p, '\t', '\t') == end_of_field(p, '\t', '\t'));
		cr_assert(eq(sz, ops->count(p, N - i, '\n'), count(p, N - i, '\n')));
		cr_assert(eq(sz, ops->count(text, i, ','), count(text, i, ',')));
	}
}

Test(scan, variants_find_what_a_loop_finds)
{
	char text[N + IB_SCAN_PAD];
	const struct ib_scan_ops *ops;
	uint64_t state = 1;
	size_t i, run;

	for (run = 0; run < 50; run++) {
		fill(text, &state);
		for (i = 0; (ops = ib_scan_variant(i)); i++)
			compare(ops, text);
	}
	cr_assert(i >= 1);
	cr_assert(ib_scan_best() == ib_scan_variant(0));
}
