/*
 * Write JSON (RFC 8259) into a byte buffer. The writer inserts the commas. The caller must end
 * each object and array that it begins. The name of a value is NULL in an array and at the top
 * level. Names are copied without escapes, because they are constants of the program that contain
 * no byte to escape.
 *
 * 	struct ib_json_writer w = { .out = &bytes };
 *
 * 	ib_json_begin_object(&w, NULL);
 * 	ib_json_write_unsigned(&w, "n", 3);
 * 	ib_json_end_object(&w);			{"n":3}
 *
 * If memory runs out, `failed` of the buffer is set. The owner of the buffer must check `failed`
 * once at the end. The owner may write out and empty the buffer at any time.
 */
#ifndef IB_BASE_JSON_WRITER_H
#define IB_BASE_JSON_WRITER_H

#include <math.h>

#include "base/bytes.h"
#include "base/numbers.h"

struct ib_json_writer {
	struct ib_bytes *out;
	bool comma;   /* true if the open object or array already contains a value */
	bool newline; /* true if the next value or closing bracket begins a new line */
};

/*
 * Append a string in quotes. Bytes below 0x20 become \u00xx. Quotes and backslashes get a
 * backslash before them. All other bytes are copied, so invalid UTF-8 remains invalid.
 */
void ib_json_quote(struct ib_bytes *out, struct ib_span text);

/* Append the comma, newline, name and colon that are needed before a value. */
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

/* Begin a new line before the next value or closing bracket. */
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
	ib_bytes_append_char(w->out, bracket);
	w->comma = false;
}

static inline void
ib_json_end(struct ib_json_writer *w, char bracket)
{
	if (w->newline)
		ib_bytes_append_char(w->out, '\n');
	ib_bytes_append_char(w->out, bracket);
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

/* Write a value that is given as JSON text. */
static inline void
ib_json_write_raw(struct ib_json_writer *w, const char *name, struct ib_span json)
{
	ib_json_begin_value(w, name);
	ib_bytes_append(w->out, json.p, json.n);
}

static inline void
ib_json_write_null(struct ib_json_writer *w, const char *name)
{
	ib_json_write_raw(w, name, (struct ib_span){ "null", 4 });
}

static inline void
ib_json_write_bool(struct ib_json_writer *w, const char *name, bool x)
{
	ib_json_write_raw(w, name,
			  x ? (struct ib_span){ "true", 4 } : (struct ib_span){ "false", 5 });
}

static inline void
ib_json_write_unsigned(struct ib_json_writer *w, const char *name, uint64_t x)
{
	ib_json_begin_value(w, name);
	if (ib_bytes_reserve(w->out, IB_NUMBER_MAX))
		w->out->n += ib_number_write_unsigned(w->out->p + w->out->n, x);
}

void ib_json_write_signed(struct ib_json_writer *w, const char *name, int64_t x);

/* Write an epoch. IB_NO_EPOCH becomes null. */
static inline void
ib_json_write_epoch(struct ib_json_writer *w, const char *name, int64_t epoch)
{
	if (epoch == IB_NO_EPOCH)
		ib_json_write_null(w, name);
	else
		ib_json_write_signed(w, name, epoch);
}

/* Write a partition as "I/K", or null if the run used all samples. */
void ib_json_write_part(struct ib_json_writer *w, const char *name, const struct ib_part *part);

/*
 * Write an integer. An integer of 2^53 or more becomes a string of digits, because some readers
 * store numbers as doubles and would round the integer.
 */
void ib_json_write_safe(struct ib_json_writer *w, const char *name, uint64_t x);
#define IB_JSON_SAFE_END ((uint64_t)1 << 53)

/* Write the shortest decimal that reads back as x. NaN and infinity become null. */
static inline void
ib_json_write_real(struct ib_json_writer *w, const char *name, double x)
{
	if (!isfinite(x)) {
		ib_json_write_null(w, name);
		return;
	}
	ib_json_begin_value(w, name);
	if (ib_bytes_reserve(w->out, IB_NUMBER_MAX))
		w->out->n += ib_number_write(w->out->p + w->out->n, x);
}

/* Write the shortest decimal of a binary32; see ib_number_write_float(). NaN becomes null. */
static inline void
ib_json_write_float(struct ib_json_writer *w, const char *name, float x)
{
	if (isnan(x)) {
		ib_json_write_null(w, name);
		return;
	}
	ib_json_begin_value(w, name);
	if (ib_bytes_reserve(w->out, IB_NUMBER_MAX))
		w->out->n += ib_number_write_float(w->out->p + w->out->n, x);
}

static inline void
ib_json_write_string(struct ib_json_writer *w, const char *name, struct ib_span text)
{
	ib_json_begin_value(w, name);
	ib_json_quote(w->out, text);
}

/* Write a string. If the pointer to the text is NULL, write null. */
static inline void
ib_json_write_text(struct ib_json_writer *w, const char *name, const char *text)
{
	if (text)
		ib_json_write_string(w, name, ib_span_of(text));
	else
		ib_json_write_null(w, name);
}

#endif
