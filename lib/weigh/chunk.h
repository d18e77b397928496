/* A block of a manifest, and the results that a thread computed from the records of the block. */
#ifndef IB_WEIGH_CHUNK_H
#define IB_WEIGH_CHUNK_H

#include "record/scan.h"
#include "weigh/weight_formats.h"
#include "weigh/unchanged_check.h"

/* The first parse error in a block, or the first failed check in a block. */
struct ib_finding {
	bool found;   /* true if there is an error; if false, the other members are not set */
	size_t at;    /* index of the record in the block */
	int64_t line; /* number of lines before the record in the block; -1: error in the header */
	char text[IB_WHY_MAX];
};

struct ib_chunk {
	struct ib_scan_block in;
	struct ib_cursor again; /* used to parse a record for a second time */
	struct ib_unchanged_check unchanged;
	struct ib_number_cache numbers;
	/* Arrays with one element per record of the block; n is the number of records. */
	size_t n, cap;
	struct ib_id *id;
	double *weight;
	uint32_t *line;		/* number of lines before the record in the block */
	uint32_t *row;		/* row of the record in the full manifest */
	XXH128_hash_t *hash;	/* hash of the record without the fields that ib-prune adds */
	struct ib_span *record; /* bytes of the record, including the newline */
	struct ib_bytes text;	/* the formatted weights of all records */
	XXH128_hash_t header;
	bool has_header;
	struct ib_finding bad;	  /* error at which parsing stopped */
	struct ib_finding failed; /* first error of a check (--check) */
};

/* True if the options request TSV output, which contains the ids. */
static inline bool
ib_writes_tsv_ids(const struct ib_weights_options *o)
{
	return o->out == IB_WEIGHTS_TSV && !o->stats && !o->check;
}

void ib_chunk_release(void *chunk);

/* Reserve memory for one more record. Returns false if out of memory. */
bool ib_chunk_reserve(struct ib_chunk *s);

/*
 * Check that the id of the next record can be a field of TSV. If it cannot, sets s->bad and
 * returns false.
 */
bool ib_chunk_check_tsv_id(struct ib_chunk *s, int64_t line, struct ib_span id);

/*
 * Add a sample of a tar as the next record. s->line[] gets the number of the sample, and s->hash[]
 * gets its digest.
 */
enum ib_status ib_chunk_add_sample(struct ib_chunk *s, const struct ib_tar_sample *sample,
				   struct ib_error *err);

/*
 * Add the number of records in a processed chunk to scan->records, and empty the chunk. Returns an
 * error if s->bad is set.
 */
enum ib_status ib_chunk_finish(struct ib_chunk *s, struct ib_scan *scan, struct ib_error *err);

/*
 * Store the error of a record. Does nothing if *f already has an error of this record or of an
 * earlier record.
 */
void ib_finding_record(struct ib_finding *f, size_t at, int64_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Return the location of a record in the chunk that is being processed. */
static inline struct ib_location
ib_chunk_location(const struct ib_scan *scan, uint64_t row, int64_t line)
{
	return (struct ib_location){ .row = row,
				     .name = scan->source->name,
				     .line = scan->line + (uint64_t)line,
				     .is_sample = scan->source->format == IB_FORMAT_TAR ||
						  scan->source->format == IB_FORMAT_NPZ };
}

#endif
