/*
 * The functions that each record format provides, and helpers that the formats share. Private to
 * lib/record.
 */
#ifndef IB_RECORD_FORMAT_H
#define IB_RECORD_FORMAT_H

#include "record/source.h"

/* The result of reading a header: it is complete, it needs more bytes, or it is invalid. */
enum ib_header_status { IB_HEADER_COMPLETE, IB_HEADER_INCOMPLETE, IB_HEADER_INVALID };

/*
 * The end of a block. The last three members keep the state of a JSON array between calls of
 * cut_block().
 */
struct ib_block_cut {
	size_t n;	  /* length of the complete records in bytes */
	const char *why;  /* error in the bytes after these records; NULL if none */
	uint64_t element; /* arrays only: number of elements found so far */
	bool ended;	  /* arrays only: true if the closing bracket was found */
	bool after_comma; /* arrays only: true if an element must follow */
};

struct ib_record_format {
	enum ib_format format;
	const char *name;      /* "CSV", for messages */
	const char *option;    /* "csv": the value of -f */
	const char *suffix[2]; /* file name suffixes; NULL if unused */
	char delimiter;	       /* ',' or TAB for formats with a header line; 0 for other formats */
	char stop;	       /* sentinel byte that the reader writes after each block */
	/*
	 * Read the header, which is everything before the records. p[0..n) are the first bytes of
	 * the operand; if `last` is true, these bytes are the complete operand. Sets *used to the
	 * length of the header. Sets err if the result is IB_HEADER_INVALID. read_header is NULL if
	 * the format has no header.
	 */
	enum ib_header_status (*read_header)(struct ib_source *s, const char *p, size_t n,
					     bool last, size_t *used, struct ib_error *err);
	/*
	 * Find the end of the last complete record in p[0..n). If `last` is true, no more bytes
	 * follow.
	 */
	void (*cut_block)(const char *p, size_t n, bool last, struct ib_block_cut *cut);
	/* Count the records of a block. For a list, count the lines. */
	uint64_t (*count)(const struct ib_source *s, const char *p, size_t n);
	/* Do the work of ib_cursor_next(). Returns IB_NEXT_END at the end of the block. */
	enum ib_next (*next)(struct ib_cursor *c);
};

/* All record formats, then NULL. Detection tries the delimited formats in this order. */
extern const struct ib_record_format *const ib_record_formats[];

/* JSON lines, the most common format: the cursor calls the functions of this format directly. */
extern const struct ib_record_format ib_format_jsonl;

/* Return the functions of a format, or NULL if it has no records (npz, npy, totals, tar). */
const struct ib_record_format *ib_record_format_find(enum ib_format format);

#define IB_DETECT_PEEK ((size_t)64 << 10) /* number of bytes that detection reads first */

/* True if `head`, the whole operand, holds only a BOM and newlines. */
bool ib_detect_empty(struct ib_span head);

/* Return the first line of `head` that is not empty. */
struct ib_span ib_detect_first_line(struct ib_span head);

/* True if the lines in `head`, the first bytes of an operand, end in CR without LF. */
bool ib_detect_cr_lines(struct ib_span head);

/*
 * Set s->format, based on -f, the file name, and the first bytes of the operand, `head`. Returns
 * IB_E_DATA if the format is known but not supported, or if the content contradicts the file name.
 */
enum ib_status ib_detect_format(struct ib_source *s, struct ib_span head,
				const struct ib_reader_options *options, const struct ib_key *key,
				struct ib_error *err);

/* Map the columns of the header to slots. Defined in delimited_header.c. */
void ib_delimited_map_columns(struct ib_source *s);

/* The cut_block function of all formats with one record per line. */
void ib_cut_lines(const char *p, size_t n, bool last, struct ib_block_cut *cut);

/*
 * True if the byte at p is a NUL, or the first byte of a byte order mark. A file that was
 * joined from several files may contain byte order marks. A power failure may leave NULs in a file.
 */
static inline bool
ib_begins_with_mark_or_nul(const char *p)
{
	return *p == '\0' || *p == '\xef';
}

/* Return the position after the byte order mark at p, or p if no byte order mark is at p. */
const char *ib_skip_byte_order_mark(const char *p, const char *end);

/* Return the position after the NULs at p. */
const char *ib_skip_nuls(const char *p, const char *end);

/*
 * Set c->record to an invalid record: the bytes [p, after), which end in NULs. The next record
 * begins at `after`, on the same line. Returns IB_NEXT_BAD.
 */
enum ib_next ib_cursor_fail_nuls(struct ib_cursor *c, const char *p, const char *after);

/* Set c->why to a formatted message. Returns IB_NEXT_BAD. */
enum ib_next ib_cursor_fail(struct ib_cursor *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Do the work of ib_cursor_fail() for a record that is not a JSON object. If the dialect of the
 * line is known, the message names the dialect.
 */
enum ib_next ib_cursor_fail_no_object(struct ib_cursor *c, struct ib_span line);

/* Return the newline that ends the line at c->at, or the block's end. */
static inline const char *
ib_cursor_line_stop(const struct ib_cursor *c)
{
	const char *stop = memchr(c->at, '\n', (size_t)(c->end - c->at));

	return stop ? stop : c->end;
}

/* Mark all values of the record as absent. */
static inline void
ib_cursor_clear_values(struct ib_cursor *c)
{
	size_t i;

	for (i = 0; i < c->source->fields.nslots; i++)
		c->v[i].type = IB_ABSENT;
}

/*
 * Fill c->record for a line that ends at `stop`, and move c->at to the next line. `stop` is the
 * newline of the line, or the block's end.
 */
void ib_cursor_finish_line(struct ib_cursor *c, const char *start, const char *stop);

#endif
