/*
 * Unsupported formats of files that users pass by mistake. A file in such a format is
 * recognized by its first bytes. It is rejected with a message that names the format and gives
 * advice.
 */
#ifndef IB_RECORD_KNOWN_FORMATS_H
#define IB_RECORD_KNOWN_FORMATS_H

#include "io/input.h"

#define IB_KNOWN_PEEK ((size_t)4096) /* enough leading bytes to recognize every format */

enum ib_known_kind {
	IB_KNOWN_BINARY, /* always rejected */
	IB_KNOWN_TEXT,	 /* rejected unless -f is given */
	IB_KNOWN_HINT	 /* used only to explain why a file does not match its name */
};

struct ib_known_format {
	enum ib_known_kind kind;
	const char *name;   /* the name of the format with "a" or "an", such as "a Parquet file" */
	const char *advice; /* a clause that says what to do */
};

/*
 * Return the format of a file that begins with the bytes `head`, or NULL if no known format fits.
 */
const struct ib_known_format *ib_known_format_find(struct ib_span head, const char *path);

/*
 * Return the name of the file's format, for a message of a reader that expected another format.
 * Returns NULL if the format is not known. The function knows the formats of
 * ib_known_format_find(), except those of kind IB_KNOWN_HINT. It also knows supported archives and
 * compressions.
 */
const char *ib_known_format_name(struct ib_span head, const char *path);

/* Return IB_E_DATA with a message such as "FILE: this is a Parquet file; convert it, ...". */
enum ib_status ib_known_format_refuse(const struct ib_known_format *format, const char *name,
				      struct ib_error *err);

/*
 * Return IB_E_DATA if the input is in a known format that is not supported. Readers of small
 * documents, such as totals files and receipts, call this function. The function consumes no input.
 */
enum ib_status ib_known_format_check(struct ib_input *in, struct ib_error *err);

#endif
