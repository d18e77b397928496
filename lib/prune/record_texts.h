/*
 * The bytes that one block adds to each output. A worker thread formats the texts of a block
 * after it has decided which records to keep. The run writes the texts of all blocks in the order
 * of the manifest.
 */
#ifndef IB_PRUNE_RECORD_TEXTS_H
#define IB_PRUNE_RECORD_TEXTS_H

#include "base/bytes.h"
#include "base/number_cache.h"

enum ib_text {
	IB_TEXT_KEPT,	 /* records of the epoch manifest */
	IB_TEXT_WEIGHTS, /* --weights lines of the records of the epoch manifest */
	IB_TEXT_ID,	 /* ids of the records of the epoch manifest, for --split */
	IB_TEXT_PRUNED,	 /* records for --pruned */
	IB_NTEXTS
};

/* One record of the epoch manifest: its number, and where it ends in each text. */
struct ib_written {
	/* index of the record in its block, from 0; for a list, index of the line */
	uint64_t number;
	/* end[t] is the end of the record in text t. The text IB_TEXT_PRUNED has no such ends. */
	size_t end[IB_TEXT_ID + 1];
};

/* Initialize with {0}. */
struct ib_record_texts {
	struct ib_bytes text[IB_NTEXTS];
	/*
	 * The records of the epoch manifest. This array is filled only for --companion and
	 * --split.
	 */
	struct ib_written *written;
	size_t nwritten, cap;
	bool failed; /* out of memory */
	struct ib_number_cache kept_cache, weights_cache;
};
void ib_record_texts_release(struct ib_record_texts *t);

/* Empty all texts and the array of records. */
void ib_record_texts_empty(struct ib_record_texts *t);

/* True if an allocation has failed since the texts were emptied. */
bool ib_record_texts_failed(const struct ib_record_texts *t);

/* Append the line of one sample for --weights. The id must not contain a tab or a newline. */
void ib_record_texts_add_weight(struct ib_record_texts *t, struct ib_span id, double weight);

/*
 * Add a record of the epoch manifest to the array, and append its id to IB_TEXT_ID. The caller
 * must have appended the record to the other texts before.
 */
void ib_record_texts_note(struct ib_record_texts *t, struct ib_span id, uint64_t number);

/* Return the part of a text that belongs to the record written[i]. */
struct ib_span ib_record_texts_get(const struct ib_record_texts *t, enum ib_text text, size_t i);

#endif
