/* Help for a record that lacks a field: the fields that it has, and the most similar one. */
#ifndef IB_RECORD_SIMILAR_FIELD_H
#define IB_RECORD_SIMILAR_FIELD_H

#include "record/source.h"

/*
 * Append to c->why what helps a user whose record lacks the field `want`: the
 * dialect, or the names of the record's fields and the most similar one with the
 * option that selects it (NULL if there is no option). If want.n is 0, any
 * of the known id fields is missing.
 */
void ib_cursor_explain_missing_field(struct ib_cursor *c, struct ib_span want, const char *option);

/*
 * Return the record's field whose name equals `want` except for case and space
 * around it. Returns an empty span if there is none.
 */
struct ib_span ib_cursor_find_similar_field(struct ib_cursor *c, struct ib_span want);

#endif
