/*
 * Scan operands: read them as blocks of records, parse the blocks in several
 * threads, and use the results in the order of the input.
 *
 * A tar, npz or totals file is one special block, whose input use_block() reads.
 * If add_sample() is given, the scan reads the samples of tars itself.
 */
#ifndef IB_RECORD_SCAN_H
#define IB_RECORD_SCAN_H

#include "record/reader.h"
#include "record/tar_samples.h"

/* The scan's part of a block. The caller's struct begins with it and adds the results. */
struct ib_scan_block {
	struct ib_block block;
	struct ib_cursor cursor; /* at the first record, except in a special block */
};

struct ib_scan {
	struct ib_reader *reader;
	const struct ib_context *context; /* number of threads, warnings about tars; or NULL */
	size_t block_size;		  /* size of the caller's struct */
	void *ctx;			  /* for the call-backs */

	/* Called for each block after it was read, in order. May be NULL. */
	enum ib_status (*begin_block)(struct ib_scan *scan, void *block, struct ib_error *err);
	/*
	 * Parse the records of a block. Called in any order and by several threads,
	 * so it must change nothing but the block. May be NULL.
	 */
	enum ib_status (*parse_block)(const struct ib_scan *scan, void *block,
				      struct ib_error *err);
	/*
	 * Add a sample of a tar to its special block. The id is valid until
	 * use_block() returns, the rest until add_sample() returns. use_block() is
	 * called after a number of samples, and after the last one. Returning IB_EOF
	 * skips the samples that follow. May be NULL.
	 */
	enum ib_status (*add_sample)(struct ib_scan *scan, void *block,
				     const struct ib_tar_sample *sample, struct ib_error *err);
	/* Use what was parsed or added. Called in order. */
	enum ib_status (*use_block)(struct ib_scan *scan, void *block, struct ib_error *err);
	/* Called after the last block of each operand was used. May be NULL. */
	enum ib_status (*end_operand)(struct ib_scan *scan, struct ib_error *err);
	/* Release the results of a block. May be NULL. */
	void (*release_block)(void *block);

	/* Start these from 0. For add_sample(), use_block() and end_operand(): */
	const struct ib_source *source;
	uint64_t line;	  /* line of the block's first record; 0 in a special block */
	uint64_t records; /* records used so far, counted by use_block(); shown as progress */
	/* Private: */
	_Atomic bool held; /* no block may be read now */
};

/* Scan all operands. Every block is initialized to 0 and used for many blocks of the input. */
enum ib_status ib_scan_run(struct ib_scan *scan, struct ib_error *err);

#endif
