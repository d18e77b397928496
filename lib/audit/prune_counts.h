/*
 * Count for each id how often the id was pruned, and how often the id was drawn, that is, eligible
 * and kept.
 */
#ifndef IB_AUDIT_PRUNE_COUNTS_H
#define IB_AUDIT_PRUNE_COUNTS_H

#include "audit/log.h"
#include "audit/text_table.h"

struct ib_prune_count {
	uint32_t pruned;     /* number of epochs in which the id was pruned */
	uint32_t drawn;	     /* number of epochs in which the id was kept with pi < 1 */
	int32_t last_pruned; /* latest epoch in which the id was pruned */
	int32_t last_drawn;  /* latest epoch in which the id was kept with pi < 1 */
};

struct ib_prune_counts {
	struct ib_table ids;	      /* in the order in which the ids first occur in the log */
	struct ib_prune_count *count; /* [ids.n] */
	size_t cap;
	uint32_t *order; /* [ids.n] rows of `ids`, the most often pruned id first */
};

enum ib_status ib_prune_counts_read(struct ib_prune_counts *t, struct ib_audit_log *log,
				    struct ib_error *err);
void ib_prune_counts_release(struct ib_prune_counts *t);

/*
 * Write a table of the ids, the most often pruned id first. If `pruned` is true, leave out the ids
 * that were never pruned. If `drawn` is true, leave out the ids that were never kept with pi < 1.
 * If top is not 0, write at most `top` rows.
 */
enum ib_status ib_prune_counts_write(const struct ib_prune_counts *t, bool pruned, bool drawn,
				     uint64_t top, const struct ib_table_target *to,
				     struct ib_error *err);

#endif
