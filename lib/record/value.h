/*
 * One field of a record, as a view into it. What a JSON member, a CSV column
 * and a list's field have in common.
 */
#ifndef IB_RECORD_VALUE_H
#define IB_RECORD_VALUE_H

#include "base/bytes.h"

enum ib_type {
	IB_ABSENT,
	IB_STRING,  /* p, n: between the quotes, escapes as they stand */
	IB_INTEGER, /* digits, perhaps a minus */
	IB_REAL,    /* a number with a fraction or an exponent */
	IB_WORD,    /* nan, inf, infinity */
	IB_BOOL,
	IB_NULL,
	IB_OBJECT,
	IB_ARRAY,
	IB_TEXT /* a field of CSV, TSV or a list: no type of its own */
};

struct ib_value {
	const char *p;
	uint32_t n;    /* bytes; a record is never over 4 GiB */
	uint8_t type;  /* enum ib_type */
	bool escaped;  /* JSON escapes, or doubled quotes of CSV, in it */
	bool quoted;   /* CSV: stood in quotes */
	double number; /* of fields that were asked for as numbers */
};

static inline struct ib_span
ib_value_span(const struct ib_value *v)
{
	return (struct ib_span){ v->p, v->n };
}

/* A value's bytes as they stand in the record, a string's quotes included. */
static inline struct ib_span
ib_value_raw(const struct ib_value *v)
{
	if (v->type == IB_STRING || (v->type == IB_TEXT && v->quoted))
		return (struct ib_span){ v->p - 1, (size_t)v->n + 2 };
	return (struct ib_span){ v->p, v->n };
}

/* Less the blanks around it. */
struct ib_span ib_span_trim(struct ib_span s);

/*
 * The number that a JSON text holds: bare, in quotes, or the only element of an
 * array. It is written as in a field of CSV; blanks around it do not count.
 */
bool ib_number_wrapped(struct ib_span json, double *number);

/* The same of a value that is a string or an array; false for all others. */
bool ib_value_other_number(const struct ib_value *v, double *number);

/* The number that a wanted value counts as. False: it is none. */
static inline bool
ib_value_number(const struct ib_value *v, double *number)
{
	if (v->type != IB_INTEGER && v->type != IB_REAL && v->type != IB_WORD)
		return ib_value_other_number(v, number);
	*number = v->number;
	return true;
}

#define IB_VALUE_SAY_MAX 192

/* What a value is that is no number: 'is text, not a number: "x"'. */
const char *ib_value_say(char out[IB_VALUE_SAY_MAX], const struct ib_value *v);

#endif
