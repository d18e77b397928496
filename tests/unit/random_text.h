/* Texts of randomly chosen pieces. */
#ifndef TESTS_RANDOM_TEXT_H
#define TESTS_RANDOM_TEXT_H

#include <string.h>

#include "base/bytes.h"
#include "random.h"

/* Pick a random element of the array `list`. */
#define PICK(state, list) list[next(state) % (sizeof(list) / sizeof(*list))]

static inline void
append_text(struct ib_bytes *t, const char *text)
{
	ib_bytes_append(t, text, strlen(text));
}

#endif
