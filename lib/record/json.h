/*
 * A JSON object read in one pass: checked against RFC 8259 to the last byte
 * (nan, inf and infinity may stand where a number may), the wanted fields
 * taken out, no tree built. For the records of logs and manifests; small
 * documents go through cJSON.
 */
#ifndef IB_RECORD_JSON_H
#define IB_RECORD_JSON_H

#include "base/scan.h"
#include "record/fields.h"

#define IB_JSON_FORMS 24 /* members of an object whose form is kept */
#define IB_JSON_FORM_BYTES 32
#define IB_JSON_DEPTH 16384 /* of values nested in a field that is passed over */

/*
 * Records of one file have, nearly always, the same names in the same order
 * and the same blanks. What stood before the k-th value of an object is
 * remembered ("id": with its quotes, colon and blanks) and compared as bytes;
 * equal bytes mean the same, so nothing has to be looked up. It serves what
 * the stencil below leaves to the grammar. (User time with and without it, one
 * thread of a 2-core EPYC VM, 2026-11-24, median of 7 in turns: ib-score of
 * 2 * 10^6 lines of two forms by turns 0.09 and 0.12 s, ib-prune -k meta.id of
 * 2 * 10^6 lines of 125 bytes with nested values 0.18 and 0.20; of five forms
 * by chance there is no difference.)
 */
struct ib_json_form {
	char bytes[IB_JSON_FORM_BYTES];
	uint8_t n;			/* 0: nothing remembered */
	const struct ib_member *member; /* NULL: a field that nobody wants */
};

/* What follows in a record of the form that is kept; see record/stencil.h. */
enum ib_json_kind {
	IB_JSON_STRING,
	IB_JSON_NUMBER,
	IB_JSON_OTHER, /* read by the grammar */
	IB_JSON_END    /* no value: the closing brace stands before it */
};

struct ib_json_step {
	char bytes[IB_JSON_FORM_BYTES]; /* what stands before the value */
	uint8_t n, head;		/* of them; of the first 16 */
	uint8_t kind;			/* enum ib_json_kind */
	int8_t slot;			/* of the value; -1: nobody wants it */
	bool number;			/* its number is wanted */
	uint32_t length;		/* of the last value here */
	const struct ib_member *member;
};

struct ib_json_template {
	struct ib_json_step step[IB_JSON_FORMS + 1];
	size_t n;			/* steps; 0: none learned */
	const struct ib_value *settled; /* whose slots that no step fills are
					 * absent; NULL: nobody's */
	const char *start;		/* of the record being read; NULL: not learning */
	size_t noted;			/* steps of it */
	uint32_t wait;			/* so many must not fit until one is learned */
	uint32_t patience;		/* what wait begins with, after each that fits */
};

struct ib_json {
	const struct ib_scan_ops *ops;
	const struct ib_fields *fields;
	bool lines; /* a line end is no blank: records are lines */
	/*
	 * Numbers of an object's fields are checked but not converted; whoever
	 * sets it does so, where he needs them: most records of a part's log
	 * are another's.
	 */
	bool lazy;
	/* Where and why the last record was malformed. */
	const char *at;
	const char *why;
	struct ib_json_form shape[IB_FIELDS_NODES][IB_JSON_FORMS];
	struct ib_json_template stencil;
	uint64_t open[IB_JSON_DEPTH / 64]; /* a bit a level: 1 = object */
};

/* Begin with records of these fields (borrowed). */
void ib_json_init(struct ib_json *j, const struct ib_scan_ops *ops, const struct ib_fields *fields,
		  bool lines);

/*
 * Read the object at p, blanks before it allowed. Fills v[fields->nslots]; of
 * a member named twice the last counts. Returns one past its closing brace,
 * NULL (and at, why) where it is malformed or no object. The bytes must end in
 * a line end (lines) or a NUL, with IB_SCAN_PAD readable bytes behind.
 */
const char *ib_json_object(struct ib_json *j, const char *p, struct ib_value *v);

/* After v was changed by somebody else than ib_json_object(). */
static inline void
ib_json_changed(struct ib_json *j)
{
	j->stencil.settled = NULL;
}

/*
 * Read any one value at p: for the elements of an array. Returns one past it,
 * or NULL.
 */
const char *ib_json_value(struct ib_json *j, const char *p, struct ib_value *v);

/* One past the blanks at p. */
const char *ib_json_blanks(const struct ib_json *j, const char *p);

/*
 * The bytes that a string means, appended to out. False for a lone surrogate
 * escape. The string was checked by ib_json_object.
 */
bool ib_json_unescape(struct ib_span string, struct ib_bytes *out);
/* Has it no lone surrogate escape? */
bool ib_json_is_sound(struct ib_span string);
/* Does it mean these bytes? */
bool ib_json_means(struct ib_span string, struct ib_span bytes);

/*
 * A string as the tools write it, quotes included: a byte below 0x20 is
 * \u00xx, quote and backslash have a backslash, all else as it is.
 */
void ib_json_put_string(struct ib_bytes *out, struct ib_span bytes);

#endif
