/*
 * Read the operands in blocks with several threads, and pass the batches to the
 * consumer.
 */
#include "score/loss_logs.h"

#include <stdlib.h>

#include "base/error.h"
#include "record/scan.h"
#include "score/npz_loss_log.h"
#include "score/epochname.h"
#include "score/score_rows.h"
#include "score/scores.h"

/* A block and the batch that is read from the block. */
struct slot {
	struct ib_scan_block in;
	struct ib_loss_batch batch;
	bool rows; /* true if the operand is a score file */
	int64_t epoch;
};

struct run {
	const struct ib_loss_logs_options *options;
	const struct ib_context *context;
	const struct ib_loss_logs_consumer *consumer;
	struct ib_loss_counts *counts;
	struct ib_loss_reader log;
	/* State of the operand whose blocks are being read: */
	bool rows;
	int64_t epoch;
	/* State of the operand whose batches are being consumed: */
	uint64_t read; /* value of counts->read at the start of the operand */
	bool refused;  /* true if a record of the operand was invalid or truncated */
	bool noted;    /* true if a note was printed, for this operand or an earlier one */
	struct ib_empty_operands empty;
};

/* ---- names with an epoch ---------------------------------------------------- */

struct named {
	const char *path;
	int64_t epoch;
	size_t position;
};

static int
by_epoch(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->epoch != y->epoch)
		return x->epoch < y->epoch ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

/* Sort the operands by the epochs in their names (-e name). */
static enum ib_status
order_by_name(struct ib_list *list, const char *pattern, const char ***sorted, struct ib_error *err)
{
	struct named *named = calloc(list->n + 1, sizeof(*named));
	const char **paths = calloc(list->n + 1, sizeof(*paths));
	enum ib_status st = IB_OK;
	size_t i;

	if (!named || !paths) {
		st = ib_fail_memory(err);
		goto done;
	}
	for (i = 0; i < list->n; i++) {
		named[i] = (struct named){ .path = list->v[i], .position = i };
		st = ib_epochname_read(list->v[i], pattern, &named[i].epoch, err);
		if (st)
			goto done;
	}
	qsort(named, list->n, sizeof(*named), by_epoch);
	for (i = 0; i < list->n; i++)
		paths[i] = named[i].path;
	list->v = *sorted = paths;
	paths = NULL;
done:
	free(named);
	free(paths);
	return st;
}

/* ---- call-backs of the scan --------------------------------------------------- */

/* Determine the settings of an operand, which are the same for all blocks of the operand. */
static enum ib_status
begin_block(struct ib_scan *scan, void *block, struct ib_error *err)
{
	struct run *run = scan->ctx;
	struct slot *s = block;
	const struct ib_log_options *log = run->options->log;
	enum ib_status st = IB_OK;

	if (s->in.block.first) {
		run->rows = false;
		if (!s->in.block.special)
			st = ib_loss_reader_is_rows(&run->log, &s->in.block, &run->rows, err);
		run->epoch = log->epoch;
		if (log->epoch_by_name)
			st = ib_epochname_read(s->in.block.source->path, log->epoch_pattern,
					       &run->epoch, err);
	}
	s->rows = run->rows;
	s->epoch = run->epoch;
	return st;
}

static enum ib_status
parse_block(const struct ib_scan *scan, void *block, struct ib_error *err)
{
	const struct run *run = scan->ctx;
	struct slot *s = block;

	ib_loss_reader_read(&run->log, &s->in.cursor, s->rows, s->epoch, &s->batch);
	return s->batch.failed ? ib_fail_memory(err) : IB_OK;
}

static void
release_block(void *block)
{
	struct slot *s = block;

	ib_loss_batch_release(&s->batch);
}

/* Count the operand as empty if it had no records. Fail if it had only invalid records. */
static enum ib_status
check_read(struct run *run, const char *name, struct ib_error *err)
{
	if (run->counts->read > run->read)
		return IB_OK;
	if (run->refused)
		return ib_fail(err, IB_E_DATA, "%s: no record is valid", name);
	ib_empty_operands_add(&run->empty, name);
	return IB_OK;
}

