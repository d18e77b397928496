/* Show text on a terminal: escapes, widths, shortened ids, and wrapped sentences. */
#ifndef IB_AUDIT_TEXT_H
#define IB_AUDIT_TEXT_H

#include "base/bytes.h"

/* Append untrusted text. Control bytes become \xNN. */
void ib_write_text(struct ib_bytes *out, struct ib_span text);

/*
 * Append a text, and replace each \xNN of a control byte or a byte outside ASCII by this byte, as
 * ib_write_text() wrote it. The doubled backslashes of ib_show() are not decoded. Returns true if
 * the text has such a \xNN.
 */
bool ib_decode_text(struct ib_bytes *out, struct ib_span text);

/*
 * Return the number of terminal columns that a text fills. A byte of invalid UTF-8 fills one
 * column.
 */
size_t ib_text_columns(struct ib_span text);

/*
 * Append a text, shortened to at most `width` columns. If the text is too wide, its middle is left
 * out, because paths and ids differ mostly at their ends. `utf8` is true if the terminal shows
 * UTF-8.
 */
void ib_write_shortened(struct ib_bytes *out, struct ib_span text, size_t width, bool utf8);

/*
 * Append a sentence and a newline. Lines longer than `width` columns are broken at spaces; a word
 * that is wider than a line is shortened. If width is 0, no line is broken.
 */
void ib_write_sentence(struct ib_bytes *out, struct ib_span text, size_t width, bool utf8);

#endif
