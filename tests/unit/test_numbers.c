#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbers.h"
#include "base/short_number.h"
#include "random.h"

struct accept {
	char text[32];
	size_t json; /* number of bytes that the JSON reader accepts; 0 if it rejects the text */
	bool whole;  /* true if the text reader accepts the text */
};

ParameterizedTestParameters(numbers, grammar)
{
	static struct accept cases[] = {
		{ "0", 1, true },	{ "-0", 2, true },	   { "10", 2, true },
		{ "0.5", 3, true },	{ "-12.25e+3", 9, true },  { "1E5", 3, true },
		{ "1e-05", 5, true },	{ "1e007", 5, true },	   { "0e0", 3, true },
		{ "+1", 0, true },	{ "+.5", 0, true },	   { ".5", 0, true },
		{ "-.5e1", 0, true },	{ "5.", 0, true },	   { "5.e1", 0, true },
		{ "01", 0, true },	{ "-01.5", 0, true },	   { "007", 0, true },
		{ "00", 0, true },	{ "1.e", 0, false },	   { "1e", 0, false },
		{ "1e+", 0, false },	{ "1e+-1", 0, false },	   { "1.5e.", 0, false },
		{ ".", 0, false },	{ "-.", 0, false },	   { ".e1", 0, false },
		{ "e1", 0, false },	{ "-", 0, false },	   { "+", 0, false },
		{ "+-1", 0, false },	{ "--1", 0, false },	   { "", 0, false },
		{ " 1", 0, false },	{ "1 ", 1, false },	   { "1,", 1, false },
		{ "0x10", 1, false },	{ "1.5.2", 3, false },	   { "1e5.2", 3, false },
		{ "1_000", 1, false },	{ "nan", 3, true },	   { "NaN", 3, true },
		{ "-nan", 4, true },	{ "-NAN", 4, true },	   { "inf", 3, true },
		{ "-Inf", 4, true },	{ "infinity", 8, true },   { "-INFINITY", 9, true },
		{ "+inf", 0, true },	{ "Infinity}", 8, false }, { "infinit", 3, false },
		{ "na", 0, false },	{ "in", 0, false },	   { "n", 0, false },
		{ "nan(1)", 3, false }, { "null", 0, false },	   { "true", 0, false },
		{ "n/a", 0, false },	{ "\xff", 0, false },
	};
	return cr_make_param_array(struct accept, cases, sizeof(cases) / sizeof(*cases));
}

/* Read the text from a block of exactly its size, so that memory checkers notice any overrun. */
static bool
read_text(const char *text, size_t n, double *value)
{
	char *block = malloc(n + !n);
	bool ok;

	memcpy(block, text, n);
	ok = ib_number_text((struct ib_span){ block, n }, value);
	free(block);
	return ok;
}

