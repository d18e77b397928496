/*
 * What one block of decided records adds to the outputs: text that a worker
 * thread formats, and that the run writes in the order of the manifest.
 */
#ifndef IB_PRUNE_RECORD_TEXTS_H
#define IB_PRUNE_RECORD_TEXTS_H

#include "base/bytes.h"
#include "base/number_cache.h"

enum ib_text {
	IB_TEXT_KEPT,	 /* records of the epoch manifest */
	IB_TEXT_WEIGHTS, /* lines of these records for --weights */
	IB_TEXT_ID,	 /* ids of these records, for --split */
	IB_TEXT_PRUNED,	 /* records for --pruned */
	IB_NTEXTS
};

/* One record of the epoch manifest. */
struct ib_written {
	uint64_t number;	    /* index in its block, from 0; for a list: of the line */
	size_t end[IB_TEXT_ID + 1]; /* where its part of each text ends; none for pruned records */
};

/* Initialize with {0}. */
struct ib_record_texts {
	struct ib_bytes text[IB_NTEXTS];
	/* The written records; filled only for --companion and --split. */
	struct ib_written *written;
	size_t nwritten, cap;
	bool failed; /* out of memory */
	struct ib_number_cache kept_cache, weights_cache;
};
void ib_record_texts_release(struct ib_record_texts *t);

/* Remove the records. */
void ib_record_texts_empty(struct ib_record_texts *t);

/* True if memory ran out since the texts were empty. */
bool ib_record_texts_failed(const struct ib_record_texts *t);

/* Append the --weights line of an id, which contains no tab and no newline. */
void ib_record_texts_add_weight(struct ib_record_texts *t, struct ib_span id, double weight);

/* Note that a written record ends here. Call after its texts were appended, except its id. */
void ib_record_texts_note(struct ib_record_texts *t, struct ib_span id, uint64_t number);

/* Return the part of a text that belongs to written record i. */
struct ib_span ib_record_texts_get(const struct ib_record_texts *t, enum ib_text text, size_t i);

#endif
