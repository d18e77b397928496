/*
 * A JSON object read in one pass: checked against RFC 8259 to the last byte
 * (nan, inf and infinity may stand where a number may), the wanted fields
 * taken out, no tree built. For the records of logs and manifests; small
 * documents go through cJSON.
 */
#ifndef IB_RECORD_JSON_H
#define IB_RECORD_JSON_H

#include "record/json_escapes.h"
#include "record/json_template.h"

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

/*
 * Read the object at p as ib_json_object() does, if it fits the template.
 * Returns NULL if it does not fit, whether it is well formed or not.
 */
const char *ib_json_template_read(struct ib_json *j, const char *p, struct ib_value *v);

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

#endif
