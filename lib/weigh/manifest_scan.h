/* The records of a manifest, block by block through threads and in order. */
#ifndef IB_WEIGH_MANIFEST_SCAN_H
#define IB_WEIGH_MANIFEST_SCAN_H

#include "record/tar_samples.h"
#include "weigh/weight_formats.h"
#include "weigh/unchanged_check.h"

/* What is wrong at a record: the first of its kind in a block. */
struct ib_finding {
	bool is;
	size_t at;    /* number of the record in the block */
	int64_t line; /* lines of the block before it; -1: the header */
	char text[IB_WHY_MAX];
};

/* What one thread works on, and what it made of the block. */
struct ib_chunk {
	struct ib_block block;
	struct ib_cursor cursor, again;
	struct ib_unchanged_check intact;
	struct ib_texts texts;
	/* Columns of the block's records. */
	size_t n, cap;
	struct ib_id *id;
	double *weight;
	uint32_t *line;		/* lines of the block before each */
	uint32_t *row;		/* of the full manifest */
	XXH128_hash_t *hash;	/* of what is left of each */
	struct ib_span *record; /* its bytes, line end included */
	struct ib_bytes text;	/* what goes out as it is */
	XXH128_hash_t header;
	bool has_header;
	struct ib_finding bad;	  /* nothing behind it was read */
	struct ib_finding failed; /* what a check says no to */
};

/* Are ids to be written as fields of TSV? */
static inline bool
ib_writes_tsv_ids(const struct ib_weights_options *o)
{
	return o->out == IB_WEIGHTS_TSV && !o->stats && !o->check;
}

/* Room for one more record. */
bool ib_chunk_reserve(struct ib_chunk *s);

/* Can the next record's id be written as tsv? If not, that is noted as bad. */
bool ib_chunk_check_tsv_id(struct ib_chunk *s, int64_t line, struct ib_span id);

/* The hash of a tar's sample, in place of that of a record's bytes. */
static inline XXH128_hash_t
ib_sample_hash(const struct ib_tar_sample *sample)
{
	XXH128_hash_t hash;

	memcpy(&hash, sample->digest, sizeof(hash));
	return hash;
}

/* Note what is wrong at the record that is being read, unless one is noted. */
void ib_finding_record(struct ib_finding *f, size_t at, int64_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Where a block stands. A tar's records are its samples, its lines their
 * numbers. */
struct ib_manifest_scan_position {
	const struct ib_source *source;
	uint64_t line; /* of the block's first record */
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
	/* The records of a block. Any order, several at once. */
	enum ib_status (*work)(void *ctx, struct ib_chunk *s, struct ib_error *err);
	/*
	 * A tar's sample, for which there is room: as the next record. False
	 * where it is bad. id stays where it is as long as the slice does.
	 */
	bool (*sample)(void *ctx, struct ib_chunk *s, const struct ib_tar_sample *sample,
		       struct ib_span id);
	/* After some samples. NULL: nothing. */
	void (*sampled)(void *ctx, struct ib_chunk *s);
	/* In order, before what s->bad says ends the run. */
	enum ib_status (*drain)(void *ctx, struct ib_chunk *s,
				const struct ib_manifest_scan_position *at, struct ib_error *err);
};

enum ib_status ib_manifest_scan_run(struct ib_manifest_scan *b, struct ib_error *err);

#endif
