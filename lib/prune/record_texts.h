/*
 * The texts of a block: the bytes that the block adds to each output. A worker thread formats the
 * texts after it has decided which records of the block to keep. The run writes the texts of all
 * blocks in the order of the manifest.
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

/* The number of one record of the epoch manifest, and where the record ends in each text. */
struct ib_written {
	/*
	 * index of the record in its block, counted from 0; index of the line if the manifest is a
	 * list
	 */
	uint64_t number;
	/* end[t]: end of the record in text t, as an offset; t is not IB_TEXT_PRUNED */
	size_t end[IB_TEXT_ID + 1];
};

/* Initialize with {0}. */
struct ib_record_texts {
	struct ib_bytes text[IB_NTEXTS];
	/*
	 * the records that the block adds to the epoch manifest; filled only for --companion and
	 * --split
	 */
	struct ib_written *written;
	size_t nwritten, cap;
	bool failed; /* true if memory ran out */
	struct ib_number_cache kept_cache, weights_cache;
};
void ib_record_texts_release(struct ib_record_texts *t);

/* Empty all texts and the array of records. */
void ib_record_texts_empty(struct ib_record_texts *t);

/* True if an allocation has failed since the texts were emptied. */
bool ib_record_texts_failed(const struct ib_record_texts *t);

/* Append the --weights line of one sample. The id must not contain a tab or a newline. */
void ib_record_texts_add_weight(struct ib_record_texts *t, struct ib_span id, double weight);

/*
 * Add a record of the epoch manifest to t->written, and append its id to the text IB_TEXT_ID. The
 * caller must append the record to the other texts before this call.
 */
void ib_record_texts_note(struct ib_record_texts *t, struct ib_span id, uint64_t number);

/* Return the part of a text that belongs to the record t->written[i]. */
struct ib_span ib_record_texts_get(const struct ib_record_texts *t, enum ib_text text, size_t i);

#endif
