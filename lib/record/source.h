/*
 * Structures that the reader, the formats and the cursor share: an operand, a block of records,
 * and the state of a cursor in a block.
 */
#ifndef IB_RECORD_SOURCE_H
#define IB_RECORD_SOURCE_H

#include "base/arena.h"
#include "io/input.h"
#include "record/json.h"
#include "record/key.h"

/* A field that the caller needs in addition to the id. */
struct ib_wanted {
	struct ib_span name; /* name of the field; name.n is 0 if the entry is unused */
	bool number;	     /* true to convert the field to a number */
};
#define IB_WANTED_MAX 24

struct ib_reader_options {
	struct ib_list operands;  /* if empty, read standard input */
	enum ib_format format;	  /* from -f */
	enum ib_format otherwise; /* the format to use if no format is detected */
	const char *key;	  /* argument of -k; NULL if not given */
	const char *key_option;	  /* "-k", "--base-key" or "--expect-key", for messages */
	const struct ib_wanted *wanted;
	size_t nwanted;
	uint64_t header_lines; /* lines to copy unchanged at the start of each operand */
	bool digest;	       /* true to compute the digest of all operands' bytes */
	bool line_per_operand; /* true if the numbers of @line begin at 0 in each operand */
	bool epoch_manifest;   /* true if list lines may end in a TAB and a weight, wanted[0] */
	bool any_value;	       /* true if a JSON record may be any value, not only an object */
	bool elements;	       /* true to read the elements of JSON arrays (struct ib_json) */
	bool archives;	       /* true if operands may be npz, npy and totals files */
	bool bad_first;	       /* true to accept the format even if the first record is invalid */
	bool ranged;	       /* true if the only operand is the text of a range, in `format` */
	uint64_t range;	       /* number of records of the range */
	size_t block;	       /* bytes per block; 0 for the default */
	const struct ib_context *context;
};

/* The columns of a CSV or TSV. */
struct ib_columns {
	size_t n;
	struct ib_span *name;	  /* name[i]: name of column i, without quotes */
	int16_t *slot;		  /* slot[i]: slot of column i; -1 if the column is not needed */
	bool *number;		  /* number[i]: true to convert column i to numbers */
	bool padded;		  /* true if a name has space around it: trim all fields */
	uint64_t head, head_mask; /* first bytes of the header, to find repeated headers */
	struct ib_arena names;	  /* owner of the bytes of the names */
};

/*
 * One operand with its format and its fields. As soon as a block refers to the source, the source
 * is read-only.
 */
struct ib_source {
	const char *path;
	const char *name;	/* name for messages */
	const char *key_option; /* copied from the options */
	size_t operand;		/* number of the operand, from 0 */
	enum ib_format format;
	struct ib_key key; /* IB_KEY_AUTO until the key is chosen from the records */
	struct ib_fields fields;
	int key_slot[IB_KEY_MAX];
	int wanted_slot[IB_WANTED_MAX]; /* slots of `wanted`; -1 if the operand lacks the field */
	bool epoch_manifest, any_value; /* copied from the options */
	bool empty;			/* true if the operand has no lines, not even a header */
	/* The members from `delimiter` to `notes` are used only for CSV and TSV. */
	char delimiter; /* '\0' for other formats */
	struct ib_columns columns;
	struct ib_bytes header; /* the header line with its newline */
	struct ib_notes *notes;
	struct ib_bytes preamble; /* the lines of --header-lines, with their newlines */
	uint64_t first_line;	  /* line number of the first record, from 1 */
	struct ib_source *next;	  /* next source in the reader's list of sources */
};

/* True if the records are rows below a header (CSV and TSV). */
static inline bool
ib_source_is_delimited(const struct ib_source *s)
{
	return s->delimiter != '\0';
}

/* True if the records are JSON objects, one per line or in an array. */
static inline bool
ib_source_is_json(const struct ib_source *s)
{
	return s->format == IB_FORMAT_JSONL || s->format == IB_FORMAT_JSON;
}

/*
 * Counters that the cursors of all threads update. At the end, the reader warns about the counted
 * rows and ids.
 */
struct ib_notes {
	_Atomic uint64_t headers; /* rows that repeat the header */
	_Atomic uint64_t quotes;  /* ids that are in quotes in a TSV */
};

/*
 * Create a source for the operand `path`, with the key that -k gives. Borrows path. Returns NULL if
 * out of memory.
 */
struct ib_source *ib_source_new(const char *path, const struct ib_reader_options *options,
				const struct ib_key *key);
void ib_source_free(struct ib_source *s);

/* Warn of repeated headers and of ids in quotes. */
void ib_source_warn_of_notes(const struct ib_source *s, const struct ib_context *context);

/*
 * True if the header of a CSV or TSV has a column with this name. If no column name matches
 * exactly, space around the column names is ignored.
 */
bool ib_source_has_column(const struct ib_source *s, struct ib_span name);

/*
 * A block: complete records of one operand. Initialize it with {0}; free it with
 * ib_block_release().
 */
struct ib_block {
	const struct ib_source *source; /* NULL before the first read */
	char *p;			/* the records */
	size_t n;
	bool unterminated;	/* true if the last record has no newline */
	bool first;		/* true for the first block of its operand */
	bool special;		/* true for an open npz, npy, totals or tar, which has no records */
	uint64_t first_record;	/* number of the first record, for @line */
	struct ib_input *input; /* input if `special` is true; the owner of the block closes it */
	char *buffer;
	size_t cap;
};
void ib_block_release(struct ib_block *b);

/* ---- records ------------------------------------------------------------ */

struct ib_record {
	const char *p;	   /* first byte */
	size_t n;	   /* length without the newline */
	size_t end;	   /* length of the newline: 0, 1 (LF) or 2 (CR LF) */
	const char *close; /* closing brace of a JSON object; NULL for other records */
	uint64_t line;	   /* number of lines in the block before the record */
	bool unterminated; /* true for the last record of an operand if it has no newline */
};

enum ib_next { IB_NEXT_RECORD, IB_NEXT_BAD, IB_NEXT_END };

#define IB_CURSOR_LENGTHS 32
#define IB_WHY_MAX 480

struct ib_cursor {
	const struct ib_block *block;
	const struct ib_source *source;
	const char *at, *end;
	uint64_t line;	     /* number of lines before `at` */
	uint64_t number;     /* number of records (for a list: lines) before `at` */
	uint64_t unnumbered; /* number of invalid records that share a line with the next record */
	struct ib_record record;
	char why[IB_WHY_MAX];  /* clause that says what is wrong with an invalid record */
	struct ib_arena arena; /* owner of ids that had to be decoded or joined */
	struct ib_json json;
	struct ib_value v[IB_FIELDS_MAX];
	uint32_t length[IB_CURSOR_LENGTHS]; /* previous length per column; see ib_predict_end() */
};

#endif
