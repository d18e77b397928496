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
	IB_TEXT     /* a field of CSV, TSV or a list: no type of its own */
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

#endif
