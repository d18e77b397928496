/* Read a manifest block by block: threads parse the blocks, then one drains them in order. */
#ifndef IB_WEIGH_MANIFEST_SCAN_H
#define IB_WEIGH_MANIFEST_SCAN_H

#include "record/tar_samples.h"
#include "weigh/weight_formats.h"
#include "weigh/unchanged_check.h"

/* The first error of its kind in a block. */
struct ib_finding {
	bool is;
	size_t at;    /* number of the record in the block */
	int64_t line; /* number of lines of the block before it; -1: it is in the header */
	char text[IB_WHY_MAX];
};

/* A block, and what a thread computed from it. */
struct ib_chunk {
	struct ib_block block;
	struct ib_cursor cursor, again;
	struct ib_unchanged_check intact;
	struct ib_texts texts;
	/* [n] one element per record of the block */
	size_t n, cap;
	struct ib_id *id;
	double *weight;
	uint32_t *line;		/* number of lines of the block before it */
	uint32_t *row;		/* row in the full manifest */
	XXH128_hash_t *hash;	/* hash without the added fields */
	struct ib_span *record; /* its bytes, with the newline */
	struct ib_bytes text;	/* formatted weights */
	XXH128_hash_t header;
	bool has_header;
	struct ib_finding bad;	  /* invalid data; the rest of the block was not read */
	struct ib_finding failed; /* a failed check */
};

/* True if ids are written as fields of TSV. */
static inline bool
ib_writes_tsv_ids(const struct ib_weights_options *o)
{
	return o->out == IB_WEIGHTS_TSV && !o->stats && !o->check;
}

/* Reserve memory for one more record. Returns false if out of memory. */
bool ib_chunk_reserve(struct ib_chunk *s);

/* Check that the id of the next record can be a field of TSV. If not, sets s->bad. */
bool ib_chunk_check_tsv_id(struct ib_chunk *s, int64_t line, struct ib_span id);

/* Return the hash of a sample of a tar, which replaces the hash of a record. */
static inline XXH128_hash_t
ib_sample_hash(const struct ib_tar_sample *sample)
{
	XXH128_hash_t hash;

	memcpy(&hash, sample->digest, sizeof(hash));
	return hash;
}

/* Record an error at a record, unless an earlier one is recorded. */
void ib_finding_record(struct ib_finding *f, size_t at, int64_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The position of a block. For a tar, samples are the records and their numbers the lines. */
struct ib_manifest_scan_position {
	const struct ib_source *source;
	uint64_t line; /* line of the first record of the block */
	bool samples;
};

static inline struct ib_location
ib_manifest_scan_location(const struct ib_manifest_scan_position *at, uint64_t row, int64_t line)
{
	return (struct ib_location){ .row = row,
				     .name = at->source->name,
				     .line = at->line + (uint64_t)line,
				     .sample = at->samples };
}

struct ib_manifest_scan {
	struct ib_reader_options reader;
	const struct ib_context *context;
	void *ctx;
	/* Parse the records of a block. Called by several threads, in any order. */
	enum ib_status (*work)(void *ctx, struct ib_chunk *s, struct ib_error *err);
	/*
	 * Add a sample of a tar as the next record; memory is reserved. Returns
	 * false if it is invalid. id stays valid until the chunk is drained.
	 */
	bool (*sample)(void *ctx, struct ib_chunk *s, const struct ib_tar_sample *sample,
		       struct ib_span id);
	/* Called after a number of samples. May be NULL. */
	void (*sampled)(void *ctx, struct ib_chunk *s);
	/* Use the chunk. Called in order. If s->bad is set, the scan fails after this call. */
	enum ib_status (*drain)(void *ctx, struct ib_chunk *s,
				const struct ib_manifest_scan_position *at, struct ib_error *err);
};

enum ib_status ib_manifest_scan_run(struct ib_manifest_scan *b, struct ib_error *err);

#endif
