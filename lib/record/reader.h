/*
 * Operands -> blocks of whole records -> records. A block is what one thread
 * works on; a record is a view into it.
 *
 *   reader   walks the operands: what is it, where is its key, cut at record
 *            ends. One thread at a time.
 *   cursor   walks the records of one block. One a thread.
 *
 * A new format of records is a row of the table in detect.c: how to begin an
 * operand, where to cut, how to read one record (struct ib_record_format).
 */
#ifndef IB_RECORD_READER_H
#define IB_RECORD_READER_H

#include "base/arena.h"
#include "io/input.h"
#include "record/json.h"
#include "record/key.h"

/* A field that the user of the records wants besides the id. */
struct ib_wanted {
	struct ib_span name; /* n 0: none, its slot is never filled */
	bool number;
};
#define IB_WANTED_MAX 24

struct ib_reader_options {
	struct ib_list operands;  /* none: standard input */
	enum ib_format format;	  /* asked for */
	enum ib_format otherwise; /* what auto falls back to */
	const char *key;	  /* -k */
	const char *key_option;	  /* "-k", "--base-key", "--expect-key" */
	const struct ib_wanted *wanted;
	size_t nwanted;
	uint64_t header_lines;
	bool digest;	       /* of all operands' bytes in a row */
	bool line_per_operand; /* @line begins anew with each operand */
	bool epoch_manifest;   /* lists end in TAB weight (wanted[0]) */
	bool any_value;	       /* a JSON record need be no object */
	bool archives;	       /* npz and totals may be among them */
	bool bad_first;	       /* a bad first record may be passed over */
	size_t block;	       /* bytes; 0: as is best */
	const struct ib_context *context;
};

/* One operand as it was found to be. Read-only once blocks refer to it. */
struct ib_source {
	const char *path;
	const char *name; /* as messages have it */
	size_t operand;	  /* its number, from 0 */
	enum ib_format format;
	struct ib_key key; /* IB_KEY_AUTO: no record decided yet */
	struct ib_fields fields;
	int key_slot[IB_KEY_MAX];
	int wanted_slot[IB_WANTED_MAX]; /* -1: not in this operand */
	bool epoch_manifest, any_value;
	bool empty; /* no line: of any format, no header */
	/* delimited: */
	char delimiter;
	bool padded;		     /* names have blanks around: ids lose theirs */
	int16_t *column_slot;	     /* [ncolumns], -1: nobody wants it */
	bool *column_number;	     /* [ncolumns], to be read as a number */
	struct ib_span *column_name; /* [ncolumns], as the header means them */
	size_t ncolumns;
	struct ib_bytes header;	  /* the header line with its line end */
	uint64_t head, head_mask; /* its first bytes: does a row have them? */
	struct ib_arena names;
	struct ib_notes *notes;
	struct ib_bytes preamble; /* --header-lines, with their ends */
	uint64_t first_line;	  /* of the first record, from 1 */
	struct ib_source *next;	  /* the reader's list of all of them */
};

/* What cursors count in an operand, from any thread; told by the reader. */
struct ib_notes {
	_Atomic uint64_t headers; /* rows that are the header again */
	_Atomic uint64_t quotes;  /* ids of TSV in quotes */
};

/*
 * Of CSV and TSV: does the header name that column? Blanks around a name do not
 * count if no name matches with them.
 */
bool ib_source_has_column(const struct ib_source *s, struct ib_span name);

/* Whole records of one operand. Start from {0}; ib_block_release. */
struct ib_block {
	const struct ib_source *source; /* NULL: none yet */
	char *p;			/* the records */
	size_t n;
	bool unterminated;	/* the last one has no line end */
	bool first;		/* of its operand */
	bool special;		/* no records: npz, totals or tar; see below */
	uint64_t first_record;	/* number of the first record, for @line */
	struct ib_input *input; /* of a special block: the owner's to close */
	char *buffer;
	size_t cap;
};
void ib_block_release(struct ib_block *b);

struct ib_reader;

enum ib_status ib_reader_new(const struct ib_reader_options *options, struct ib_reader **out,
			     struct ib_error *err);
void ib_reader_free(struct ib_reader *r);

/*
 * The next block, into b (whose buffer is used again). IB_EOF behind the last
 * operand. An operand that is no stream of records (a zip archive, a totals
 * file, a tar) comes as one special block, with its input open at the start.
 * An operand without records comes as one block of n 0, so that its header is
 * known.
 */
enum ib_status ib_reader_next(struct ib_reader *r, struct ib_block *b, struct ib_error *err);

/*
 * Bytes of the operand as a file, 0: not known, or there are several. This and
 * ib_reader_tell() are safe beside ib_reader_next() in another thread.
 */
uint64_t ib_reader_size(const struct ib_reader *r);

/*
 * Tell the caller of the run how far it is, by bytes of files read and of how
 * many; no-op without progress.
 */
void ib_reader_tell(const struct ib_reader *r, uint64_t records);

/* XXH3-128 of all operands' bytes, where it was asked for. */
void ib_reader_digest(const struct ib_reader *r, char out[33]);
/* A special block's user feeds the bytes that he read himself. */
void ib_reader_digest_add(struct ib_reader *r, const void *p, size_t n);

/* ---- records ------------------------------------------------------------ */

struct ib_record {
	const char *p;	   /* its first byte */
	size_t n;	   /* without the line end */
	size_t end;	   /* bytes of line end: 0, 1 or 2 */
	const char *close; /* JSON: its closing brace */
	uint64_t line;	   /* lines of the block before it */
	bool torn;	   /* the last of its operand, without line end */
};

enum ib_next { IB_NEXT_RECORD, IB_NEXT_BAD, IB_NEXT_END };

#define IB_CURSOR_LENGTHS 32
#define IB_WHY_MAX 480

struct ib_cursor {
	const struct ib_block *block;
	const struct ib_source *source;
	const char *at, *end;
	uint64_t line;	     /* lines before `at` */
	uint64_t number;     /* records (a list's: lines) before `at` */
	uint64_t unnumbered; /* bad ones on the line of another record */
	struct ib_record record;
	char why[IB_WHY_MAX];  /* of a bad record: a finished clause */
	struct ib_arena arena; /* ids that had to be decoded */
	struct ib_json json;
	struct ib_value v[IB_FIELDS_MAX];
	uint32_t length[IB_CURSOR_LENGTHS]; /* of columns; see ib_predict_end */
};

/* Start from {0} before the first; the arena is emptied each time. */
void ib_cursor_start(struct ib_cursor *c, const struct ib_block *block);
void ib_cursor_release(struct ib_cursor *c);

/* The next record into c->record, blank lines passed over. */
enum ib_next ib_cursor_next(struct ib_cursor *c);

/* As ib_cursor_id, for whatever is no plain field. */
bool ib_cursor_other_id(struct ib_cursor *c, struct ib_span *id);

/*
 * The current record's id; false, with the reason in c->why, where it has
 * none. A NULL pointer in it: memory ran out. Valid until the cursor starts
 * the next block.
 */
static inline bool
ib_cursor_id(struct ib_cursor *c, struct ib_span *id)
{
	const struct ib_key *key = &c->source->key;
	const struct ib_value *v = &c->v[c->source->key_slot[0]];

	/* Nearly always: one field, a string, nothing to decode in it. */
	if (key->kind != IB_KEY_FIELDS || key->n != 1 || v->escaped ||
	    (v->type != IB_STRING && v->type != IB_TEXT))
		return ib_cursor_other_id(c, id);
	id->p = v->p;
	id->n = v->n;
	return true;
}

#endif
