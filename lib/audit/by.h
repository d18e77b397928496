/*
 * Count the pruned visits per value of a manifest field (--by), such as the class.
 *
 *	struct ib_by *by;
 *
 *	ib_by_read(options, log, from, to, context, &by, &err);	epochs [from, to) of the log
 *	n = ib_by_finish(by, row);				the rows, most pruned first
 *	ib_by_warn(by, row, n, context);
 *	ib_by_free(by);
 */
#ifndef IB_AUDIT_BY_H
#define IB_AUDIT_BY_H

#include "audit/field_values.h"
#include "audit/log.h"
#include "audit/text_table.h"

/*
 * One row of the table of --by: the samples of one group of values, and the counts of their visits.
 */
struct ib_by_row {
	enum ib_value_kind kind;
	struct ib_span name; /* name of the group, such as "cat" or "no value"; borrowed */
	uint64_t values;     /* number of different values in the group */
	uint64_t samples;
	uint64_t visits, pruned; /* number of visits, and of pruned visits */
	double share_pruned;	 /* pruned / visits; NaN if there are no visits */
	/* share_pruned of the group / share_pruned of all samples; NaN if nothing was pruned */
	double ratio_to_average;
	double mean_weight; /* mean weight of the kept visits; NaN if there are none */
	/* `pruned` of the group / `pruned` of all samples; NaN if nothing was pruned */
	double share_of_saved;
};

struct ib_by;

/*
 * Read the manifests that the options name. For each i in [from, to), count the visits in the run
 * ib_audit_log_epoch(log, i). Ids that are not in the partition of the log are ignored. Returns
 * IB_E_DATA if the runs of the log have different partitions, or if no id in the log is in the
 * manifests. The caller frees *by with ib_by_free(), even after an error.
 */
enum ib_status ib_by_read(const struct ib_audit_options *options, struct ib_audit_log *log,
			  size_t from, size_t to, const struct ib_context *context,
			  struct ib_by **by, struct ib_error *err);
void ib_by_free(struct ib_by *by); /* by may be NULL */

/*
 * Read the manifests, and find the value of each id in `ids`. No log is read: the caller calls
 * ib_by_add_visit() for each visit.
 */
enum ib_status ib_by_new_for_ids(const struct ib_audit_options *options, const struct ib_table *ids,
				 const struct ib_context *context, struct ib_by **by,
				 struct ib_error *err);
/*
 * Count a visit of a sample. `row` is the row of its id in the table that was passed to
 * ib_by_new_for_ids().
 */
void ib_by_add_visit(struct ib_by *by, uint64_t row, bool kept, double weight);

/* Set the counts of visits to 0. */
void ib_by_clear(struct ib_by *by);

/*
 * Fill row[] with the groups that have samples or visits. The group with the largest share of
 * pruned visits comes first. Returns the number of rows.
 */
size_t ib_by_finish(const struct ib_by *by, struct ib_by_row row[IB_VALUE_GROUPS_MAX]);

/* Set *row to the counts of all samples. */
void ib_by_total(const struct ib_by *by, struct ib_by_row *row);

/*
 * True if the name is "other values", "no value" or "not in the manifest". Rows of neither a single
 * value nor a range have these names; but the field may also have a value with the same text.
 */
bool ib_by_is_line_name(struct ib_span name);

/* Return the name of the manifest field (--by). */
const char *ib_by_field(const struct ib_by *by);

/*
 * True if the row has at least 30 samples, and its share of pruned visits is more than twice the
 * share of all samples.
 */
bool ib_by_is_harmed(const struct ib_by_row *row);

/* Warn about the rows for which ib_by_is_harmed() is true. The warnings name at most five rows. */
void ib_by_warn(const struct ib_by *by, const struct ib_by_row *row, size_t n,
		const struct ib_context *context);

/* Write row[0..n) as a table. */
enum ib_status ib_by_write_rows(const struct ib_by *by, const struct ib_by_row *row, size_t n,
				const struct ib_table_target *to, struct ib_error *err);

/* Call ib_by_read(), and write the rows to `out`. */
enum ib_status ib_by_write_log(const struct ib_audit_options *options,
			       const struct ib_context *context, struct ib_audit_log *log,
			       size_t from, size_t to, struct ib_output *out, struct ib_error *err);

/*
 * Print the warnings of ib_by_warn(), and write the rows to `out` as a table or as JSON. If
 * options->top is not 0, write at most options->top rows.
 */
enum ib_status ib_by_write(const struct ib_by *by, const struct ib_audit_options *options,
			   const struct ib_context *context, struct ib_output *out,
			   struct ib_error *err);

#endif
