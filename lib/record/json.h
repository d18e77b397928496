/*
 * Read one JSON object in one pass. The object is checked completely against RFC 8259, except
 * that nan, inf and infinity are accepted as numbers. The needed fields are extracted without
 * building a tree. These functions read logs and manifests; cJSON reads small documents.
 *
 * This code is handwritten, because a JSON library builds a tree or calls a function for each
 * value, and so spends most of its time on fields that are not needed.
 */
#ifndef IB_RECORD_JSON_H
#define IB_RECORD_JSON_H

#include "record/json_check.h"
#include "record/json_elements.h"
#include "record/json_escapes.h"
#include "record/json_template.h"

/*
 * The form of a member: the bytes before the k-th value of an object in the previous record. These
 * bytes are the quoted name, the colon and white space. If the next record has the same bytes
 * before the k-th value of this object, the member is the same, and need not be looked up. The
 * grammar reader (json.c) uses the forms for records that do not fit the template. For the speed,
 * see tests/PERFORMANCE.md.
 */
struct ib_json_form {
	char bytes[IB_JSON_FORM_BYTES];
	uint8_t n; /* number of bytes; 0 if there was no previous record with a k-th value */
	const struct ib_member *member; /* the member; NULL if it is not needed */
};

struct ib_json {
	const struct ib_fields *fields;
	/*
	 * True to check numbers without converting them. The caller converts the numbers that it
	 * needs. This saves time if most records belong to other partitions.
	 */
	bool lazy;
	struct ib_json_elements elements; /* elements of arrays; used if fields->elements is true */
	struct ib_json_form form[IB_FIELDS_NODES][IB_JSON_FORMS];
	struct ib_json_template template;
	struct ib_json_check check; /* the last member, because it is large */
};

/*
 * Prepare to read `fields`, which are borrowed, from records. `lines` must be true if a newline
 * ends each record.
 */
void ib_json_init(struct ib_json *j, const struct ib_fields *fields, bool lines);
void ib_json_release(struct ib_json *j);

/*
 * Read the object at p, which may have space before it, into v[fields->nslots]. If several
 * members have the same name, the last one wins. Returns the position after the closing brace. If
 * the object is malformed, returns NULL and sets j->check.at and j->check.why. The input must end
 * in a newline (if j->check.lines) or a NUL, followed by IB_BYTE_SCAN_PAD readable bytes.
 */
const char *ib_json_read_object(struct ib_json *j, const char *p, struct ib_value *v);

/*
 * Do the work of ib_json_read_object(), but only for an object that fits the template. Returns
 * NULL for any other object, even if the object is well formed.
 */
const char *ib_json_template_read(struct ib_json *j, const char *p, struct ib_value *v);

/* Call this if anything except ib_json_read_object() has changed the array of values. */
static inline void
ib_json_note_changed_values(struct ib_json *j)
{
	j->template.cleared = NULL;
}

/*
 * Read the value at p, which may have any type. Returns the position after the value, or NULL if
 * the value is malformed.
 */
const char *ib_json_read_value(struct ib_json *j, const char *p, struct ib_value *v);

#endif
