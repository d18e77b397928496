/* A scan returns the same results as a loop over single bytes. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/byte_scan.h"
#include "random.h"

#define N 300

/* Fill text with random bytes. About one of 20 bytes is a byte at which some scan stops. */
static void
fill(char text[N + IB_BYTE_SCAN_PAD], uint64_t *state)
{
	static const char ends[] = "\"\\\n,\t\x1f";
	size_t i;

	for (i = 0; i < N; i++)
		text[i] = next(state) % 20 == 0 ? ends[next(state) % 6]
						: (char)(32 + next(state) % 224);
	memset(text + N, '\n', IB_BYTE_SCAN_PAD);
}

static const char *
end_of_string(const char *p)
{
	while (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}

static const char *
end_of_field(const char *p, char delimiter)
{
	while (*p != delimiter && *p != '\n')
		p++;
	return p;
}

static size_t
count_lines(const char *p, size_t n)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += p[i] == '\n';
	return found;
}

static void
compare(const char text[N])
{
	size_t i;

	for (i = 0; i < N; i++) {
		const char *p = text + i;

		cr_assert(ib_byte_scan_string(p) == end_of_string(p));
		cr_assert(ib_byte_scan_field(p, ',') == end_of_field(p, ','));
		cr_assert(ib_byte_scan_field(p, '\t') == end_of_field(p, '\t'));
		cr_assert(eq(sz, ib_byte_scan_count_lines(p, N - i), count_lines(p, N - i)));
		cr_assert(eq(sz, ib_byte_scan_count_lines(text, i), count_lines(text, i)));
	}
}

Test(byte_scan, a_scan_finds_what_a_loop_finds)
{
	char text[N + IB_BYTE_SCAN_PAD];
	uint64_t state = 1;
	size_t run;

	for (run = 0; run < 50; run++) {
		fill(text, &state);
		compare(text);
	}
}
