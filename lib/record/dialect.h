/*
 * What text is that no format here reads as it stands, and which fields a
 * record has: for the messages of bad records alone.
 */
#ifndef IB_RECORD_DIALECT_H
#define IB_RECORD_DIALECT_H

#include "record/source.h"

/*
 * Say what a line is if it is in a dialect that is known, and how to make it
 * readable: 'semicolons separate the fields ("id;loss"): ...'. row is the line
 * after it, or empty. False, and nothing said: it is none.
 */
bool ib_dialect_say(char *text, size_t size, struct ib_span line, struct ib_span row,
		    enum ib_format format);

/* Is the line the header of a table that is separated otherwise than CSV? */
bool ib_dialect_is_table(struct ib_span line);

/*
 * Add to c->why what may help a user whose record lacks a field: the dialect,
 * or the names that there are and the one that may be meant, with the option
 * (NULL: none) that chooses it. want n 0: any of the known ids.
 */
void ib_cursor_say_fields(struct ib_cursor *c, struct ib_span want, const char *option);

/* The field of the record whose name differs in case or blanks; n 0: none. */
struct ib_span ib_cursor_like(struct ib_cursor *c, struct ib_span want);

#endif
