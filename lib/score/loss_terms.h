/* The fields that are read from the records of a loss log, and the terms of --loss. */
#ifndef IB_SCORE_LOSS_TERMS_H
#define IB_SCORE_LOSS_TERMS_H

#include "record/reader.h"

#define IB_TERMS_MAX 12

/* One term of --loss: coefficient * field. */
struct ib_term {
	struct ib_span name; /* name of the field; points into the value of --loss */
	bool scaled;
	double coefficient;
};

/* Indices into struct ib_loss_reader's wanted[]. */
enum ib_log_field {
	IB_LOG_EPOCH,
	IB_LOG_IDS,
	IB_LOG_LOSSES,
	IB_LOG_ROW_ID, /* id of a row of a score file; -k does not change this field */
	IB_LOG_SCORE,
	IB_LOG_VISITS,
	IB_LOG_PREV,
	IB_LOG_WEIGHT,
	IB_LOG_TERM /* first term of --loss; the other terms follow */
};

/* Settings for reading records. Initialized once per run, then shared by all threads. */
struct ib_loss_reader {
	const struct ib_log_options *options;
	struct ib_term term[IB_TERMS_MAX];
	size_t nterms;
	struct ib_wanted wanted[IB_WANTED_MAX];
	size_t nwanted;
	bool epoch_required; /* true if, without -e, a record without an epoch is a usage error */
	bool want_weight;    /* true if weights are read too, for ib-audit drift */
	bool want_skipped;   /* true to list the ids of losses removed by --nonfinite skip */
	bool fixed_fields;   /* see loss_logs.h */
};

/*
 * Parse --loss and list the fields to read, which include weight_field unless
 * weight_field is NULL.
 */
enum ib_status ib_loss_reader_init(struct ib_loss_reader *l, const struct ib_log_options *options,
				   const char *weight_field, struct ib_error *err);

#endif
