/*
 * Scan operands: read them as blocks of records, parse the blocks in several threads, and use the
 * results in the order of the input.
 *
 * A tar, npz, npy or totals file is one special block, which has no records. use_block() reads
 * the input of this block. For a tar, the scan itself reads the samples if add_sample() is given.
 */
#ifndef IB_RECORD_SCAN_H
#define IB_RECORD_SCAN_H

#include "record/reader.h"
#include "record/tar_samples.h"

/*
 * The part of a block that the scan uses. The `void *block` of the functions below points to a
 * struct of the caller, which begins with this struct and also holds the results of parsing the
 * block.
 */
struct ib_scan_block {
	struct ib_block block;
	struct ib_cursor cursor; /* at the first record; not used if block.special is true */
};

struct ib_scan {
	struct ib_reader *reader;
	const struct ib_context *context; /* threads, warnings; may be NULL */
	size_t block_size;		  /* size of the struct that `block` points to */
	void *ctx;			  /* data that the callbacks use */

	/*
	 * Called for each block after the block was read, in the order of the input. May be NULL.
	 */
	enum ib_status (*begin_block)(struct ib_scan *scan, void *block, struct ib_error *err);
	/*
	 * Parse the records of a block. Several threads call this function, in any order, so it
	 * must not change anything except the block. May be NULL.
	 */
	enum ib_status (*parse_block)(const struct ib_scan *scan, void *block,
				      struct ib_error *err);
	/*
	 * Add a sample of a tar to the special block of the tar. The id of the sample is valid
	 * until use_block() returns, and the rest of the sample until add_sample() returns.
	 * use_block() is called after each group of samples, and after the last sample. If
	 * add_sample() returns IB_EOF, the remaining samples are skipped. May be NULL.
	 */
	enum ib_status (*add_sample)(struct ib_scan *scan, void *block,
				     const struct ib_tar_sample *sample, struct ib_error *err);
	/* Use the results of parse_block() or add_sample(). Called in the order of the input. */
	enum ib_status (*use_block)(struct ib_scan *scan, void *block, struct ib_error *err);
	/* Called after the last block of each operand was used. May be NULL. */
	enum ib_status (*end_operand)(struct ib_scan *scan, struct ib_error *err);
	/* Release the results of a block. May be NULL. */
	void (*release_block)(void *block);

	/*
	 * Set `source` and all members after it to 0 before the scan. add_sample(), use_block() and
	 * end_operand() may use source, line and records.
	 */
	const struct ib_source *source;
	uint64_t line;	  /* line of the block's first record; 0 in a special block */
	uint64_t records; /* number of records used so far; use_block() counts them */
	/* Private: */
	_Atomic bool held; /* true while no block may be read */
};

/* Scan all operands. Each block is initialized to 0 once, and is then reused. */
enum ib_status ib_scan_run(struct ib_scan *scan, struct ib_error *err);

/* Scan all operands with a new reader: scan->reader is set only during the call. */
enum ib_status ib_scan_operands(struct ib_scan *scan, const struct ib_reader_options *options,
				struct ib_error *err);

/* The operands without a record. The name is borrowed. */
struct ib_empty_operands {
	uint64_t n;
	const char *first; /* name of the first of these operands */
};

void ib_empty_operands_add(struct ib_empty_operands *e, const char *name);

/* Print one warning for all empty operands, because many partitions may be empty. */
void ib_empty_operands_warn(const struct ib_empty_operands *e, const struct ib_context *context);

/* Return IB_E_DATA with the name, the line and the error (c->why) of the record at the cursor. */
enum ib_status ib_scan_fail_record(const struct ib_scan *scan, const struct ib_cursor *c,
				   struct ib_error *err);

#endif
