/* Write JSON (RFC 8259) into a byte buffer. */
#ifndef IB_BASE_JSON_WRITER_H
#define IB_BASE_JSON_WRITER_H

#include "base/bytes.h"

/*
 * Append a string with its quotes. Bytes below 0x20 become \u00xx; quote and backslash get
 * a backslash; all other bytes are copied, so invalid UTF-8 stays invalid.
 */
void ib_json_quote(struct ib_bytes *out, struct ib_span text);

#endif