static enum ib_status
end_operand(struct ib_scan *scan, struct ib_error *err)
{
	struct run *run = scan->ctx;
	const char *name = scan->source->name;
	enum ib_status st = check_read(run, name, err);

	run->read = run->counts->read;
	run->refused = false;
	if (st || !run->consumer->end)
		return st;
	return run->consumer->end(run->consumer->ctx, name, err);
}

static enum ib_status
report_problem(struct ib_scan *scan, const struct ib_problem *problem, struct ib_error *err)
{
	struct run *run = scan->ctx;
	const char *name = scan->source->name;
	unsigned long long line = scan->line + problem->line;

	run->refused |= ib_problem_excludes_record(problem);
	switch (problem->kind) {
	case IB_LAST_LINE_DROPPED:
		ib_warn(run->context, "%s:%llu: skipped the last line, which is truncated: %s",
			name, line, problem->text);
		return IB_OK;
	case IB_PROBLEM_NOTE:
		if (run->noted)
			return IB_OK;
		run->noted = true;
		/* fall through */
	case IB_LAST_LINE_KEPT:
		ib_warn(run->context, "%s:%llu: %s", name, line, problem->text);
		return IB_OK;
	case IB_PROBLEM_USAGE:
		return ib_fail(err, IB_E_MISUSE, "%s:%llu: %s", name, line, problem->text);
	case IB_BAD_RECORD:
		break;
	}
	if (run->counts->bad == run->options->log->max_bad)
		return ib_fail(err, IB_E_DATA, "%s:%llu: %s", name, line, problem->text);
	run->counts->bad++;
	return IB_OK;
}

static void
add_to_digest(void *ctx, const void *p, size_t n)
{
	ib_reader_add_to_digest(ctx, p, n);
}

/* Warn if an archive lacks the array that --epoch-field names. */
static void
warn_about_epoch_array(const struct run *run, const struct ib_npz *z, const char *name)
{
	const char *field = run->options->log->epoch_field;
	char show[IB_SHOW_MAX], list[200];

	if (!field || ib_npz_single(z) || ib_npz_find_array(z, ib_span_of(field)))
		return;
	ib_npz_list_arrays(z, list, sizeof(list));
	ib_warn(run->context, "%s: has no array %s for --epoch-field; its arrays: %s", name,
		ib_show(show, ib_span_of(field)), list);
}

static enum ib_status
use_archive(struct ib_scan *scan, struct slot *slot, struct ib_error *err)
{
	struct run *run = scan->ctx;
	struct ib_block *block = &slot->in.block;
	const char *name = block->source->name;
	struct ib_scores *s = NULL;
	struct ib_npz *z = NULL;
	enum ib_status st;

	if (block->source->format == IB_FORMAT_NPY)
		st = ib_npz_open_array(block->input, &z, err);
	else
		st = ib_npz_open(block->input, &z, err);
	if (!st && run->options->digest)
		st = ib_npz_feed(z, 1, add_to_digest, scan->reader, err);
	if (!st && ib_npz_is_loss_log(z)) {
		warn_about_epoch_array(run, z, name);
		st = ib_npz_loss_log_read(&run->log, z, block->source, slot->epoch, run->consumer,
					  run->counts, err);
		goto done;
	}
	if (!st)
		st = ib_scores_new(&s, err);
	if (!st)
		st = ib_scores_from_npz(z, name, s, err);
	/*
	 * Count the rows before the consumer is called, because the consumer may move them away.
	 * Add 1 for a partition, so that a partition without rows is not reported as empty.
	 */
	if (!st)
		run->counts->read += s->table.n + (s->part.count > 0);
	if (!st)
		st = run->consumer->scores(run->consumer->ctx, s, name, err);
	if (!st)
		run->counts->records += s->table.n;
done:
	ib_scores_free(s);
	ib_npz_close(z);
	return st;
}

static enum ib_status
use_totals(struct run *run, struct ib_block *block, struct ib_error *err)
{
	struct ib_totals_file *t = NULL;
	enum ib_status st = ib_totals_file_read(block->input, &t, err);

	if (!st && !run->consumer->totals)
		st = ib_fail(err, IB_E_DATA, "%s: is a totals file, not a loss log",
			     block->source->name);
	if (!st)
		st = run->consumer->totals(run->consumer->ctx, t, block->source->name, err);
	run->counts->read += !st;
	ib_totals_file_free(t);
	return st;
}

