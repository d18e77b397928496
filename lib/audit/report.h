/* The parts of the page of `ib-audit report`. Tiles, charts and tables have one file each. */
#ifndef IB_AUDIT_REPORT_H
#define IB_AUDIT_REPORT_H

#include "audit/by.h"
#include "audit/drift.h"
#include "audit/html.h"
#include "audit/prune_counts.h"
#include "audit/stats.h"
#include "audit/suspects.h"
#include "audit/subcommands.h"

struct ib_report {
	const struct ib_audit_options *options;
	const struct ib_context *context;
	struct ib_audit_log *log;
	struct ib_audit_stats *stats;
	size_t nepochs;		 /* number of epochs in the audit log */
	uint64_t visits, pruned; /* number of visits, and of pruned visits, in all epochs */
	/*
	 * [nepochs] paused[i]: true if an epoch before epoch i pruned samples, but the options of
	 * epoch i switched pruning off
	 */
	bool *paused;
	struct ib_prune_counts counts;
	struct ib_loss_history losses;
	bool has_losses;
	/* [nepochs] quantiles of the scores in the audit log; set only if has_losses is false */
	double (*score_quantiles)[5];
	struct ib_drift *drift;
	struct ib_suspect *suspect;
	size_t nsuspects;
	struct ib_by *by; /* visits per value of the field of --by; NULL without --by */
	uint64_t top;	  /* maximum number of rows in each list of ids */
	/* the data of the chart that is being written: */
	int64_t *epoch; /* x labels */
	double *y[6];	/* y values */
	struct ib_bytes page;
};

/* Return the drift of an epoch, or NULL if the loss logs do not have the epoch. */
const struct ib_drift *ib_report_drift_at(const struct ib_report *r, int64_t epoch);

/* Return the drift of the first epoch that has an alarm, or NULL if no epoch has an alarm. */
const struct ib_drift *ib_report_first_alarm(const struct ib_report *r);

/*
 * True if pruning was paused in the epoch after each alarm. False if the last epoch of the loss
 * logs has an alarm.
 */
bool ib_report_alarms_handled(const struct ib_report *r);

/*
 * Return the index of an epoch in the audit log, or r->nepochs if the log does not have the epoch.
 */
size_t ib_report_find(const struct ib_report *r, int64_t epoch);

void ib_report_result(struct ib_report *r);
void ib_report_tiles(struct ib_report *r);

void ib_report_chart_kept(struct ib_report *r);
void ib_report_chart_saved(struct ib_report *r);
void ib_report_chart_losses(struct ib_report *r);
void ib_report_chart_weights(struct ib_report *r);

void ib_report_drift(struct ib_report *r);
void ib_report_pruned(struct ib_report *r);
void ib_report_suspects(struct ib_report *r);
void ib_report_by(struct ib_report *r);
void ib_report_summary(struct ib_report *r);

#endif