static bool
same(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

/* If ib_short_number() accepts a number, it gives the same result as ib_number_json(). */
static void
check_short(const char *text, size_t n, char after, size_t taken, double value)
{
	char *block = malloc(n + 18);
	bool fraction = false, skipped = false;
	const char *end, *skip;
	double other = -1;

	memcpy(block, text, n);
	memset(block + n, '7', 18);
	block[n] = after;
	end = ib_short_number(block, true, &other, &fraction);
	skip = ib_short_number(block, false, NULL, &skipped);
	if (end) {
		cr_assert(eq(sz, (size_t)(end - block), taken), "%s", text);
		cr_assert(same(other, value), "%s: %a", text, other);
		cr_assert(skip == end && skipped == fraction, "%s", text);
	}
	if (skip) {
		cr_assert(eq(sz, (size_t)(skip - block), taken), "%s", text);
		cr_assert(eq(int, skipped, memchr(text, '.', taken) != NULL));
	}
	free(block);
}

/* Read a number from a block that holds the text, the byte that ends it, and 8 bytes of padding. */
static size_t
read_json(const char *text, size_t n, char after, double *value)
{
	char *block = malloc(n + 9);
	const char *end;
	size_t taken;

	memcpy(block, text, n);
	memset(block + n, '7', 9);
	block[n] = after;
	end = ib_number_json(block, value);
	taken = end ? (size_t)(end - block) : 0;
	free(block);
	check_short(text, n, after, taken, *value);
	return taken;
}

ParameterizedTest(struct accept *c, numbers, grammar)
{
	size_t n = strlen(c->text);
	double value;

	cr_assert(eq(sz, read_json(c->text, n, '}', &value), c->json), "%s", c->text);
	cr_assert(eq(int, read_text(c->text, n, &value), c->whole), "%s", c->text);
}

static void
check_value(const char *text)
{
	double expected = strtod(text, NULL), value = -1;
	size_t n = strlen(text);

	cr_assert(read_text(text, n, &value), "%s", text);
	cr_assert(same(value, expected), "%s: %a", text, value);
	cr_assert(eq(sz, read_json(text, n, ',', &value), n), "%s", text);
	cr_assert(same(value, expected), "%s: %a", text, value);
}

/*
 * A decimal halfway between two binary64 numbers has hundreds of digits. A later digit decides how
 * it is rounded, even if it comes after all digits that the reader keeps.
 */
Test(numbers, reads_more_digits_than_are_kept)
{
	static const long double halfway[] = { 0x1p-1075L, 0x3p-1075L, 0x1.00000000000018p-1000L,
					       0x1.00000000000008p+900L, 0.5L };
	static const char *const more[] = { "", "0", "1", "00000000000000000000000000000000001" };
	char text[3000], zeros[801];
	size_t i, k;

	memset(zeros, '0', sizeof(zeros) - 1);
	zeros[sizeof(zeros) - 1] = '\0';
	for (i = 0; i < sizeof(halfway) / sizeof(*halfway); i++) {
		for (k = 0; k < sizeof(more) / sizeof(*more); k++) {
			snprintf(text, sizeof(text), "%.1075Lf%s%s", halfway[i], zeros, more[k]);
			check_value(text);
			snprintf(text, sizeof(text), "-%.1075Lf%se-7", halfway[i], more[k]);
			check_value(text);
		}
	}
	snprintf(text, sizeof(text), "0.%s%s", zeros, zeros);
	check_value(text);
	snprintf(text, sizeof(text), "0.%s%s1e1600", zeros, zeros);
	check_value(text);
	snprintf(text, sizeof(text), "1%s.%s1e-800", zeros, zeros);
	check_value(text);
}

/* The process is in the locale "C", so strtod() gives the expected values. */
Test(numbers, reads_hard_cases_as_strtod_does)
{
	static const char *const hard[] = {
		"0",
		"-0",
		"0.0",
		"-0e5",
		"0e99999999999999999999",
		"1e400",
		"-1e400",
		"1e99999999999",
		"1e-99999999999",
		"1e9223372036854775808",
		"1e-9223372036854775809",
		"1e-324",
		"5e-324",
		"2.4703282292062327e-324",
		"2.4703282292062328e-324",
		"2.47032822920623272e-324",
		"2.2250738585072011e-308",
		"2.2250738585072012e-308",
		"2.2250738585072014e-308",
		"1.7976931348623157e308",
		"1.7976931348623158e308",
		"1.7976931348623159e308",
		"1.797693134862315807e308",
		"1.797693134862315808e308",
		"9007199254740993",
		"9007199254740991",
		"9007199254740992.5",
		"9007199254740993.0000000000000000000000000000001",
		"9007199254740992.9999999999999999999999999999999",
		"18446744073709551615",
		"18446744073709551616",
		"99999999999999999999",
		"0.1",
		"0.3",
		"123456.789e-22",
		"1e22",
		"1e23",
		"8.5e22",
		"6.631236871469758276e-1",
		"3.5844466002796428e+298",
		"7.2057594037927933e+16",
	};

	size_t i;

	for (i = 0; i < sizeof(hard) / sizeof(*hard); i++)
		check_value(hard[i]);
}

static double
from_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static float
from_bits_float(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

Test(numbers, reads_random_digits_as_strtod_does)
{
	uint64_t state = 1, r;
	char text[96];
	size_t n, k, i;

	for (i = 0; i < 1000000; i++) {
		r = next(&state);
		n = (size_t)snprintf(text, 20, "%s", r & 1 ? "-" : "");
		text[n++] = (char)('1' + r / 2 % 9);
		for (k = r / 32 % 24; k > 0; k--)
			text[n++] = (char)('0' + next(&state) % 10);
		if (r & 0x1000) {
			text[n++] = '.';
			for (k = r / 8192 % 24 + 1; k > 0; k--)
				text[n++] = (char)('0' + next(&state) % 10);
		}
		text[n] = '\0';
		if (r & 0x1000000)
			sprintf(text + n, "e%d", (int)(r >> 32) % 345);
		check_value(text);
	}
}

Test(numbers, reads_points_halfway_between_doubles)
{
	uint64_t state = 2, bits;
	char text[1300];
	size_t i, n;

	for (i = 0; i < 20000; i++) {
		bits = next(&state) >> 1;
		if (i % 4 == 0)
			bits = (bits >> 11) | 0x3f00000000000000;
		if ((bits >> 52) > 0x7fd)
			continue;
		/* The exact decimal of the point halfway between `bits` and the next double. */
		n = (size_t)snprintf(
			text, sizeof(text), "%.1100Lg",
			((long double)from_bits(bits) + (long double)from_bits(bits + 1)) / 2);
		check_value(text);
		if (!memchr(text, 'e', n) && memchr(text, '.', n)) {
			memcpy(text + n, "0000000000001", 14);
			check_value(text);
		}
	}
}

Test(numbers, reads_long_digit_strings)
{
	static char text[20010];
	size_t zeros;

	for (zeros = 0; zeros < 19000; zeros += 1 + zeros / 3) {
		text[0] = '0';
		text[1] = '.';
		memset(text + 2, '0', zeros);
		memset(text + 2 + zeros, '7', 800);
		sprintf(text + 802 + zeros, "e%d", (int)zeros);
		check_value(text);
		text[2] = '1';
		memset(text + 3, '0', 800 + zeros);
		sprintf(text + 802 + zeros, "1e-20");
		check_value(text);
	}
}

Test(numbers, unsigned_numbers_must_use_the_complete_text)
{
	uint64_t v = 7;

	cr_assert(ib_number_unsigned((struct ib_span){ "0042", 4 }, &v));
	cr_assert(eq(u64, v, 42));
	cr_assert(ib_number_unsigned((struct ib_span){ "18446744073709551615", 20 }, &v));
	cr_assert(eq(u64, v, UINT64_MAX));
	cr_assert(ib_number_unsigned((struct ib_span){ "00000000000000000000000000001", 29 }, &v));
	cr_assert(eq(u64, v, 1));
	cr_assert(not(ib_number_unsigned((struct ib_span){ "18446744073709551616", 20 }, &v)));
	cr_assert(not(ib_number_unsigned((struct ib_span){ "99999999999999999999", 20 }, &v)));
	cr_assert(not(ib_number_unsigned((struct ib_span){ "", 0 }, &v)));
	cr_assert(not(ib_number_unsigned((struct ib_span){ "-1", 2 }, &v)));
	cr_assert(not(ib_number_unsigned((struct ib_span){ "+1", 2 }, &v)));
	cr_assert(not(ib_number_unsigned((struct ib_span){ "1.0", 3 }, &v)));
	cr_assert(not(ib_number_unsigned((struct ib_span){ " 1", 2 }, &v)));
}

struct printed {
	double value;
	char text[IB_NUMBER_MAX];
};
struct printed_float {
	uint32_t bits;
	char text[IB_NUMBER_MAX];
};
#include "numbers_table.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

Test(numbers, prints_doubles_as_python_does)
{
	const struct printed *c;
	char out[IB_NUMBER_MAX];

	for (c = printed_table; c < printed_table + COUNT(printed_table); c++) {
		out[ib_number_write(out, c->value)] = '\0';
		cr_assert(eq(str, out, (char *)c->text));
	}
}

Test(numbers, floats_are_printed_with_the_fewest_digits)
{
	const struct printed_float *c;
	char out[IB_NUMBER_MAX];

	for (c = printed_float_table; c < printed_float_table + COUNT(printed_float_table); c++) {
		out[ib_number_write_float(out, from_bits_float(c->bits))] = '\0';
		cr_assert(eq(str, out, (char *)c->text));
	}
}

Test(numbers, prints_numbers_that_are_not_finite)
{
	static const struct printed cases[] = {
		{ 0.0, "0.0" },
		{ -0.0, "-0.0" },
		{ (double)NAN, "nan" },
		{ -(double)NAN, "nan" },
		{ (double)INFINITY, "inf" },
		{ -(double)INFINITY, "-inf" },
	};
	char out[IB_NUMBER_MAX];
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		out[ib_number_write(out, cases[i].value)] = '\0';
		cr_assert(eq(str, out, (char *)cases[i].text));
		out[ib_number_write_float(out, (float)cases[i].value)] = '\0';
		cr_assert(eq(str, out, (char *)cases[i].text));
	}
}

Test(numbers, printed_numbers_are_read_back)
{
	uint64_t state = 3;
	char out[IB_NUMBER_MAX];
	double value, back;
	float f;
	size_t i, n;

	for (i = 0; i < 500000; i++) {
		value = from_bits(next(&state));
		n = ib_number_write(out, value);
		cr_assert(le(sz, n, 24));
		cr_assert(read_text(out, n, &back));
		cr_assert(same(value, back), "%.17g", value);
		f = from_bits_float((uint32_t)next(&state));
		n = ib_number_write_float(out, f);
		cr_assert(le(sz, n, 19));
		cr_assert(read_text(out, n, &back));
		cr_assert(same((double)f, (double)(float)back), "%.9g", (double)f);
	}
}

/* Return the shortest decimal of printf() that reads back as f. */
static double
first_that_reads_back(float f)
{
	char text[40];
	double back = 0;
	int places;

	for (places = 0; places < 10; places++) {
		snprintf(text, sizeof(text), "%.*e", places, (double)f);
		back = strtod(text, NULL);
		if ((float)back == f)
			break;
	}
	return back;
}

/* Losses as they are logged, with sizes around those at which the number of decimals changes. */
Test(numbers, prints_losses_of_few_and_of_many_digits)
{
	static const double scales[] = { 1e5, 1e6, 1e7, 1e8, 1e9, 1e10 };
	char out[IB_NUMBER_MAX];
	uint64_t state = 5;
	double back;
	size_t i, n;
	float f;

	for (i = 0; i < 300000; i++) {
		f = (float)((double)(next(&state) >> 40) / scales[i % 6]);
		if (i % 7 == 0) /* a neighbouring float, which has many digits */
			f = nextafterf(f, 100);
		if (f == 0)
			continue;
		n = ib_number_write_float(out, f);
		cr_assert(read_text(out, n, &back));
		cr_assert(same(back, first_that_reads_back(f)), "%.9g: %.*s", (double)f, (int)n,
			  out);
		cr_assert(out[n - 1] != '0' || out[n - 2] == '.');
	}
}

Test(numbers, prints_unsigned)
{
	char out[IB_NUMBER_MAX];
	uint64_t v = 1;
	char expected[24];
	size_t n;
	int i;

	for (i = 0; i < 40; i++, v = i < 20 ? v * 10 : UINT64_MAX >> (i - 20)) {
		n = ib_number_write_unsigned(out, v - (i % 2 == 1));
		sprintf(expected, "%llu", (unsigned long long)(v - (i % 2 == 1)));
		cr_assert(eq(sz, n, strlen(expected)));
		cr_assert(eq(int, memcmp(out, expected, n), 0));
	}
}

/* Numbers are the same in a locale with a decimal comma, if the machine has such a locale. */
Test(numbers, do_not_depend_on_the_locale)
{
	char out[IB_NUMBER_MAX + 1];
	double value = 0;

	if (!setlocale(LC_ALL, "de_DE.UTF-8"))
		setlocale(LC_ALL, "de_DE");
	cr_assert(read_text("0.5", 3, &value));
	cr_assert(eq(dbl, value, 0.5));
	cr_assert(read_text("1.00000000000000000000000000000001", 34, &value));
	cr_assert(eq(dbl, value, 1));
	out[ib_number_write(out, 0.3)] = '\0';
	cr_assert(eq(str, out, "0.3"));
}

/* Numbers with up to nine digits on each side of the decimal point, of all lengths and signs. */
Test(numbers, numbers_are_rounded_to_few_digits)
{
	uint64_t state = 5;
	double value;
	char text[80];
	int i, whole, part;

	for (i = 0; i < 400000; i++) {
		whole = 1 + (int)(next(&state) % 9);
		part = (int)(next(&state) % 10);
		snprintf(text, sizeof(text), "%s%0*llu", i % 3 ? "" : "-", i % 5 ? 1 : whole,
			 (unsigned long long)(next(&state) % (uint64_t)pow(10, whole)));
		if (part > 0)
			snprintf(text + strlen(text), 32, ".%0*llu", part,
				 (unsigned long long)(next(&state) % (uint64_t)pow(10, part)));
		if (i % 7 == 0)
			strcat(text, i % 2 ? "e3" : "E-2");
		read_json(text, strlen(text), ",}] \n"[i % 5], &value);
	}
	if (FLT_EVAL_METHOD != 0)
		return; /* ib_short_number() accepts no fractions on this machine */
	cr_expect(ib_short_number("0.123456,7777777777", true, &value, &(bool){ false }) != NULL);
	cr_expect(eq(dbl, value, 0.123456));
}
