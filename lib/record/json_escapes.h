/* The bytes that a JSON string stands for, and back. */
#ifndef IB_RECORD_JSON_ESCAPES_H
#define IB_RECORD_JSON_ESCAPES_H

#include "base/bytes.h"

/*
 * The bytes that a string means, appended to out. False for a lone surrogate
 * escape. The string was checked by ib_json_object.
 */
bool ib_json_unescape(struct ib_span string, struct ib_bytes *out);
/* Has it no lone surrogate escape? */
bool ib_json_is_sound(struct ib_span string);
/* Does it mean these bytes? */
bool ib_json_means(struct ib_span string, struct ib_span bytes);

/*
 * A string as the tools write it, quotes included: a byte below 0x20 is
 * \u00xx, quote and backslash have a backslash, all else as it is.
 */
void ib_json_put_string(struct ib_bytes *out, struct ib_span bytes);

#endif
