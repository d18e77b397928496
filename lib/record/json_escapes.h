/* Decode JSON strings. */
#ifndef IB_RECORD_JSON_ESCAPES_H
#define IB_RECORD_JSON_ESCAPES_H

#include "base/bytes.h"

/*
 * Append the decoded string to out. Returns false if a surrogate escape is not part of a pair.
 * `string` must be the bytes between the quotes, and must have been checked by
 * ib_json_read_object().
 */
bool ib_json_unescape(struct ib_span string, struct ib_bytes *out);
/* True if each surrogate escape of the string is part of a pair. */
bool ib_json_has_paired_surrogates(struct ib_span string);
/* True if the decoded string equals `bytes`. */
bool ib_json_string_equals(struct ib_span string, struct ib_span bytes);

#endif
