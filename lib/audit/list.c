/* List the samples of one epoch, or count how often each id was pruned. */
#include <math.h>
#include <stdlib.h>

#include "audit/by.h"
#include "audit/prune_counts.h"
#include "audit/subcommands.h"
#include "base/array.h"
#include "base/error.h"

/* ---- one epoch -------------------------------------------------------------- */

static const struct ib_column columns[] = {
	{ "id", "id", .align_left = true },
	{ .name = "epoch", .heading = NULL },
	{ .name = "score", .heading = "score" },
	{ .name = "pi", .heading = "pi", .style = IB_STYLE_SHORT, .drop_order = 1 },
	{ .name = "u", .heading = "u", .drop_order = 2 },
	{ "fate", "fate", .align_left = true },
};

static void
write_line(struct ib_text_table *table, const struct ib_run_header *head,
	   const struct ib_audit_line *line)
{
	uint64_t key = ib_draw_key(head->options.seed, (uint64_t)head->options.epoch);

	ib_text_table_row(table, (struct ib_cell[]){
					 IB_TEXT(line->id),
					 IB_COUNT((uint64_t)head->options.epoch),
					 IB_SCORE(line->score),
					 IB_REAL(line->pi),
					 IB_REAL(ib_draw_u(key, line->id)),
					 IB_TEXT(ib_span_of(line->kept ? "drawn" : "pruned")),
				 });
}

/*
 * The lines with the lowest scores so far; --top is the maximum number of lines. v[] is a heap with
 * the highest score in v[0].
 */
struct lowest_lines {
	struct numbered_line {
		struct ib_audit_line line;
		/* position of the line in the run; it orders lines with equal scores */
		uint64_t number;
	} * v;
	size_t n, cap;
};

static bool
sorts_after(const struct numbered_line *a, const struct numbered_line *b)
{
	bool x = isnan(a->line.score), y = isnan(b->line.score);

	if (x != y)
		return x;
	if (!x && a->line.score != b->line.score)
		return a->line.score > b->line.score;
	return a->number > b->number;
}

static int
by_score(const void *a, const void *b)
{
	return sorts_after(a, b) ? 1 : -1;
}

static void
sift_down(struct lowest_lines *h, size_t i)
{
	struct numbered_line x = h->v[i];
	size_t child;

	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && sorts_after(&h->v[child + 1], &h->v[child]))
			child++;
		if (!sorts_after(&h->v[child], &x))
			break;
		h->v[i] = h->v[child];
		i = child;
	}
	h->v[i] = x;
}

/*
 * Add a line if its score is among the `top` lowest scores. Copies the id. Returns false if out of
 * memory.
 */
static bool
add_lowest(struct lowest_lines *h, uint64_t top, const struct ib_audit_line *line, uint64_t number)
{
	struct numbered_line x = { *line, number };
	size_t i;

	if (h->n == top && !sorts_after(&h->v[0], &x))
		return true;
	x.line.id.p = ib_span_dup(line->id);
	if (!x.line.id.p)
		return false;
	if (h->n == top) {
		free((void *)(uintptr_t)h->v[0].line.id.p);
		h->v[0] = x;
		sift_down(h, 0);
		return true;
	}
	if (!ib_array_reserve(&h->v, &h->cap, h->n + 1, sizeof(*h->v))) {
		free((void *)(uintptr_t)x.line.id.p);
		return false;
	}
	h->v[h->n++] = x;
	for (i = h->n == top ? h->n / 2 : 0; i-- > 0;)
		sift_down(h, i);
	return true;
}

static void
write_lowest(struct lowest_lines *h, struct ib_text_table *table, const struct ib_run_header *head)
{
	size_t i;

	if (h->n > 0)
		qsort(h->v, h->n, sizeof(*h->v), by_score);
	for (i = 0; i < h->n; i++)
		write_line(table, head, &h->v[i].line);
}

