/* A loss log record that holds an array of ids, and a loss for each id or one mean loss. */
#ifndef IB_SCORE_BATCH_RECORD_H
#define IB_SCORE_BATCH_RECORD_H

#include "score/reading.h"

/* A field of a record with an array of ids: one value for each id, or one value for all ids. */
struct ib_batch_column {
	struct ib_span name;
	const struct ib_value *v; /* value of the current id, or of all ids if `step` is 0 */
	size_t step;		  /* 1 if each id has its own value, 0 if all ids share one value */
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
 * Find the ids of a record: in the key field (-k) if the record has this field, and otherwise in
 * the field 'ids'. Returns false if the ids are not in an array, or if -k names several fields and
 * the record has the first of these fields.
 */
bool ib_batch_record_find(const struct ib_reading *r, struct ib_batch_record *batch);

/*
 * Append the loss of each id to the batch of r. If a value is invalid, returns false and appends
 * nothing.
 */
bool ib_batch_record_add(struct ib_reading *r, struct ib_batch_record *batch);

#endif
