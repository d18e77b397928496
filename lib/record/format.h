/* What the formats of records do differently; private to lib/record. */
#ifndef IB_RECORD_FORMAT_H
#define IB_RECORD_FORMAT_H

#include "record/source.h"

/* How far into an operand's bytes its records begin. */
enum ib_begun { IB_BEGUN, IB_BEGUN_MORE, IB_BEGUN_BAD };

struct ib_cut {
	size_t n;	  /* bytes of whole records */
	const char *why;  /* malformed beyond them; NULL: fine */
	uint64_t element; /* array: elements cut so far; kept by cut */
	bool ended;	  /* array: its closing bracket was seen */
	bool after_comma; /* array: an element must follow */
};

struct ib_record_format {
	enum ib_format format;
	const char *name;
	char stop; /* the byte that is put behind a block */
	/*
	 * Read what comes before the records (a header) at p[0..n), the
	 * operand's first bytes; *used of them are not records. last: there
	 * are no more. Sets err for IB_BEGUN_BAD. NULL: nothing.
	 */
	enum ib_begun (*begin)(struct ib_source *s, const char *p, size_t n, bool last,
			       size_t *used, struct ib_error *err);
	/* Cut p[0..n) behind its last whole record; last: all there is. */
	void (*cut)(const char *p, size_t n, bool last, struct ib_cut *cut);
	/* Records (a list's: lines) in a block. */
	uint64_t (*count)(const struct ib_source *s, const char *p, size_t n);
	/* The record at c->at, which is before c->end and no blank line. */
	enum ib_next (*next)(struct ib_cursor *c);
};

extern const struct ib_record_format ib_format_jsonl;
extern const struct ib_record_format ib_format_csv;
extern const struct ib_record_format ib_format_tsv;
extern const struct ib_record_format ib_format_list;
extern const struct ib_record_format ib_format_array;

const struct ib_record_format *ib_record_format_of(enum ib_format format);

#define IB_DETECT_PEEK ((size_t)64 << 10) /* bytes that are looked at first */

/* Are these, the first bytes and all there are, a BOM and line ends at most? */
bool ib_detect_nothing(struct ib_span head);

/* Do CRs alone end the lines of these first bytes? */
bool ib_detect_returns(struct ib_span head);

/*
 * Set s->format: by -f, the first bytes, the name, the first line. What is
 * known and not read here, or is not what its name says, is IB_E_DATA.
 */
enum ib_status ib_detect(struct ib_source *s, struct ib_span head,
			 const struct ib_reader_options *options, const struct ib_key *key,
			 struct ib_error *err);

/*
 * Choose the key of an operand from its first records, and compile its
 * fields. Returns IB_OK also where no record decides.
 */
enum ib_status ib_source_compile(struct ib_source *s, const struct ib_reader_options *options,
				 const struct ib_block *first, struct ib_error *err);

/* delimited.c: map the header's columns to slots */
void ib_delimited_compile(struct ib_source *s);

/* lines.c: what all formats of lines share */
void ib_lines_cut(const char *p, size_t n, bool last, struct ib_cut *cut);

/*
 * What files that were put together have where a record should begin: a byte
 * order mark, or bytes 0x00, which a power cut leaves.
 */
static inline bool
ib_begins_oddly(const char *p)
{
	return *p == '\0' || *p == '\xef';
}

/* One past a byte order mark at p. */
const char *ib_skip_mark(const char *p, const char *end);

/* One past the bytes 0x00 at p. */
const char *ib_skip_nuls(const char *p, const char *end);

/*
 * Make the bytes 0x00 at p, or what ends in them at `after`, one bad record;
 * the next one begins behind them on the same line.
 */
enum ib_next ib_cursor_nuls(struct ib_cursor *c, const char *p, const char *after);

enum ib_next ib_cursor_bad(struct ib_cursor *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The record is no JSON object: is its line in a dialect that is known? */
enum ib_next ib_cursor_no_object(struct ib_cursor *c, struct ib_span line);

/*
 * Finish a record of lines that ends at `stop` (a line end, or the block's
 * end): its length without line end, and c->at behind it.
 */
void ib_cursor_finish_line(struct ib_cursor *c, const char *start, const char *stop);

#endif