/* Find an epoch (-e) in the log. Sets *i to its index for ib_audit_log_epoch(). */
static enum ib_status
find_epoch(const struct ib_audit_log *log, int64_t epoch, size_t *i, struct ib_error *err)
{
	for (*i = 0; *i < ib_audit_log_epochs(log); ++*i)
		if (ib_audit_log_epoch(log, *i)->head.options.epoch == epoch)
			return IB_OK;
	return ib_fail(err, IB_E_DATA, "%s: the log has no finished run of epoch %lld",
		       ib_audit_log_name(log), (long long)epoch);
}

static enum ib_status
write_lines(const struct ib_audit_options *o, struct ib_audit_log *log,
	    const struct ib_audit_run *run, struct ib_text_table *table, struct ib_error *err)
{
	const struct ib_audit_line *line;
	struct lowest_lines lowest = { 0 };
	enum ib_status st;
	uint64_t number = 0;
	size_t n, i;

	st = ib_audit_lines_begin(log, run, false, err);
	while (!st && !(st = ib_audit_lines_next(log, &line, &n, err))) {
		for (i = 0; i < n && !st; i++) {
			if (line[i].kept ? o->pruned : o->drawn)
				continue;
			if (o->top == 0)
				write_line(table, &run->head, &line[i]);
			else if (!add_lowest(&lowest, o->top, &line[i], number++))
				st = ib_fail_memory(err);
		}
	}
	if (st == IB_EOF) {
		st = IB_OK;
		write_lowest(&lowest, table, &run->head);
	}
	for (i = 0; i < lowest.n; i++)
		free((void *)(uintptr_t)lowest.v[i].line.id.p);
	free(lowest.v);
	return st;
}

static enum ib_status
list_epoch(const struct ib_audit_options *o, struct ib_audit_log *log, struct ib_output *out,
	   struct ib_error *err)
{
	struct ib_text_table *table;
	enum ib_status st;
	size_t i;

	st = find_epoch(log, o->epoch, &i, err);
	if (st)
		return st;
	table = ib_text_table_new("lines", columns, sizeof(columns) / sizeof(*columns),
				  &(struct ib_table_target){ o, out, NULL });
	st = write_lines(o, log, ib_audit_log_epoch(log, i), table, err);
	if (!st)
		st = ib_text_table_end(&table, err);
	ib_text_table_discard(table);
	return st;
}

/* ---- all epochs ------------------------------------------------------------- */

static enum ib_status
list_all(const struct ib_audit_options *o, struct ib_audit_log *log, struct ib_output *out,
	 struct ib_error *err)
{
	struct ib_prune_counts t;
	enum ib_status st = ib_prune_counts_read(&t, log, err);

	if (!st)
		st = ib_prune_counts_write(&t, o->pruned, o->drawn, o->top,
					   &(struct ib_table_target){ o, out, NULL }, err);
	ib_prune_counts_release(&t);
	return st;
}

/* Write the visits per value of the --by field, in all epochs or in the epoch of -e. */
static enum ib_status
list_values(const struct ib_audit_options *o, const struct ib_context *context,
	    struct ib_audit_log *log, struct ib_output *out, struct ib_error *err)
{
	size_t from = 0, to = ib_audit_log_epochs(log);
	enum ib_status st = IB_OK;

	if (o->epoch != IB_NO_EPOCH) {
		st = find_epoch(log, o->epoch, &from, err);
		to = from + 1;
	}
	return st ? st : ib_by_write_log(o, context, log, from, to, out, err);
}

enum ib_status
ib_audit_list(const struct ib_audit_options *o, const struct ib_context *context,
	      struct ib_output *out, struct ib_error *err)
{
	struct ib_audit_log *log = NULL;
	enum ib_status st = ib_audit_log_open(o->operands.v[0], context, &log, err);

	if (!st && o->by)
		st = list_values(o, context, log, out, err);
	else if (!st)
		st = o->epoch == IB_NO_EPOCH ? list_all(o, log, out, err)
					     : list_epoch(o, log, out, err);
	ib_audit_log_close(log);
	return st;
}
