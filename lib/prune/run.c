/* One run of ib-prune: scores and a manifest -> the epoch's manifest. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/pipeline.h"
#include "prune/inputs.h"
#include "prune/block.h"
#include "prune/receipt.h"
#include "prune/rules.h"
#include "prune/shard.h"
#include "prune/outputs.h"
#include "prune/audit_writer.h"

struct run {
	const struct ib_prune_options *options;
	const struct ib_context *context;
	struct ib_prune_result *result;
	struct ib_prune_inputs basis;
	struct ib_rule *rule;
	struct ib_annotate splice;
	struct ib_duplicate_check seen;
	struct ib_pruner pruner;
	_Atomic uint64_t looked_up;
	struct ib_reader *reader;
	struct ib_prune_outputs targets;
	struct ib_audit_writer *audit; /* of -a; NULL: none */
	struct ib_run_stats tally;
	struct ib_dry_run plan;
	struct ib_unseen unseen; /* ids without a row */
	struct ib_digests digests;
	char (*output)[33];		/* of the digests */
	const struct ib_source *source; /* being drained */
	uint64_t lines;			/* of it, before the block */
	uint64_t records;		/* of all before the block; lists: lines */
	_Atomic bool shard;		/* a tar is on its way, see ready() */
};

/* ---- the pipeline --------------------------------------------------------------- */

static enum ib_status
fill(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_pruned *b = slot;
	enum ib_status st = ib_reader_next(run->reader, &b->block, err);

	run->shard = !st && b->block.special;
	return st;
}

/*
 * A tar is read where it is drained, and its bytes are a part of the digest of
 * all operands: nothing behind it may be read before.
 */
static bool
ready(const void *ctx)
{
	const struct run *run = ctx;

	return !run->shard;
}

static enum ib_status
work(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_pruned *b = slot;

	if (b->block.special)
		return IB_OK;
	ib_prune_block(&run->pruner, b);
	return b->failed ? ib_fail_memory(err) : IB_OK;
}

static enum ib_status
begin_operand(struct run *run, const struct ib_source *source, struct ib_error *err)
{
	bool same = run->source && run->source->operand == source->operand;

	run->source = source;
	ib_unseen_note_key(&run->unseen, &source->key);
	if (same)
		return IB_OK;
	if (run->options->id_field &&
	    (source->format == IB_FORMAT_LIST || source->format == IB_FORMAT_TAR))
		return ib_fail(err, IB_E_MISUSE,
			       "%s: --id-field is not for "
			       "list and tar",
			       source->name);
	run->lines = source->first_line;
	return ib_prune_outputs_begin(&run->targets, source, err);
}

/* Segments of one file share its path: what makes their ids differ? */
static void
describe_remedy(const struct ib_key *key, char *text, size_t size)
{
	struct ib_span name = key->name[0];

	if (key->kind == IB_KEY_FIELDS && key->n == 1 && name.n < 40)
		snprintf(text, size,
			 "for several segments of one file use a "
			 "composite key such as -k %.*s,offset; ",
			 (int)name.n, name.p);
	else
		*text = '\0';
}

static enum ib_status
report_twice(struct run *run, struct ib_pruned *b, size_t i, struct ib_error *err)
{
	char show[IB_SHOW_MAX];
	struct ib_span id = { "", 0 };
	char remedy[160];
	uint64_t line = 0;

	describe_remedy(&run->source->key, remedy, sizeof(remedy));
	ib_pruned_find(&run->pruner, b, i, &line, &id);
	return ib_fail(err, IB_E_DATA,
		       "%s:%llu: the id %s appears twice: %s"
		       "--allow-duplicates gives both records one decision",
		       run->source->name, (unsigned long long)(run->lines + line),
		       ib_show(show, id), remedy);
}

/* The i-th of a block's unseen ids is which of its records? */
static size_t
place_of_unseen(const struct ib_pruned *b, size_t i)
{
	size_t k;

	for (k = 0; k < b->nrows; k++)
		if (b->row[k] == IB_NO_ROW && i-- == 0)
			break;
	return k;
}

