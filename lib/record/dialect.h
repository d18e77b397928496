/*
 * A dialect is a text format that is not supported. These functions recognize dialects, to explain
 * why a record is invalid.
 */
#ifndef IB_RECORD_DIALECT_H
#define IB_RECORD_DIALECT_H

#include "record/source.h"

/*
 * If the line is in a known dialect, write a sentence to `text` that names the dialect and says how
 * to convert the file, such as: 'semicolons separate the fields ("id;loss"): convert the file to
 * CSV with ...'. `row` is the line after `line`, or an empty span. `format` is the format that was
 * expected. Returns false and leaves text unchanged if the dialect is not known.
 */
bool ib_dialect_describe(char *text, size_t size, struct ib_span line, struct ib_span row,
			 enum ib_format format);

/* True if the line is the header of a table with one of the known separators. */
bool ib_dialect_is_table(struct ib_span line);

/* True if the text contains a number with a decimal comma, such as "0,5". */
bool ib_dialect_decimal_comma(struct ib_span text);

/*
 * True if the line begins with a bracket and is not JSON, as in text logs:
 * "[2024-01-02 10:00:00] ", "[INFO]", "[1/100]".
 */
bool ib_dialect_is_bracket_log(struct ib_span line);

#endif
