/* Encode and check UTF-8. */
#ifndef IB_BASE_UTF8_H
#define IB_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Write the UTF-8 encoding of the code point c, which must be below 0x110000. Returns the number
 * of bytes written.
 */
size_t ib_utf8_append(char out[4], uint32_t c);

/* Return the length of the multibyte sequence at p. Returns 0 if p is ASCII or invalid. */
size_t ib_utf8_length(const unsigned char *p, size_t n);

/*
 * True if the bytes are valid UTF-8 without NUL. If `truncated` is true, the last sequence
 * may be incomplete.
 */
bool ib_utf8_is_text(const char *p, size_t n, bool truncated);

#endif
