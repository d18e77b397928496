/* A record of a loss log that has an array of ids, with a loss for each id or one mean loss. */
#ifndef IB_SCORE_BATCH_RECORD_H
#define IB_SCORE_BATCH_RECORD_H

#include "score/reading.h"

/* A field of a batch: an array with one value for each id, or one value for all ids. */
struct ib_batch_column {
	struct ib_span name;
	const struct ib_value *v; /* value for the current id, or for all ids if `step` is 0 */
	size_t step;		  /* 1 for an array of values, 0 for one value */
};

/* A record with an array of ids. */
struct ib_batch_record {
	struct ib_batch_column id;
	size_t n;		    /* number of ids */
	const struct ib_term *term; /* [nterms]: the terms of --loss */
	size_t nterms;
	struct ib_batch_column loss[IB_TERMS_MAX], weight;
};

/*
 * Find the ids: in the key field (-k) if the record has this field, and otherwise in the field
 * 'ids'. Returns false if the ids are not in an array, or if the key consists of several fields and
 * the record has them.
 */
bool ib_batch_record_find(const struct ib_reading *r, struct ib_batch_record *batch);

/* Append the losses of all ids. If a value is invalid, returns false and appends nothing. */
bool ib_batch_record_add(struct ib_reading *r, struct ib_batch_record *batch);

#endif
