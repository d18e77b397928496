/* UTF-8: is it well formed? */
#ifndef IB_BASE_UTF8_H
#define IB_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed sequence of two or more at p; 0: there is none. */
size_t ib_utf8_length(const unsigned char *p, size_t n);

/*
 * Are these bytes text: UTF-8 without NUL? `cut`: they may end inside a
 * sequence.
 */
bool ib_utf8_is_text(const char *p, size_t n, bool cut);

#endif
