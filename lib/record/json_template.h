/*
 * Records of one file have, nearly always, the same form: the same names in
 * the same order, the same blanks, values of the same kinds. One record's form
 * is kept as a stencil, until several in a row have another: the bytes from
 * the end of one value to the beginning of the next, and what kind of value
 * follows. A record that fits it needs no grammar; whatever does not is read
 * by json.c, with the same result. (ib-score of 10^7 lines of 1000 ids, one
 * thread of a 2-core EPYC VM, 2026-11-24, user time, median of 5 in turns:
 * 0.43 s by the grammar, 0.33 s by the stencil.)
 *
 *   {"id":"  string  ","epoch":  number  ,"loss":  number  }
 */
#ifndef IB_RECORD_JSON_TEMPLATE_H
#define IB_RECORD_JSON_TEMPLATE_H

#include "base/scan.h"
#include "record/fields.h"

#define IB_JSON_FORMS 24 /* members of an object whose form is kept */
#define IB_JSON_FORM_BYTES 32

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

/* Begin with no form. */
void ib_json_template_init(struct ib_json_template *s);

/*
 * A record that did not fit is about to be read, from its brace at p on:
 * will its form be noted?
 */
void ib_json_template_begin(struct ib_json_template *s, const char *p);

/*
 * Note that a value begins at p, of member m (NULL: nobody wants it), and
 * that the one before ended at from. m is of the record itself. True: the
 * value's end is its closing quote, not one past it.
 */
bool ib_json_template_note(struct ib_json_template *s, const char *from, const char *p,
			   const struct ib_member *m);

/* The record was read: from the end of its last value to one past its brace. */
void ib_json_template_end(struct ib_json_template *s, const char *from, const char *end);

#endif
