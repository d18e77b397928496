/* Read the elements of arrays (record/json_elements.h). */
#include "record/json_elements.h"

#include <float.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/byte_scan.h"
#include "base/digits.h"
#include "base/numbers.h"
#include "base/predict_end.h"

void
ib_json_elements_release(struct ib_json_elements *e)
{
	free(e->v);
	*e = (struct ib_json_elements){ 0 };
}

struct ib_value *
ib_json_elements_add(struct ib_json_elements *e)
{
	if (!ib_array_reserve(&e->v, &e->cap, e->n + 1, sizeof(*e->v))) {
		e->failed = true;
		return NULL;
	}
	return &e->v[e->n++];
}

#define GAP_MAX 16

/*
 * The bytes between two elements: a comma and white space. Between two strings, the gap also
 * includes the quotes that end the first string and begin the second string.
 */
struct gap {
	char bytes[GAP_MAX];
	unsigned n;
};

static inline bool
is_gap(const struct gap *gap, const char *p)
{
	return ib_byte_scan_same16(p, gap->bytes, gap->n);
}

/*
 * Read strings that are each followed by the gap. p is the position after the opening quote of the
 * first string. Returns the position of the first element that was not read.
 */
static const char *
read_strings(struct ib_json_elements *e, const char *p, struct gap gap)
{
	struct ib_value *v = e->v + e->n, *stop = e->v + e->cap;
	uint32_t length = v[-1].n;
	const char *end;

	for (; v < stop; v++, p = end + gap.n) {
		end = ib_byte_scan_string(p);
		if (!is_gap(&gap, end))
			break;
		end = ib_predict_end(p, end, &length);
		v->p = p;
		v->n = (uint32_t)(end - p);
		v->type = IB_STRING;
		v->escaped = false;
	}
	e->n = (size_t)(v - e->v);
	return p - 1;
}

/*
 * A format of numbers: one digit before the decimal point and a fixed number of digits, at most
 * eight, after the point, such as 0.123456. Most losses of a log have the same number of digits.
 */
struct decimal {
	unsigned n;	 /* number of bytes */
	unsigned mask;	 /* one bit for each of the n bytes */
	unsigned digits; /* one bit for each byte that is a digit; see ib_byte_scan_digits16() */
	unsigned shift;	 /* left shift in bits that moves the fraction to the end of 8 bytes */
	uint64_t power;	 /* power of ten; the number is an integer divided by this power */
};

/*
 * Return the format of the number p[0..n). If a struct decimal cannot describe this format, return
 * a format that fits no number.
 */
static struct decimal
find_decimal_format(const char *p, size_t n)
{
	struct decimal d = { .digits = 1 };

	if (FLT_EVAL_METHOD != 0 || n < 3 || n > 10 || p[1] != '.')
		return d;
	d.n = (unsigned)n;
	d.mask = (1u << n) - 1;
	d.digits = d.mask & ~2u;
	d.shift = 64 - 8 * (d.n - 2);
	d.power = ib_digits_power[n - 2];
	return d;
}

static inline bool
is_decimal(const struct decimal *d, const char *p)
{
	return (ib_byte_scan_digits16(p) & d->mask) == d->digits && p[1] == '.';
}

/* Return the number at p, correctly rounded: see ib_short_number(). */
static inline double
decimal_value(const struct decimal *d, const char *p)
{
	uint64_t fraction = ib_digits_of8((ib_digits_load(p + 2) ^ 0x3030303030303030) << d->shift);

	return (double)(int64_t)((uint64_t)(*p - '0') * d->power + fraction) /
	       (double)(int64_t)d->power;
}

/* Read the number at p. Returns NULL if p is not the start of a valid number. */
static inline const char *
read_number(const char *p, struct ib_value *v)
{
	const char *end = ib_number_json(p, &v->number);

	if (end)
		v->type = (uint8_t)ib_value_number_type(p, end);
	return end;
}

/*
 * Read numbers that are each followed by the gap, starting at p. Returns the position of the first
 * element that was not read.
 */
static const char *
read_numbers(struct ib_json_elements *e, const char *p, struct gap gap)
{
	struct ib_value *v = e->v + e->n, *stop = e->v + e->cap;
	struct decimal decimal = find_decimal_format(v[-1].p, v[-1].n);
	bool fits = false;
	const char *end;

	for (; v < stop; v++, p = end + gap.n) {
		if (is_decimal(&decimal, p)) {
			end = p + decimal.n;
			v->number = decimal_value(&decimal, p);
			v->type = IB_REAL;
			fits = true;
		} else {
			end = read_number(p, v);
			if (!end)
				break;
			/* neither of two numbers in a row fits: expect the second one's format */
			if (!fits)
				decimal = find_decimal_format(p, (size_t)(end - p));
			fits = false;
		}
		if (!is_gap(&gap, end))
			break;
		v->p = p;
		v->n = (uint32_t)(end - p);
	}
	e->n = (size_t)(v - e->v);
	return p;
}

const char *
ib_json_elements_read_similar(struct ib_json_elements *e, const char *end, const char *p)
{
	bool string = e->v[e->n - 1].type == IB_STRING;
	const char *start = end - string, *next = p + string;
	struct gap gap = { .n = (unsigned)(next - start) };

	if (next - start > GAP_MAX || (string && *p != '"'))
		return p;
	memcpy(gap.bytes, start, gap.n);
	return string ? read_strings(e, next, gap) : read_numbers(e, next, gap);
}
