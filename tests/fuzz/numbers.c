/*
 * Read any text as a number. A second implementation of the grammar decides whether it is a number,
 * and strtod() gives its value.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/exact.h"
#include "base/numbers.h"
#include "fuzz/target.h"

#define DIGITS "0123456789"

/* True if p is a number in the form of CSV fields, without a sign. nan and inf are not included. */
static int
is_decimal(const char *p)
{
	size_t whole = strspn(p, DIGITS), part = 0;

	p += whole;
	if (*p == '.') {
		part = strspn(++p, DIGITS);
		p += part;
	}
	if (whole + part == 0)
		return 0;
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		whole = strspn(p, DIGITS);
		if (whole == 0)
			return 0;
		p += whole;
	}
	return *p == '\0';
}

static void
check_same(double a, double b)
{
	if (memcmp(&a, &b, sizeof(a)) != 0 && !(isnan(a) && isnan(b)))
		abort();
}

/* If a double or a float is printed and read again, the result is the same number. */
static void
check_printing(double value)
{
	char out[IB_NUMBER_MAX];
	struct ib_span s = { out, 0 };
	double back;

	s.n = ib_number_write(out, value);
	if (!ib_number_text(s, &back))
		abort();
	check_same(value, back);
	if (fabs(value) > 3e38)
		return;
	s.n = ib_number_write_float(out, (float)value);
	if (!ib_number_text(s, &back) || (float)back != (float)value)
		abort();
}

static void
check_shares(const char *text)
{
	double ratio;
	uint64_t rank;
	bool ok;

	if (ib_decimal_rank(text, UINT64_MAX, &rank) !=
	    ib_decimal_drop_ratio(text, UINT64_MAX, 1, &ratio))
		abort();
	ib_decimal_exceeds(text, 1, 3, &ok);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 10), *exact = malloc(n + !n);
	struct ib_span field = { exact, n };
	double value = 0, json = 0;
	const char *end, *p;
	size_t whole;

	memset(text, 0, n + 10);
	if (n > 0) {
		memcpy(text, data, n);
		memcpy(exact, data, n);
	}
	whole = strlen(text);
	p = text + (*text == '-' || *text == '+');
	if (ib_number_text(field, &value) && !isnan(value)) {
		check_same(value, strtod(text, NULL));
		check_printing(value);
	} else if (whole == n && is_decimal(p)) {
		abort();
	}
	end = ib_number_json(text, &json);
	if (end && (end <= text || end > text + n))
		abort();
	if (end == text + n && ib_number_text(field, &value))
		check_same(value, json);
	check_shares(text);
	free(text);
	free(exact);
	return 0;
}
