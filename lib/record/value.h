/*
 * The value of one field: a JSON member, a column of CSV or TSV, or a field of a list. A value is
 * a view into the record.
 */
#ifndef IB_RECORD_VALUE_H
#define IB_RECORD_VALUE_H

#include "base/bytes.h"

enum ib_type {
	IB_ABSENT,  /* the record does not have the field */
	IB_STRING,  /* p[0..n) is between the quotes, with undecoded escapes */
	IB_INTEGER, /* digits, with an optional minus sign */
	IB_REAL,    /* a number with a fraction or an exponent */
	IB_WORD,    /* nan, inf, infinity */
	IB_BOOL,
	IB_NULL,
	IB_OBJECT,
	IB_ARRAY,
	IB_TEXT /* a field of CSV, TSV or a list; these formats have no types */
};

struct ib_value {
	const char *p;
	uint32_t n;   /* number of bytes; a record is always shorter than 4 GiB */
	uint8_t type; /* enum ib_type */
	bool escaped; /* true if p[0..n) contains JSON escapes or doubled quotes of CSV */
	bool quoted;  /* true if a field of CSV was in quotes */
	union {
		double number; /* the number, if the field was added with `number` set */
		/* IB_ARRAY: element[first..first+n) of the record; see `elements` in ib_fields */
		struct {
			uint32_t first, n;
		} elements;
	};
};

static inline struct ib_span
ib_value_span(const struct ib_value *v)
{
	return (struct ib_span){ v->p, v->n };
}

/* Return the value's bytes as written in the record, including the quotes of a string. */
static inline struct ib_span
ib_value_raw(const struct ib_value *v)
{
	if (v->type == IB_STRING || (v->type == IB_TEXT && v->quoted))
		return (struct ib_span){ v->p - 1, (size_t)v->n + 2 };
	return (struct ib_span){ v->p, v->n };
}

/* Return the span without space, tabs and newlines at both ends. */
struct ib_span ib_span_trim(struct ib_span s);

/* True if the spans are equal except for the case of ASCII letters. */
bool ib_span_is_like(struct ib_span a, struct ib_span b);

/*
 * Return the span without space at both ends. If quotes enclose the rest, returns the text between
 * the quotes, again without space at both ends.
 */
struct ib_span ib_span_unquote(struct ib_span s);

/*
 * Read the number in a JSON text: a number, or a string that contains a number. Brackets may
 * enclose either, as in [[0.5]]. Numbers may be written as in CSV fields, with space around them.
 * Returns false for any other text.
 */
bool ib_number_read_wrapped(struct ib_span json, double *number);

/* Do the work of ib_value_read_number() for a value that is not a plain number. */
bool ib_value_unwrap_number(const struct ib_value *v, double *number);

/*
 * Read the number of a value. The value may be a number, or a string or an array that contains
 * one number. Returns false for all other values.
 */
static inline bool
ib_value_read_number(const struct ib_value *v, double *number)
{
	if (v->type != IB_INTEGER && v->type != IB_REAL && v->type != IB_WORD)
		return ib_value_unwrap_number(v, number);
	*number = v->number;
	return true;
}

/* Return the type of the number between p and `end`: IB_INTEGER, IB_REAL or IB_WORD. */
enum ib_type ib_value_number_type(const char *p, const char *end);

#define IB_VALUE_DESCRIPTION_MAX 192

/* Write to out why a value is not a number, such as 'is text, not a number: "x"'. Returns out. */
const char *ib_value_describe(char out[IB_VALUE_DESCRIPTION_MAX], const struct ib_value *v);

#endif
