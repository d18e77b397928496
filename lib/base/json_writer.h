/*
 * Write JSON (RFC 8259) as a stream into a byte buffer. The writer places the commas; the caller
 * ends what it begins. A value's name is NULL in an array and at the top of the document. Names
 * are constants of the program and are copied, so they contain no byte that needs an escape.
 *
 *	struct ib_json_writer w = { .out = &bytes };
 *
 *	ib_json_begin_object(&w, NULL);
 *	ib_json_put_unsigned(&w, "n", 3);
 *	ib_json_end_object(&w);			{"n":3}
 *
 * If memory runs out, the buffer's `failed` is set, which its owner checks once at the end. The
 * owner may write out and empty the buffer at any time.
 */
#ifndef IB_BASE_JSON_WRITER_H
#define IB_BASE_JSON_WRITER_H

#include <math.h>

#include "base/bytes.h"
#include "base/numbers.h"

struct ib_json_writer {
	struct ib_bytes *out;
	bool comma;   /* the open object or array has a value */
	bool newline; /* the next value or closing bracket starts a line */
};

/*
 * Append a string with its quotes. Bytes below 0x20 become \u00xx; quote and backslash get
 * a backslash; all other bytes are copied, so invalid UTF-8 stays invalid.
 */
void ib_json_quote(struct ib_bytes *out, struct ib_span text);

/* Append what precedes a value: comma, newline and name. */
static inline void
ib_json_begin_value(struct ib_json_writer *w, const char *name)
{
	struct ib_bytes *out = w->out;
	size_t n = name ? strlen(name) : 0;
	char *p;

	if (!ib_bytes_reserve(out, n + 5))
		return;
	p = out->p + out->n;
	if (w->comma)
		*p++ = ',';
	if (w->newline)
		*p++ = '\n';
	w->comma = true;
	w->newline = false;
	if (name) {
		*p++ = '"';
		memcpy(p, name, n);
		p += n;
		*p++ = '"';
		*p++ = ':';
	}
	out->n = (size_t)(p - out->p);
}

/* Start a new line before the next value or closing bracket. */
static inline void
ib_json_break_line(struct ib_json_writer *w)
{
	w->newline = true;
}

/* ---- objects and arrays ------------------------------------------------- */

static inline void
ib_json_begin(struct ib_json_writer *w, const char *name, char bracket)
{
	ib_json_begin_value(w, name);
	ib_bytes_put_char(w->out, bracket);
	w->comma = false;
}

static inline void
ib_json_end(struct ib_json_writer *w, char bracket)
{
	if (w->newline)
		ib_bytes_put_char(w->out, '\n');
	ib_bytes_put_char(w->out, bracket);
	w->comma = true;
	w->newline = false;
}

static inline void
ib_json_begin_object(struct ib_json_writer *w, const char *name)
{
	ib_json_begin(w, name, '{');
}

static inline void
ib_json_end_object(struct ib_json_writer *w)
{
	ib_json_end(w, '}');
}

static inline void
ib_json_begin_array(struct ib_json_writer *w, const char *name)
{
	ib_json_begin(w, name, '[');
}

static inline void
ib_json_end_array(struct ib_json_writer *w)
{
	ib_json_end(w, ']');
}

/* ---- values -------------------------------------------------------------- */

/* Put a value whose JSON text is given. */
static inline void
ib_json_put_raw(struct ib_json_writer *w, const char *name, struct ib_span json)
{
	ib_json_begin_value(w, name);
	ib_bytes_put(w->out, json.p, json.n);
}

static inline void
ib_json_put_null(struct ib_json_writer *w, const char *name)
{
	ib_json_put_raw(w, name, (struct ib_span){ "null", 4 });
}

static inline void
ib_json_put_bool(struct ib_json_writer *w, const char *name, bool x)
{
	ib_json_put_raw(w, name,
			x ? (struct ib_span){ "true", 4 } : (struct ib_span){ "false", 5 });
}

static inline void
ib_json_put_unsigned(struct ib_json_writer *w, const char *name, uint64_t x)
{
	ib_json_begin_value(w, name);
	if (ib_bytes_reserve(w->out, IB_NUMBER_MAX))
		w->out->n += ib_number_put_unsigned(w->out->p + w->out->n, x);
}

void ib_json_put_signed(struct ib_json_writer *w, const char *name, int64_t x);

/* Put an epoch, or null for IB_NO_EPOCH. */
static inline void
ib_json_put_epoch(struct ib_json_writer *w, const char *name, int64_t epoch)
{
	if (epoch == IB_NO_EPOCH)
		ib_json_put_null(w, name);
	else
		ib_json_put_signed(w, name, epoch);
}

/* Put a partition as "I/K", or null for none. */
void ib_json_put_part(struct ib_json_writer *w, const char *name, const struct ib_part *part);

/*
 * Put an integer that survives readers which store numbers as doubles: from 2^53 on, a string of
 * its digits.
 */
void ib_json_put_safe(struct ib_json_writer *w, const char *name, uint64_t x);
#define IB_JSON_SAFE_END ((uint64_t)1 << 53)

/* Put the shortest decimal that reads back as x, or null for NaN. */
static inline void
ib_json_put_real(struct ib_json_writer *w, const char *name, double x)
{
	if (isnan(x)) {
		ib_json_put_null(w, name);
		return;
	}
	ib_json_begin_value(w, name);
	if (ib_bytes_reserve(w->out, IB_NUMBER_MAX))
		w->out->n += ib_number_put(w->out->p + w->out->n, x);
}

/* The same for a binary32; see ib_number_put_float(). */
static inline void
ib_json_put_float(struct ib_json_writer *w, const char *name, float x)
{
	if (isnan(x)) {
		ib_json_put_null(w, name);
		return;
	}
	ib_json_begin_value(w, name);
	if (ib_bytes_reserve(w->out, IB_NUMBER_MAX))
		w->out->n += ib_number_put_float(w->out->p + w->out->n, x);
}

static inline void
ib_json_put_string(struct ib_json_writer *w, const char *name, struct ib_span text)
{
	ib_json_begin_value(w, name);
	ib_json_quote(w->out, text);
}

/* Put a string, or null if text is NULL. */
static inline void
ib_json_put_text(struct ib_json_writer *w, const char *name, const char *text)
{
	if (text)
		ib_json_put_string(w, name, ib_span_of(text));
	else
		ib_json_put_null(w, name);
}

#endif
