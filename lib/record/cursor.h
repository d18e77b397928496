/* The records of one block, one after the other. */
#ifndef IB_RECORD_CURSOR_H
#define IB_RECORD_CURSOR_H

#include "record/source.h"

/* Start from {0} before the first; the arena is emptied each time. */
void ib_cursor_start(struct ib_cursor *c, const struct ib_block *block);
void ib_cursor_release(struct ib_cursor *c);

/* The next record into c->record, blank lines passed over. */
enum ib_next ib_cursor_next(struct ib_cursor *c);

/* As ib_cursor_id, for whatever is no plain field. */
bool ib_cursor_other_id(struct ib_cursor *c, struct ib_span *id);

/*
 * The current record's id; false, with the reason in c->why, where it has
 * none. A NULL pointer in it: memory ran out. Valid until the cursor starts
 * the next block.
 */
static inline bool
ib_cursor_id(struct ib_cursor *c, struct ib_span *id)
{
	const struct ib_key *key = &c->source->key;
	const struct ib_value *v = &c->v[c->source->key_slot[0]];

	/* Nearly always: one field, a string, nothing to decode in it. */
	if (key->kind != IB_KEY_FIELDS || key->n != 1 || v->escaped ||
	    (v->type != IB_STRING && v->type != IB_TEXT))
		return ib_cursor_other_id(c, id);
	id->p = v->p;
	id->n = v->n;
	return true;
}

#endif
