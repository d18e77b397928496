/*
 * Help for messages about invalid records: recognize text in a format that is
 * not supported, and list the fields that a record has.
 */
#ifndef IB_RECORD_DIALECT_H
#define IB_RECORD_DIALECT_H

#include "record/source.h"

/*
 * If the line is in a known dialect, describe it and how to convert it:
 * 'the fields are separated by semicolons ("id;loss"): ...'. row is the next
 * line, or empty. Returns false and leaves text unchanged if it is not.
 */
bool ib_dialect_describe(char *text, size_t size, struct ib_span line, struct ib_span row,
			 enum ib_format format);

/* True if the line is the header of a table with any known separator. */
bool ib_dialect_is_table(struct ib_span line);

/* True if the text contains a number with a decimal comma, such as "0,5". */
bool ib_dialect_decimal_comma(struct ib_span text);

/*
 * True if the line begins with a bracket and is not JSON, as in text logs:
 * "[2024-01-02 10:00:00] ", "[INFO]", "[1/100]".
 */
bool ib_dialect_is_bracket_log(struct ib_span line);

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
