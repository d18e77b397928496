/*
 * A template describes the records of a file. It is made from one record. Nearly all records of a
 * file have the same names in the same order, the same white space, and values of the same kinds.
 * For each value, the template holds the kind of the value and the bytes between the previous value
 * and this value:
 *
 *   {"id":"  string  ","epoch":  number  ,"loss":  number  }
 *
 * If a record fits the template, json.c only compares the bytes between the values, and reads the
 * values. All other records are read by the grammar reader of json.c, which checks each byte. The
 * grammar reader is slower, but gives the same result. After several records that do not fit,
 * json.c makes a new template. For the speed, see tests/PERFORMANCE.md.
 */
#ifndef IB_RECORD_JSON_TEMPLATE_H
#define IB_RECORD_JSON_TEMPLATE_H

#include "base/byte_scan.h"
#include "record/fields.h"

#define IB_JSON_FORMS 24 /* maximum number of members in a template */
#define IB_JSON_FORM_BYTES 32

/* Kind of the value in one step of a template. */
enum ib_json_kind {
	IB_JSON_STRING,
	IB_JSON_NUMBER,
	IB_JSON_OTHER, /* any other value; the grammar reader reads it */
	IB_JSON_END    /* no value: the bytes of the step end in the closing brace */
};

struct ib_json_step {
	char bytes[IB_JSON_FORM_BYTES]; /* bytes between the previous value and this value */
	uint8_t n;			/* number of bytes */
	uint8_t head;			/* minimum of n and 16 */
	uint8_t kind;			/* enum ib_json_kind */
	int8_t slot;			/* slot of the value; -1 if the value is not needed */
	bool number;			/* true if the value is converted to a number */
	uint32_t length;		/* previous length of this value; see ib_predict_end() */
	const struct ib_member *member;
};

struct ib_json_template {
	struct ib_json_step step[IB_JSON_FORMS + 1];
	size_t n; /* number of steps; 0 if there is no template */
	/* array of values in which all slots without a step are already IB_ABSENT; NULL if none */
	const struct ib_value *cleared;
	/* start of the record from which a template is being made; NULL if none is being made */
	const char *start;
	size_t nlearned;    /* number of steps that were made so far from the record at `start` */
	uint32_t wait;	    /* a new template is made after this many records that do not fit */
	uint32_t next_wait; /* value that `wait` gets when a template is begun or a record fits */
};

/* Start with an empty template. */
void ib_json_template_init(struct ib_json_template *s);

/*
 * Begin a record that did not fit the template, before the grammar reader reads the record. p is
 * the opening brace of the record. This function decides whether a new template is made from the
 * record.
 */
void ib_json_template_begin(struct ib_json_template *s, const char *p);

/*
 * Add a top-level member of the record to the template. The value has not been read yet: it
 * begins at p, and the previous value ended at `from`. m is NULL if the member is not needed.
 * Returns true if the next call must get the position of this value's closing quote as `from`,
 * instead of the position after the quote.
 */
bool ib_json_template_add_value(struct ib_json_template *s, const char *from, const char *p,
				const struct ib_member *m);

/*
 * End the record, which was read completely. The last value of the record ended at `from`, and
 * `end` is the position after the closing brace.
 */
void ib_json_template_end(struct ib_json_template *s, const char *from, const char *end);

#endif
