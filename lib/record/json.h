/*
 * Read one JSON object in one pass: check it completely against RFC 8259 (except
 * that nan, inf and infinity are accepted as numbers), and extract the needed
 * fields without building a tree. For the records of logs and manifests; cJSON
 * reads small documents.
 *
 * Written by hand because a library builds a tree, or calls back for each value,
 * and so spends most of its time on fields that are not needed.
 */
#ifndef IB_RECORD_JSON_H
#define IB_RECORD_JSON_H

#include "record/json_escapes.h"
#include "record/json_template.h"

#define IB_JSON_DEPTH 16384 /* maximum nesting depth of a skipped value */

/*
 * The name in front of the k-th value of an object, remembered from the record
 * before: quotes, colon and space included. If the same bytes occur again, the
 * member is the same and need not be looked up. The grammar uses it for records
 * that do not fit the template. Speed: tests/PERFORMANCE.md.
 */
struct ib_json_form {
	char bytes[IB_JSON_FORM_BYTES];
	uint8_t n;			/* number of bytes; 0 if nothing is remembered */
	const struct ib_member *member; /* NULL if the field is not needed */
};

struct ib_json {
	const struct ib_fields *fields;
	bool lines; /* a record must not contain a newline */
	/*
	 * Check numbers but do not convert them; the caller converts those that it
	 * needs. Saves time if most records belong to other partitions.
	 */
	bool lazy;
	/* Place and reason of the last error. */
	const char *at;
	const char *why;
	struct ib_json_form form[IB_FIELDS_NODES][IB_JSON_FORMS];
	struct ib_json_template template;
	uint64_t open[IB_JSON_DEPTH / 64]; /* one bit per nesting level: 1 for an object */
};

/* Start reading records with these fields. Borrows fields. */
void ib_json_init(struct ib_json *j, const struct ib_fields *fields, bool lines);

/*
 * Read the object at p, with optional space before it, into v[fields->nslots].
 * The last of several members with the same name wins. Returns the position
 * after the closing brace, or NULL, with j->at and j->why set, if the object is
 * malformed. The bytes must end in a newline (if j->lines) or a NUL, followed
 * by IB_BYTE_SCAN_PAD readable bytes.
 */
const char *ib_json_read_object(struct ib_json *j, const char *p, struct ib_value *v);

/*
 * As ib_json_read_object(), for an object that fits the template. Returns NULL if it
 * does not fit, whether it is well formed or not.
 */
const char *ib_json_template_read(struct ib_json *j, const char *p, struct ib_value *v);

/* Call this if v was changed by anything other than ib_json_read_object(). */
static inline void
ib_json_note_changed_values(struct ib_json *j)
{
	j->template.cleared = NULL;
}

/*
 * Read any one value at p, for example an element of an array. Returns the
 * position after it, or NULL if it is malformed.
 */
const char *ib_json_read_value(struct ib_json *j, const char *p, struct ib_value *v);

/* Return the position after the white space at p. */
const char *ib_json_skip_space(const struct ib_json *j, const char *p);

#endif
