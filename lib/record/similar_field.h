/* Explain to a user that a field is missing: list the fields of the record, and suggest a field. */
#ifndef IB_RECORD_SIMILAR_FIELD_H
#define IB_RECORD_SIMILAR_FIELD_H

#include "record/source.h"

/*
 * Explain in c->why that a record lacks the field `want`. If the record is in a known dialect that
 * is not supported, the text names the dialect. For any other record, the text lists the fields,
 * and suggests the most similar field. `option` is the option that selects a field. If `option` is
 * NULL, the text suggests nothing. If want.n is 0, the text says that the record has no known id
 * field. Returns true if the text gives a remedy: the dialect, or a suggestion.
 */
bool ib_cursor_explain_missing_field(struct ib_cursor *c, struct ib_span want, const char *option);

/* Do the same, but do not look for dialects, and append the text to c->why. */
bool ib_cursor_list_fields(struct ib_cursor *c, struct ib_span want, const char *option);

/*
 * True if the name of a field of the record contains `want` as a whole word between characters of
 * "_-./ " or the ends of the name, ignoring case.
 */
bool ib_cursor_has_field_containing(struct ib_cursor *c, struct ib_span want);

/*
 * Return the record's field whose name equals `want` if case and surrounding space are ignored.
 * Returns an empty span if no name matches.
 */
struct ib_span ib_cursor_find_similar_field(struct ib_cursor *c, struct ib_span want);

#endif
