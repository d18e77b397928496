/* Walk the records of one block. Each thread has its own cursor. */
#ifndef IB_RECORD_CURSOR_H
#define IB_RECORD_CURSOR_H

#include "record/source.h"

/*
 * Move the cursor to the first record of the block. Initialize a new cursor with {0} before the
 * first call. Each later call reuses the memory of the cursor, and releases the ids of the previous
 * block.
 */
void ib_cursor_start(struct ib_cursor *c, const struct ib_block *block);
void ib_cursor_release(struct ib_cursor *c);

/* Read the next record into c->record and c->v. Skips empty lines. */
enum ib_next ib_cursor_next(struct ib_cursor *c);

/*
 * Explain in c->why that the record is a header whose columns differ from those of the first
 * header.
 */
void ib_cursor_explain_other_header(struct ib_cursor *c);

/*
 * Return the value of the field in a slot, or NULL if the record lacks the field or the slot is -1.
 */
static inline const struct ib_value *
ib_cursor_value(const struct ib_cursor *c, int slot)
{
	return slot < 0 || c->v[slot].type == IB_ABSENT ? NULL : &c->v[slot];
}

/* Do the work of ib_cursor_read_id() for an id that is not a single field of plain text. */
bool ib_cursor_build_id(struct ib_cursor *c, struct ib_span *id);

/*
 * Find the current record's id. Returns false and sets c->why if the record has no id. Sets id->p
 * to NULL if out of memory. The id is valid until the cursor starts the next block.
 */
static inline bool
ib_cursor_read_id(struct ib_cursor *c, struct ib_span *id)
{
	const struct ib_key *key = &c->source->key;
	const struct ib_value *v = &c->v[c->source->key_slot[0]];

	/* The common case: one string that needs no decoding. */
	if (key->kind != IB_KEY_FIELDS || key->n != 1 || v->escaped ||
	    (v->type != IB_STRING && v->type != IB_TEXT))
		return ib_cursor_build_id(c, id);
	id->p = v->p;
	id->n = v->n;
	return true;
}

#endif