static enum ib_status
check_twice(struct run *run, struct ib_pruned *b, struct ib_error *err)
{
	bool any = run->options->allow_duplicates;
	size_t i, twice;
	enum ib_status st;

	for (i = 0; i < b->nrows; i++)
		if (b->row[i] != IB_NO_ROW && ib_duplicate_check_row(&run->seen, b->row[i]) && !any)
			return report_twice(run, b, i, err);
	if (b->nunseen == 0 || any)
		return IB_OK;
	st = ib_duplicate_check_unseen(&run->seen, b->unseen, b->nunseen, &twice, err);
	if (!st && twice != SIZE_MAX)
		st = report_twice(run, b, place_of_unseen(b, twice), err);
	return st;
}

static enum ib_status
drain_shard(struct run *run, struct ib_pruned *b, struct ib_error *err)
{
	struct ib_shard_run r = {
		.pruner = &run->pruner,
		.b = b,
		.seen = &run->seen,
		.lost = &run->unseen,
		.targets = &run->targets,
		.reader = run->reader,
		.context = run->context,
		.before = run->records,
	};
	enum ib_status st = ib_prune_shard(&r, err);

	if (!st && b->audit.text.failed)
		st = ib_fail_memory(err);
	ib_input_close(b->block.input);
	b->block.input = NULL;
	b->lines = 0;
	b->numbers = r.samples;
	return st;
}

static enum ib_status
drain_records(struct run *run, struct ib_pruned *b, struct ib_error *err)
{
	enum ib_status st = check_twice(run, b, err);

	if (st)
		return st;
	ib_unseen_add_block(&run->unseen, b->nunseen, &b->lost);
	st = ib_prune_outputs_write(&run->targets, b, run->records, err);
	if (!st && b->bad)
		st = ib_fail(err, IB_E_DATA, "%s:%llu: %s", run->source->name,
			     (unsigned long long)(run->lines + b->bad_line), b->why);
	return st;
}

static enum ib_status
drain(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_pruned *b = slot;
	enum ib_status st = begin_operand(run, b->block.source, err);

	if (!st)
		st = b->block.special ? drain_shard(run, b, err) : drain_records(run, b, err);
	if (st)
		return st;
	ib_run_stats_merge(&run->tally, &b->tally);
	if (run->options->dry_run)
		ib_dry_run_merge(&run->plan, &b->plan);
	if (run->audit)
		ib_audit_writer_put(run->audit, &b->audit);
	run->lines += b->lines;
	run->records += b->numbers;
	if (b->block.special)
		run->shard = false;
	ib_reader_tell(run->reader, run->tally.samples);
	return ib_prune_outputs_status(&run->targets, err);
}

static enum ib_status
read_manifest(struct run *run, struct ib_error *err)
{
	int threads = ib_pipeline_threads(run->context);
	struct ib_pipeline p = {
		.fill = fill,
		.work = work,
		.drain = drain,
		.ready = ready,
		.ctx = run,
		.slot_size = sizeof(struct ib_pruned),
		.nslots = ib_pipeline_slots(threads),
	};
	struct ib_pruned *slots = calloc(p.nslots, sizeof(*slots));
	enum ib_status st;
	size_t i;

	if (!slots)
		return ib_fail_memory(err);
	p.slots = slots;
	st = ib_pipeline_run(&p, threads, err);
	for (i = 0; i < p.nslots; i++)
		ib_pruned_release(&slots[i]);
	free(slots);
	return st;
}

/* ---- afterwards ----------------------------------------------------------------- */

/* A wrong key prunes nothing, or the wrong samples, in silence. */
static enum ib_status
warn_of_unseen(struct run *run, uint64_t samples, struct ib_error *err)
{
	const struct ib_scores *scores = run->basis.scores;
	struct ib_unseen_run of = {
		.options = run->options,
		.scores = scores,
		.seen = &run->seen,
		.samples = samples,
		.context = run->context,
	};

	if (!scores || scores->table.n == 0 || !run->rule->kind->needs_scores)
		return IB_OK;
	return ib_unseen_warn(&run->unseen, &of, err);
}

static enum ib_status
check_unseen(struct run *run, struct ib_error *err)
{
	const struct ib_scores *scores = run->basis.scores;
	uint64_t samples = run->tally.samples;
	enum ib_status st = warn_of_unseen(run, samples, err);

	if (st || !scores || scores->table.n == 0 || !run->rule->kind->needs_scores)
		return st;
	return ib_unseen_check(&run->unseen, run->options, samples, err);
}