static enum ib_status
use_special(struct ib_scan *scan, struct slot *s, struct ib_error *err)
{
	const struct ib_source *source = s->in.block.source;
	const struct run *run = scan->ctx;

	switch (source->format) {
	case IB_FORMAT_NPZ:
	case IB_FORMAT_NPY:
		return use_archive(scan, s, err);
	case IB_FORMAT_TOTALS:
		return use_totals(scan->ctx, &s->in.block, err);
	default:
		return ib_fail(err, IB_E_DATA, "%s: a tar file cannot be a loss log%s",
			       source->name,
			       run->options->want_skipped ? " (if there are several manifests, "
							    "give --expect before each)"
							  : "");
	}
}

static enum ib_status
use_batch(struct ib_scan *scan, struct ib_loss_batch *batch, struct ib_error *err)
{
	struct run *run = scan->ctx;
	enum ib_status st;
	size_t i;

	for (i = 0; i < batch->problems.n; i++) {
		st = report_problem(scan, &batch->problems.v[i], err);
		if (st)
			return st;
	}
	ib_loss_counts_add(run->counts, &batch->counts);
	return run->consumer->batch(run->consumer->ctx, batch, err);
}

static enum ib_status
use_block(struct ib_scan *scan, void *block, struct ib_error *err)
{
	const struct run *run = scan->ctx;
	struct slot *s = block;
	enum ib_status st;

	st = s->in.block.special ? use_special(scan, s, err) : use_batch(scan, &s->batch, err);
	scan->records = run->counts->records;
	return st;
}

/* ---- the run ---------------------------------------------------------------- */

static enum ib_status
scan_logs(struct run *run, const struct ib_reader_options *r, struct ib_error *err)
{
	struct ib_scan scan = {
		.context = run->context,
		.block_size = sizeof(struct slot),
		.ctx = run,
		.begin_block = begin_block,
		.parse_block = parse_block,
		.use_block = use_block,
		.end_operand = end_operand,
		.release_block = release_block,
	};
	enum ib_status st = ib_reader_new(r, &scan.reader, err);

	if (!st)
		st = ib_scan_run(&scan, err);
	if (!st && run->options->warn_empty)
		ib_empty_operands_warn(&run->empty, run->context);
	if (!st && run->options->digest)
		ib_reader_write_digest(scan.reader, run->options->digest);
	ib_reader_free(scan.reader);
	return st;
}

enum ib_status
ib_loss_logs_read(const struct ib_loss_logs_options *o, const struct ib_context *context,
		  const struct ib_loss_logs_consumer *consumer, struct ib_loss_counts *counts,
		  struct ib_error *err)
{
	struct run run = {
		.options = o,
		.context = context,
		.consumer = consumer,
		.counts = counts,
	};
	struct ib_reader_options r = {
		.elements = true,
		.operands = o->operands,
		.format = o->log->format,
		.otherwise = IB_FORMAT_JSONL,
		.key = o->log->key,
		.key_option = o->fixed_fields ? "ib-score -k" : "-k",
		.line_per_operand = true,
		.archives = true,
		.bad_first = o->log->max_bad > 0,
		.digest = o->digest != NULL,
		.context = context,
	};
	const char **ordered = NULL;
	enum ib_status st;

	*counts = (struct ib_loss_counts){ 0 };
	st = ib_loss_reader_init(&run.log, o->log, o->weight_field, err);
	if (st)
		return st;
	run.log.epoch_required = o->epoch_required;
	run.log.want_skipped = o->want_skipped;
	run.log.fixed_fields = o->fixed_fields;
	r.wanted = run.log.wanted;
	r.nwanted = run.log.nwanted;
	if (o->log->epoch_by_name)
		st = order_by_name(&r.operands, o->log->epoch_pattern, &ordered, err);
	if (!st)
		st = scan_logs(&run, &r, err);
	free(ordered);
	return st;
}
