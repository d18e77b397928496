/*
 * Formats that users pass by mistake and that are not supported. They are
 * recognized by their first bytes and rejected by name, with advice.
 */
#ifndef IB_RECORD_KNOWN_FORMATS_H
#define IB_RECORD_KNOWN_FORMATS_H

#include "io/input.h"

#define IB_KNOWN_PEEK ((size_t)4096) /* first bytes that are enough for all formats */

enum ib_known_kind {
	IB_KNOWN_BINARY, /* always rejected */
	IB_KNOWN_TEXT,	 /* rejected unless -f is given */
	IB_KNOWN_HINT	 /* only explains why a file does not match its name */
};

struct ib_known_format {
	enum ib_known_kind kind;
	const char *name;   /* with its article */
	const char *advice; /* a clause */
};

/* Return the format that begins with these bytes, or NULL. */
const struct ib_known_format *ib_known_format_find(struct ib_span head, const char *path);

/*
 * Return the name of a format that is not text, or that ib_known_format_find refuses, or NULL.
 * Supported archives and compressions are included: for readers that expect something else.
 */
const char *ib_known_format_name(struct ib_span head, const char *path);

/* Return IB_E_DATA with the message "FILE: this is a Parquet file; convert it, ...". */
enum ib_status ib_known_format_refuse(const struct ib_known_format *format, const char *name,
				      struct ib_error *err);

/*
 * Reject an input in a known format that is not supported; for readers of small
 * documents such as totals files and receipts. Consumes nothing.
 */
enum ib_status ib_known_format_check(struct ib_input *in, struct ib_error *err);

#endif