static enum ib_status
take_output_digests(struct run *run, struct ib_error *err)
{
	struct ib_output **out;
	size_t n, i;

	out = ib_prune_outputs_manifests(&run->targets, &n);
	run->output = calloc(n, sizeof(*run->output));
	if (!run->output)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++)
		ib_output_digest(out[i], run->output[i]);
	run->digests.output = (const char(*)[33])run->output;
	run->digests.noutputs = n;
	run->digests.many = run->targets.split || run->targets.ndone > 0;
	return IB_OK;
}

static enum ib_status
open_audit_log(struct run *run, struct ib_error *err)
{
	enum ib_status st;
	char *head;

	if (!run->options->audit || run->options->dry_run)
		return IB_OK;
	st = ib_audit_writer_open(run->options->audit, run->context, &run->audit, err);
	if (st)
		return st;
	head = ib_receipt_head(run->rule, run->options, &run->digests);
	st = head ? ib_audit_writer_head(run->audit, head, err) : ib_fail_memory(err);
	free(head);
	return st;
}

/* The run's place in the audit log. */
struct entry {
	struct ib_audit_writer *writer;
	struct ib_audit_tail tail;
};

static enum ib_status
lock_log(void *ctx, struct ib_error *err)
{
	struct entry *e = ctx;

	return ib_audit_writer_lock(e->writer, &e->tail, err);
}

static enum ib_status
append_to_log(void *ctx, struct ib_error *err)
{
	struct entry *e = ctx;

	return ib_audit_writer_append(e->writer, err);
}

static void
take_from_log(void *ctx)
{
	struct entry *e = ctx;

	ib_audit_writer_undo(e->writer);
}

/* The outputs appear, and the run in the audit log: both or neither. */
static enum ib_status
commit(struct run *run, struct ib_output **receipt, const struct ib_prune_result *r,
       struct ib_error *err)
{
	struct entry e = {
		.writer = run->audit,
		.tail = {
			.epoch = run->options->rule.epoch,
			.samples = r->samples, .kept = r->kept,
			.pruned = r->pruned, .weight_sum = r->weight_sum,
		},
	};
	struct ib_output_also log = {
		.ready = lock_log,
		.put = append_to_log,
		.undo = take_from_log,
		.ctx = &e,
	};

	memcpy(e.tail.manifest, run->digests.manifest, sizeof(e.tail.manifest));
	return ib_prune_outputs_commit(&run->targets, *receipt ? receipt : NULL,
				       run->audit ? &log : NULL, err);
}

/*
 * A mapped score file is not checked as it is looked up. A run that needs a
 * few rows of many must not read it all; any other has done so, and checks
 * before anything of its own appears: 0.361 s, without 0.355 (3*10^6 records
 * of 67 bytes, -T 1, tmpfs, AMD EPYC).
 */
#define FEW_OF_ROWS 8

static enum ib_status
check_scores(const struct run *run, struct ib_error *err)
{
	const struct ib_scores *s = run->basis.scores;

	if (!s || (!run->options->dry_run && run->looked_up < s->table.n / FEW_OF_ROWS))
		return IB_OK;
	return ib_scores_check_mapped(s, run->options->rule.max_age > 0, err);
}

/* --dry-run: over the manifest, or over the known rows where none is given. */
static enum ib_status
plan(struct run *run, struct ib_error *err)
{
	const struct ib_prune_options *o = run->options;
	enum ib_status st = IB_OK;

	if (o->operands.n > 0)
		st = read_manifest(run, err);
	else
		ib_dry_run_rows(&run->plan, run->rule);
	if (!st)
		st = check_scores(run, err);
	if (!st && o->operands.n > 0)
		st = warn_of_unseen(run, run->plan.samples, err);
	if (!st)
		st = ib_dry_run_write(&run->plan, run->rule, o->dry_run_table,
				      run->targets.main.out, err);
	return st ? st : ib_prune_outputs_commit(&run->targets, NULL, NULL, err);
}

