/*
 * What the reader, the formats and the cursor share: an operand, a block of its
 * records, and the state of a cursor that walks a block.
 */
#ifndef IB_RECORD_SOURCE_H
#define IB_RECORD_SOURCE_H

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

#endif
