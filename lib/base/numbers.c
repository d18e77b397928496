#include "base/numbers.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A number as it was scanned: [-] w * 10^exp10, where `digits` counts the
 * digits on both sides of the point. w has overflowed where there are more
 * than 19 of them; they still stand between first and last.
 */
struct scan {
	uint64_t w;
	int64_t exp10;
	size_t digits;
	const char *first, *last; /* one past it; a point may be between */
	bool negative;
};

enum grammar { JSON, TEXT };

/* Far outside what any digits in memory can bring back into range. */
#define EXPONENT_MAX ((int64_t)1 << 60)

static inline bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* May p be looked at? In JSON the caller promised a byte that ends it. */
#define AT(p, end, g) ((g) == JSON || (p) < (end))

static inline const char *
scan_digits(const char *p, const char *end, enum grammar g, uint64_t *w)
{
	for (; AT(p, end, g) && is_digit(*p); p++)
		*w = *w * 10 + (uint64_t)(*p - '0');
	return p;
}

/* [eE][+-]?digits at p, if it is there; NULL if it breaks off. */
static inline const char *
scan_exponent(const char *p, const char *end, enum grammar g, int64_t *exp10)
{
	bool negative = false;
	int64_t e = 0;

	if (!AT(p, end, g) || (*p | 0x20) != 'e')
		return p;
	p++;
	if (AT(p, end, g) && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	if (!AT(p, end, g) || !is_digit(*p))
		return NULL;
	for (; AT(p, end, g) && is_digit(*p); p++)
		if (e < EXPONENT_MAX / 16)
			e = e * 10 + (*p - '0');
	*exp10 += negative ? -e : e;
	return p;
}

/* The digits, point and exponent behind the sign; NULL if malformed. */
static inline const char *
scan_decimal(const char *p, const char *end, enum grammar g, struct scan *s)
{
	const char *point;

	s->w = 0;
	s->exp10 = 0;
	s->first = p;
	p = scan_digits(p, end, g, &s->w);
	s->digits = (size_t)(p - s->first);
	if (g == JSON && (s->digits == 0 || (s->digits > 1 && *s->first == '0')))
		return NULL;
	if (AT(p, end, g) && *p == '.') {
		point = ++p;
		p = scan_digits(p, end, g, &s->w);
		if (g == JSON && p == point)
			return NULL;
		s->digits += (size_t)(p - point);
		s->exp10 = -(int64_t)(p - point);
	}
	if (s->digits == 0)
		return NULL;
	s->last = p;
	return scan_exponent(p, end, g, &s->exp10);
}

/*
 * strtod in the C locale on a normal form: 780 significant digits, a last one
 * for all behind them that are not zero (no double, and no point halfway
 * between two, has more than 768), and an exponent.
 */
#define SIGNIFICANT 780

static double
convert_any(const struct scan *s)
{
	char text[SIGNIFICANT + 32];
	const char *p = s->first;
	size_t n = 0, dropped = 0;
	bool sticky = false;
	locale_t c, before;
	double value;
	int64_t e;

	while (p < s->last && (*p == '0' || *p == '.'))
		p++;
	for (; p < s->last; p++) {
		if (*p == '.')
			continue;
		if (n < SIGNIFICANT) {
			text[n++] = *p;
			continue;
		}
		dropped++;
		sticky |= *p != '0';
	}
	if (n == 0)
		return 0;
	e = s->exp10 + (int64_t)dropped;
	if (sticky) {
		text[n++] = '1';
		e--;
	}
	/* Both are beyond the range, whatever up to 781 digits say. */
	e = e > 9999 ? 9999 : e < -9999 ? -9999 : e;
	snprintf(text + n, 32, "e%d", (int)e);
	/* glibc and musl hand out a constant for "C": no allocation. */
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	before = uselocale(c);
	value = strtod(text, NULL);
	uselocale(before);
	freelocale(c);
	return value;
}

static inline double
convert(const struct scan *s)
{
	double value = convert_any(s);

	return s->negative ? -value : value;
}

/* Length of the word at p, with its value; 0 if there is none. */
static size_t
word(const char *p, size_t n, double *value)
{
	static const char words[3][9] = { "infinity", "inf", "nan" };
	size_t i, k;

	for (i = 0; i < 3; i++) {
		for (k = 0; k < n && words[i][k]; k++)
			if ((p[k] | 0x20) != words[i][k])
				break;
		if (!words[i][k]) {
			*value = i < 2 ? (double)INFINITY : (double)NAN;
			return k;
		}
	}
	return 0;
}

const char *
ib_number_json(const char *p, double *value)
{
	struct scan s;
	size_t n;

	s.negative = *p == '-';
	p += s.negative;
	if (!is_digit(*p)) {
		n = word(p, 8, value);
		if (n == 0)
			return NULL;
		if (s.negative)
			*value = -*value;
		return p + n;
	}
	p = scan_decimal(p, NULL, JSON, &s);
	if (p)
		*value = convert(&s);
	return p;
}

bool
ib_number_text(struct ib_span field, double *value)
{
	const char *p = field.p, *end = field.p + field.n;
	struct scan s;

	if (field.n == 0)
		return false;
	s.negative = *p == '-';
	p += s.negative || *p == '+';
	if (p < end && (*p | 0x20) > '9') {
		if (word(p, (size_t)(end - p), value) != (size_t)(end - p))
			return false;
		if (s.negative)
			*value = -*value;
		return true;
	}
	if (scan_decimal(p, end, TEXT, &s) != end)
		return false;
	*value = convert(&s);
	return true;
}

bool
ib_number_unsigned(struct ib_span field, uint64_t *value)
{
	uint64_t v = 0, d;
	size_t i;

	for (i = 0; i < field.n; i++) {
		if (!is_digit(field.p[i]))
			return false;
		d = (uint64_t)(field.p[i] - '0');
		if (v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*value = v;
	return field.n > 0;
}

/* ---- printing --------------------------------------------------------- */

static size_t
put_word(char *out, const char *text)
{
	size_t n = strlen(text);

	memcpy(out, text, n);
	return n;
}

/* 0.d1d2d3... * 10^point in the form of Python's repr. */
static size_t
put_digits(char *out, const char *digit, int n, int point)
{
	char *o = out;
	int e, i;

	if (point > -4 && point <= 16) {
		if (point <= 0)
			*o++ = '0';
		for (i = 0; i < point; i++)
			*o++ = i < n ? digit[i] : '0';
		*o++ = '.';
		for (i = point; i < 0; i++)
			*o++ = '0';
		for (i = point > 0 ? point : 0; i < n; i++)
			*o++ = digit[i];
		if (point >= n)
			*o++ = '0';
		return (size_t)(o - out);
	}
	*o++ = digit[0];
	if (n > 1) {
		*o++ = '.';
		memcpy(o, digit + 1, (size_t)n - 1);
		o += n - 1;
	}
	e = point - 1;
	*o++ = 'e';
	*o++ = e < 0 ? '-' : '+';
	e = e < 0 ? -e : e;
	if (e >= 100)
		*o++ = (char)('0' + e / 100);
	*o++ = (char)('0' + e / 10 % 10);
	*o++ = (char)('0' + e % 10);
	return (size_t)(o - out);
}

static size_t
put(char out[IB_NUMBER_MAX], double value, bool single)
{
	char text[IB_NUMBER_MAX + 8], digit[IB_NUMBER_MAX];
	char *o = out;
	int precision, n, i, e;
	double back;

	if (isnan(value))
		return put_word(out, "nan");
	if (signbit(value))
		*o++ = '-';
	value = fabs(value);
	if (isinf(value))
		return (size_t)(o - out) + put_word(o, "inf");
	if (value == 0)
		return (size_t)(o - out) + put_word(o, "0.0");
	for (precision = 0; precision < 17; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		for (i = n = 0; text[i] != 'e'; i++)
			if (is_digit(text[i]))
				digit[n++] = text[i];
		e = atoi(text + i + 1);
		snprintf(text, sizeof(text), "%.*se%d", n, digit, e - n + 1);
		ib_number_text((struct ib_span){ text, strlen(text) }, &back);
		if (single ? (float)back == (float)value : back == value)
			break;
	}
	return (size_t)(o - out) + put_digits(o, digit, n, e + 1);
}

size_t
ib_number_put(char out[IB_NUMBER_MAX], double value)
{
	return put(out, value, false);
}

size_t
ib_number_put_float(char out[IB_NUMBER_MAX], float value)
{
	return put(out, (double)value, true);
}

size_t
ib_number_put_unsigned(char out[IB_NUMBER_MAX], uint64_t value)
{
	char digit[IB_NUMBER_MAX];
	size_t n = 0, i;

	do {
		digit[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	for (i = 0; i < n; i++)
		out[i] = digit[n - 1 - i];
	return n;
}
