/*
 * For each id, count the epochs in which the id was pruned, and the epochs in which the id was
 * drawn: kept although its pi was below 1.
 */
#include "audit/prune_counts.h"

#include <stdlib.h>

#include "audit/subcommands.h"
#include "base/array.h"
#include "base/error.h"
#include "base/sort.h"

/* Reserve counters for `rows` rows. New counters are 0. */
static bool
reserve_rows(struct ib_prune_counts *t, uint64_t rows)
{
	size_t old = t->cap;

	if (!ib_array_reserve(&t->count, &t->cap, rows, sizeof(*t->count)))
		return false;
	if (t->cap > old)
		memset(t->count + old, 0, (t->cap - old) * sizeof(*t->count));
	return true;
}

/*
 * Count a line of one id. Several pruned lines in one epoch count as one, and so do several kept
 * lines.
 */
static void
count_line(struct ib_prune_count *c, bool kept, int32_t epoch)
{
	uint32_t *count = kept ? &c->drawn : &c->pruned;
	int32_t *last = kept ? &c->last_drawn : &c->last_pruned;

	if (*count > 0 && *last == epoch)
		return;
	++*count;
	*last = epoch;
}

static enum ib_status
add_group(struct ib_prune_counts *t, const struct ib_audit_line *line, size_t n, int64_t epoch,
	  struct ib_error *err)
{
	struct ib_id id[IB_GROUP];
	uint32_t row[IB_GROUP];
	enum ib_status st;
	size_t i;

	for (i = 0; i < n; i++)
		id[i] = ib_id_of(line[i].id, 0);
	st = ib_table_intern_group(&t->ids, id, n, row, err);
	if (!st && !reserve_rows(t, t->ids.n))
		st = ib_fail_memory(err);
	for (i = 0; i < n && !st; i++)
		count_line(&t->count[row[i]], line[i].kept, (int32_t)epoch);
	return st;
}

/* Set t->order to the rows of the ids, the most often pruned id first. */
static enum ib_status
sort_rows(struct ib_prune_counts *t, struct ib_error *err)
{
	uint32_t *key = ib_array(t->ids.n, sizeof(*key)), most = 0;
	uint64_t *first, i;

	for (i = 0; i < t->ids.n; i++)
		if (t->count[i].pruned > most)
			most = t->count[i].pruned;
	first = ib_array_zeroed((uint64_t)most + 2, sizeof(*first));
	t->order = ib_array(t->ids.n, sizeof(*t->order));
	if (key && first && t->order) {
		for (i = 0; i < t->ids.n; i++)
			key[i] = most - t->count[i].pruned;
		ib_sort_index(key, t->ids.n, most + 1, first, t->order);
	}
	free(key);
	free(first);
	return key && first && t->order ? IB_OK : ib_fail_memory(err);
}

enum ib_status
ib_prune_counts_read(struct ib_prune_counts *t, struct ib_audit_log *log, struct ib_error *err)
{
	const struct ib_audit_line *line;
	const struct ib_audit_run *run;
	enum ib_status st = IB_OK;
	size_t e, n, i, k;

	*t = (struct ib_prune_counts){ 0 };
	ib_table_init(&t->ids);
	for (e = 0; e < ib_audit_log_epochs(log) && !st; e++) {
		run = ib_audit_log_epoch(log, e);
		st = ib_audit_lines_begin(log, run, false, err);
		while (!st && !(st = ib_audit_lines_next(log, &line, &n, err))) {
			for (i = 0; i < n && !st; i += k) {
				k = n - i < IB_GROUP ? n - i : IB_GROUP;
				st = add_group(t, line + i, k, run->head.options.epoch, err);
			}
		}
		st = st == IB_EOF ? IB_OK : st;
	}
	return st ? st : sort_rows(t, err);
}

void
ib_prune_counts_release(struct ib_prune_counts *t)
{
	ib_table_release(&t->ids);
	free(t->count);
	free(t->order);
	*t = (struct ib_prune_counts){ 0 };
}

static const struct ib_column columns[] = {
	{ "id", "id", .report_heading = "sample", .align_left = true },
	{ "pruned", "pruned", .report_heading = "times pruned" },
	{ "drawn", "drawn", .report_heading = "kept by draw" },
	{ "last", "last", .report_heading = "last pruned in epoch" },
};

enum ib_status
ib_prune_counts_write(const struct ib_prune_counts *t, bool pruned, bool drawn, uint64_t top,
		      const struct ib_table_target *to, struct ib_error *err)
{
	const struct ib_prune_count *c;
	struct ib_text_table *table;
	uint64_t i, n = 0, most = ib_audit_top_rows(top, (size_t)t->ids.n);

	table = ib_text_table_new("pruned", columns, sizeof(columns) / sizeof(*columns), to);
	for (i = 0; i < t->ids.n && n < most; i++) {
		c = &t->count[t->order[i]];
		if ((pruned && c->pruned == 0) || (drawn && c->drawn == 0))
			continue;
		n++;
		ib_text_table_row(table,
				  (struct ib_cell[]){
					  IB_TEXT(ib_table_id(&t->ids, t->order[i])),
					  IB_COUNT(c->pruned),
					  IB_COUNT(c->drawn),
					  c->pruned ? IB_COUNT((uint64_t)c->last_pruned) : IB_NONE,
				  });
	}
	return ib_text_table_end(&table, err);
}
