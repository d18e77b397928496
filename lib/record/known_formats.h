/*
 * Formats that are not read here, but are often handed over by mistake: told
 * by their first bytes, and refused by name with a word on what to do.
 */
#ifndef IB_RECORD_KNOWN_FORMATS_H
#define IB_RECORD_KNOWN_FORMATS_H

#include "io/input.h"

#define IB_KNOWN_PEEK ((size_t)4096) /* bytes that tell all of them */

enum ib_known_kind {
	IB_KNOWN_BINARY, /* refused whatever the name, and whatever -f says */
	IB_KNOWN_TEXT,	 /* refused whatever the name, unless -f is given */
	IB_KNOWN_HINT	 /* only says what a file of a wrong name looks like */
};

struct ib_known_format {
	enum ib_known_kind kind;
	const char *name;   /* with its article */
	const char *advice; /* a finished clause */
};

/* What begins with these bytes; NULL: nothing that is known. */
const struct ib_known_format *ib_known_format_of(struct ib_span head, const char *path);

/* "FILE: this is a Parquet file; convert it, ...": IB_E_DATA. */
enum ib_status ib_known_format_refuse(const struct ib_known_format *format, const char *name,
				      struct ib_error *err);

/*
 * Refuse an input that is known and not read here, for readers of small
 * documents: a totals file, a receipt. Nothing is consumed.
 */
enum ib_status ib_known_format_check(struct ib_input *in, struct ib_error *err);

#endif
