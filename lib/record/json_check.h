/*
 * Check JSON values that are not needed, and read single tokens. json.c reads the values that are
 * needed.
 *
 * A function that reads or skips text returns the position after this text. If the text is
 * malformed, the function returns NULL and sets c->at and c->why. The input must end as in
 * ib_json_read_object().
 */
#ifndef IB_RECORD_JSON_CHECK_H
#define IB_RECORD_JSON_CHECK_H

#include "base/byte_scan.h"
#include "record/value.h"

#define IB_JSON_DEPTH 16384 /* maximum nesting depth of a skipped value */

struct ib_json_check {
	bool lines; /* true if a record must not contain a newline */
	/* Position of the most recent error, and the reason. */
	const char *at;
	const char *why;
	/* One bit per nesting level: 1 for an object, 0 for an array. */
	uint64_t open[IB_JSON_DEPTH / 64];
};

static inline const char *
ib_json_skip_space(const struct ib_json_check *c, const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || (*p == '\n' && !c->lines))
		p++;
	return p;
}

/* Set c->at and c->why. Returns NULL. */
static inline const char *
ib_json_malformed(struct ib_json_check *c, const char *at, const char *why)
{
	c->at = at;
	c->why = why;
	return NULL;
}

/* Skip the escape whose backslash is at p. */
const char *ib_json_skip_escape(struct ib_json_check *c, const char *p);

/*
 * Return the closing quote of the string whose first byte is at p, or NULL if the string is
 * malformed.
 */
static inline const char *
ib_json_find_quote(struct ib_json_check *c, const char *p, bool *escaped)
{
	for (;;) {
		p = ib_byte_scan_string(p);
		if (*p == '"')
			return p;
		if (*p != '\\')
			return ib_json_malformed(c, p,
						 *p == '\n' && c->lines
							 ? "string without its closing quote"
							 : "control character in a string");
		*escaped = true;
		p = ib_json_skip_escape(c, p);
		if (!p)
			return NULL;
	}
}

/*
 * Skip a number. This function rejects the same bytes as ib_number_json(), so that errors do not
 * depend on which fields are needed.
 */
const char *ib_json_skip_number(struct ib_json_check *c, const char *p);

/* Read true, false, null, nan, inf or infinity into v. */
const char *ib_json_read_word(struct ib_json_check *c, const char *p, struct ib_value *v);

/* Skip a string, number or word. */
const char *ib_json_skip_scalar(struct ib_json_check *c, const char *p);

/* Skip the array or object that begins at p, without recursion. */
const char *ib_json_skip_nested(struct ib_json_check *c, const char *p);

/* True if a name that contains escapes is valid. For an invalid name, sets c->at and c->why. */
bool ib_json_check_name(struct ib_json_check *c, struct ib_span name);

#endif
