/*
 * The form of a file's records, learned from one of them. Nearly all records of
 * a file have the same names in the same order, the same space between them,
 * and values of the same kinds. The template holds, for each value, the bytes
 * from the end of the value before it, and the kind of the value:
 *
 *   {"id":"  string  ","epoch":  number  ,"loss":  number  }
 *
 * json.c reads a record that fits the template by comparing these bytes, which
 * is faster than the grammar. It reads every other record by the grammar, with
 * the same result, and learns a new template after several records that do not
 * fit. Speed: tests/PERFORMANCE.md.
 */
#ifndef IB_RECORD_JSON_TEMPLATE_H
#define IB_RECORD_JSON_TEMPLATE_H

#include "base/byte_scan.h"
#include "record/fields.h"

#define IB_JSON_FORMS 24 /* members of an object whose form is remembered */
#define IB_JSON_FORM_BYTES 32

/* Kind of the value in one step of a template. */
enum ib_json_kind {
	IB_JSON_STRING,
	IB_JSON_NUMBER,
	IB_JSON_OTHER, /* read by the grammar */
	IB_JSON_END    /* no value: the step's bytes end in the closing brace */
};

struct ib_json_step {
	char bytes[IB_JSON_FORM_BYTES]; /* bytes between the previous value and this one */
	uint8_t n;			/* number of bytes */
	uint8_t head;			/* minimum of n and 16 */
	uint8_t kind;			/* enum ib_json_kind */
	int8_t slot;			/* slot of the value; -1 if it is not needed */
	bool number;			/* the value is converted to a number */
	uint32_t length;		/* length of the last value; see ib_predict_end */
	const struct ib_member *member;
};

struct ib_json_template {
	struct ib_json_step step[IB_JSON_FORMS + 1];
	size_t n; /* number of steps; 0 if no template was learned */
	/* Value array in which all slots that no step fills are already IB_ABSENT; or NULL. */
	const struct ib_value *cleared;
	const char *start;  /* start of the record to learn from; NULL while not learning */
	size_t nlearned;    /* number of its steps so far */
	uint32_t wait;	    /* number of misfits to ignore before learning again */
	uint32_t next_wait; /* value of wait after a record that fits */
};

/* Start with an empty template. */
void ib_json_template_init(struct ib_json_template *s);

/*
 * Call before the grammar reads a record that did not fit; p is its opening
 * brace. Decides whether to learn from this record.
 */
void ib_json_template_begin(struct ib_json_template *s, const char *p);

/*
 * Call before a value of the record itself is read. The value begins at p, the
 * value before it ended at `from`, and m is its member (NULL if it is not
 * needed). Returns true if the end to pass to the next call is the value's
 * closing quote instead of the byte after it.
 */
bool ib_json_template_add_value(struct ib_json_template *s, const char *from, const char *p,
				const struct ib_member *m);

/*
 * Call after a record was read. Its last value ended at `from`, and `end` is the
 * byte after the closing brace.
 */
void ib_json_template_end(struct ib_json_template *s, const char *from, const char *end);

#endif
