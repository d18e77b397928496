/* JSON documents as text. */
#ifndef TESTS_FUZZ_TEXT_H
#define TESTS_FUZZ_TEXT_H

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "score/bin_counts.h"

/* Return the contents of b as a string, which the caller frees. */
static inline char *
fuzz_text(struct ib_bytes *b)
{
	ib_bytes_append_char(b, '\0');
	if (b->failed)
		abort();
	return b->p;
}

static inline char *
fuzz_totals_text(const struct ib_totals *t)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_json_begin_object(&w, NULL);
	ib_totals_write(&w, t);
	ib_json_end_object(&w);
	return fuzz_text(&b);
}

static inline char *
fuzz_counts_text(const struct ib_bin_counts *r)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_bin_counts_write(&w, NULL, r);
	return fuzz_text(&b);
}

/* Abort if the two texts differ. Frees both texts. */
static inline void
fuzz_same_text(char *a, char *b)
{
	if (strcmp(a, b) != 0)
		abort();
	free(a);
	free(b);
}

#endif
