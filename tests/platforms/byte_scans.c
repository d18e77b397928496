/*
 * Compare the byte scans of lib/base/byte_scan.h with loops over single bytes. The bytes are
 * random. The fraction of bytes at which a scan stops varies. This program uses no framework, so
 * that it also runs on other processors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_scan.h"

#define BYTES 4096
#define ROUNDS 200

static unsigned char text[BYTES + IB_BYTE_SCAN_PAD];
static unsigned checks;

static void
expect(size_t got, size_t want, const char *what, size_t at)
{
	checks++;
	if (got == want)
		return;
	fprintf(stderr, "%s at byte %zu: %zu, expected %zu\n", what, at, got, want);
	exit(1);
}

/* These functions say for one byte what a mask says for 16 bytes. */
static bool
ends_string(unsigned char c)
{
	return c == '"' || c == '\\' || c < 0x20;
}

static bool
ends_field(unsigned char c)
{
	return c == ',' || c == '\n';
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static size_t
plain_mask(const unsigned char *p, bool (*is)(unsigned char))
{
	size_t m = 0, i;

	for (i = 0; i < 16; i++)
		m |= (size_t)is(p[i]) << i;
	return m;
}

static size_t
plain_find(const unsigned char *p, bool (*is)(unsigned char))
{
	size_t i = 0;

	while (!is(p[i]))
		i++;
	return i;
}

static size_t
plain_count_lines(const unsigned char *p, size_t n)
{
	size_t count = 0, i;

	for (i = 0; i < n; i++)
		count += p[i] == '\n';
	return count;
}

static void
check_masks(const unsigned char *t, size_t at)
{
	const char *p = (const char *)t;
	char other[16];
	unsigned n;

	expect(ib_byte_scan_mask(ib_byte_scan_string16(p)), plain_mask(t, ends_string), "string16",
	       at);
	expect(ib_byte_scan_mask(ib_byte_scan_field16(p, ',')), plain_mask(t, ends_field),
	       "field16", at);
	expect(ib_byte_scan_digits16(p), plain_mask(t, is_digit), "digits16", at);
	for (n = 0; n <= 16; n++) {
		memcpy(other, p, 16);
		expect(ib_byte_scan_same16(p, other, n), 1, "same16", at);
		if (n == 16)
			break;
		other[n] ^= 0x40; /* same16(p, other, n) must ignore this byte */
		expect(ib_byte_scan_same16(p, other, n), 1, "same16", at);
		expect(ib_byte_scan_same16(p, other, n + 1), 0, "same16", at);
	}
}

static void
check_scans(const unsigned char *t, size_t at, size_t left)
{
	const char *p = (const char *)t;

	expect((size_t)(ib_byte_scan_string(p) - p), plain_find(t, ends_string), "string", at);
	expect((size_t)(ib_byte_scan_field(p, ',') - p), plain_find(t, ends_field), "field", at);
	expect(ib_byte_scan_count_lines(p, left), plain_count_lines(t, left), "count_lines", at);
}

int
main(void)
{
	static const char matter[] = "\"\\\n,\t\x1f\x20/0:9\x80\xff\x7f";
	unsigned round, k;
	size_t i;

	srand(1);
	for (round = 0; round < ROUNDS; round++) {
		/* In the first round few bytes, and in the last round all bytes stop a scan. */
		for (i = 0; i < BYTES; i++) {
			k = (unsigned)rand();
			text[i] = k % ROUNDS <= round ? (unsigned char)matter[k / ROUNDS % 14]
						      : (unsigned char)(k / ROUNDS % 26 + 'a');
		}
		memset(text + BYTES, '\n', IB_BYTE_SCAN_PAD);
		for (i = 0; i < BYTES; i += 7) {
			check_masks(text + i, i);
			check_scans(text + i, i, (BYTES - i) % 203);
		}
	}
	printf("scans: %u checks\n", checks);
	return 0;
}
