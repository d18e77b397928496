/*
 * Records of loss logs: spans -> id, epoch, loss. One block of records gives
 * one batch; what is folded, and in which order, is not decided here.
 */
#ifndef IB_SCORE_LOSS_READER_H
#define IB_SCORE_LOSS_READER_H

#include "score/loss_batch.h"

#define IB_TERMS_MAX 12

/* One term of --loss: coefficient * field. */
struct ib_term {
	struct ib_span name; /* a view into the option */
	bool scaled;
	double coefficient;
};

/* Places in the reader's wanted fields. */
enum ib_log_field {
	IB_LOG_EPOCH,
	IB_LOG_IDS,
	IB_LOG_LOSSES,
	IB_LOG_ROW_ID, /* of rows of score files, whatever -k says */
	IB_LOG_SCORE,
	IB_LOG_VISITS,
	IB_LOG_PREV,
	IB_LOG_WEIGHT,
	IB_LOG_TERM /* the first of the terms */
};

/* How records are read: compiled once a run. */
struct ib_loss_reader {
	const struct ib_log_options *options;
	struct ib_term term[IB_TERMS_MAX];
	size_t nterms;
	struct ib_wanted wanted[IB_WANTED_MAX];
	size_t nwanted;
	bool epoch_required; /* misuse where neither record nor -e has one */
	bool want_weight;    /* read weights too (drift) */
	bool want_skipped;   /* list ids that --nonfinite skip passes over */
};

/* Compile --loss and the names. weight_field: NULL, or to be read too. */
enum ib_status ib_loss_reader_init(struct ib_loss_reader *l, const struct ib_log_options *options,
				   const char *weight_field, struct ib_error *err);

/* Are these rows of a score file? (By the block's first whole record.) */
enum ib_status ib_loss_reader_is_rows(const struct ib_loss_reader *l, const struct ib_block *block,
				      bool *is, struct ib_error *err);

/* Read a block's records into the batch (emptied first). */
void ib_loss_reader_read(const struct ib_loss_reader *l, struct ib_cursor *cursor,
			 const struct ib_block *block, bool rows, int64_t epoch,
			 struct ib_loss_batch *batch);

/* Why a record with an empty id is bad: a finished clause. */
extern const char ib_loss_reader_no_id[];

/* Append one loss as if a record had held it: for logs that are arrays. */
void ib_loss_reader_put(const struct ib_loss_reader *l, struct ib_loss_batch *b, struct ib_span id,
			int64_t epoch, double loss, double weight);

#endif