static enum ib_status
finish(struct run *run, struct ib_error *err)
{
	const struct ib_prune_options *o = run->options;
	struct ib_output *receipt = NULL;
	struct ib_prune_result result;
	enum ib_status st = check_scores(run, err);

	if (!st)
		st = check_unseen(run, err);
	if (st)
		return st;
	st = ib_prune_outputs_end(&run->targets, run->records, err);
	if (st)
		return st;
	ib_run_stats_result(&run->tally, run->rule, &result);
	if (run->result)
		*run->result = result;
	if (o->receipt || o->audit)
		ib_reader_digest(run->reader, run->digests.manifest);
	if (o->receipt) {
		st = take_output_digests(run, err);
		if (!st)
			st = ib_output_open(o->receipt, run->targets.flags, &receipt, err);
		if (!st)
			st = ib_receipt_write(run->rule, o, &result, &run->digests, receipt, err);
	}
	if (!st)
		st = commit(run, &receipt, &result, err);
	if (receipt)
		ib_output_discard(&receipt);
	return st;
}

/* ---- the run --------------------------------------------------------------------- */

/* `for e in $(seq 0 $E)` asks for an epoch too many: a full one. */
static void
warn_of_epoch(const struct run *run)
{
	const struct ib_rule_options *o = &run->options->rule;

	if (o->epochs == IB_NO_EPOCH || o->epoch < o->epochs)
		return;
	ib_warn(run->context,
		"-e %lld: with -E %lld the last epoch is %lld, "
		"as epochs count from 0; everything is kept",
		(long long)o->epoch, (long long)o->epochs, (long long)o->epochs - 1);
}

static enum ib_status
begin(struct run *run, struct ib_error *err)
{
	const struct ib_prune_options *o = run->options;
	struct ib_prune_inputs *basis = &run->basis;
	struct ib_reader_options r = {
		.operands = o->operands,
		.format = o->format,
		.otherwise = IB_FORMAT_LIST,
		.key = o->key,
		.header_lines = o->header_lines,
		.digest = o->receipt || o->audit,
		.any_value = o->weights,
		.context = run->context,
	};
	enum ib_status st = ib_rule_check(&o->rule, err);

	if (!st)
		warn_of_epoch(run);
	if (!st)
		st = ib_prune_inputs_load(basis, o, run->context, &run->digests, err);
	if (!st)
		st = ib_rule_prepare(&o->rule, basis->scores, basis->sums, run->context, &run->rule,
				     err);
	if (!st)
		st = ib_annotate_init(&run->splice, o, err);
	if (!st)
		st = ib_duplicate_check_init(&run->seen, basis->scores ? basis->scores->table.n : 0,
					     err);
	if (st)
		return st;
	run->pruner = (struct ib_pruner){
		.options = o,
		.rule = run->rule,
		.splice = &run->splice,
		.seen = &run->seen,
		.lost = &run->unseen,
		.looked_up = &run->looked_up,
	};
	ib_run_stats_init(&run->tally);
	ib_dry_run_init(&run->plan);
	r.wanted = run->splice.wanted;
	r.nwanted = run->splice.nwanted;
	st = open_audit_log(run, err);
	if (!st)
		st = ib_reader_new(&r, &run->reader, err);
	run->pruner.reader = run->reader;
	return st ? st : ib_prune_outputs_open(&run->targets, o, &run->splice, err);
}

enum ib_status
ib_prune_run(const struct ib_prune_options *options, const struct ib_context *context,
	     struct ib_prune_result *result, struct ib_error *err)
{
	struct run run = { .options = options, .context = context, .result = result };
	enum ib_status st;

	if (options->write_bins)
		return ib_prune_inputs_refine(options, context, err);
	st = begin(&run, err);
	if (!st && options->dry_run)
		st = plan(&run, err);
	else if (!st)
		st = read_manifest(&run, err);
	if (!st && !options->dry_run)
		st = finish(&run, err);
	ib_prune_outputs_discard(&run.targets);
	ib_audit_writer_discard(run.audit);
	ib_reader_free(run.reader);
	ib_duplicate_check_release(&run.seen);
	ib_unseen_release(&run.unseen);
	ib_annotate_release(&run.splice);
	ib_rule_free(run.rule);
	ib_prune_inputs_release(&run.basis);
	free(run.output);
	return st;
}
