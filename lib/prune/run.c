/*
 * One run of ib-prune: read scores and a manifest, and write an epoch manifest.
 *
 * The scan reads blocks, prunes the blocks in worker threads (parse_block) and merges the results
 * in manifest order (use_block). At the end, commit_outputs() makes the outputs appear and adds the
 * run to the audit log. If one of the outputs or the audit log cannot be committed, nothing is
 * committed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "prune/inputs.h"
#include "prune/block.h"
#include "prune/block_duplicates.h"
#include "prune/memory.h"
#include "prune/range.h"
#include "prune/receipt.h"
#include "prune/rules.h"
#include "prune/shard.h"
#include "prune/outputs.h"
#include "prune/audit_writer.h"

struct run {
	const struct ib_prune_options *options;
	const struct ib_context *context;
	struct ib_prune_result *result;
	struct ib_prune_inputs inputs;
	struct ib_rule *rule;
	struct ib_annotate annotate;
	struct ib_duplicate_check duplicates;
	struct ib_pruner pruner;
	_Atomic uint64_t looked_up;
	struct ib_reader *reader;
	struct ib_prune_outputs outputs;
	struct ib_audit_writer *audit; /* NULL without --audit */
	struct ib_run_stats stats;
	struct ib_dry_run dry_run;
	struct ib_unseen unseen; /* ids without a score */
	struct ib_digests digests;
	char (*output)[33]; /* storage for digests.output */
	/*
	 * The number of records before the current block, in all operands; the number of lines if
	 * the operands are lists.
	 */
	uint64_t records;
	uint64_t records_before; /* value of `records` at the start of the current operand */
	struct ib_empty_operands empty;
	bool explain_warned; /* true after the warning that --explain has no effect */
};

/* ---- the manifest --------------------------------------------------------------- */

static enum ib_status
parse_block(const struct ib_scan *scan, void *block, struct ib_error *err)
{
	const struct run *run = scan->ctx;
	struct ib_pruned *b = block;

	ib_prune_block(&run->pruner, b);
	return b->failed ? ib_fail_memory(err) : IB_OK;
}

static enum ib_status
begin_operand(struct run *run, const struct ib_source *source, struct ib_error *err)
{
	const struct ib_prune_options *o = run->options;
	bool has_fields = source->format != IB_FORMAT_LIST && source->format != IB_FORMAT_TAR;

	if (o->id_field && !has_fields)
		return ib_fail(err, IB_E_MISUSE,
			       "%s: --id-field cannot be used with lists and tar files",
			       source->name);
	if (o->explain && !has_fields && !run->explain_warned) {
		ib_warn(run->context, "%s: --explain does not change lists and tar files",
			source->name);
		run->explain_warned = true;
	}
	return ib_prune_outputs_begin(&run->outputs, source, err);
}

static enum ib_status
use_shard(struct run *run, struct ib_pruned *b, struct ib_error *err)
{
	struct ib_shard_run r = {
		.pruner = &run->pruner,
		.b = b,
		.duplicates = &run->duplicates,
		.unseen = &run->unseen,
		.outputs = &run->outputs,
		.reader = run->reader,
		.context = run->context,
		.before = run->records,
	};
	enum ib_status st = ib_prune_shard(&r, err);

	if (!st && b->audit.text.failed)
		st = ib_fail_memory(err);
	b->numbers = r.samples;
	return st;
}

static enum ib_status
use_records(const struct ib_scan *scan, struct ib_pruned *b, struct ib_error *err)
{
	struct run *run = scan->ctx;
	enum ib_status st = ib_block_check_duplicates(&run->pruner, &run->duplicates, b,
						      scan->source, scan->line, err);

	if (st)
		return st;
	ib_unseen_add_block(&run->unseen, b->ids.nunseen, &b->ids.examples);
	st = ib_prune_outputs_write(&run->outputs, &b->texts, run->records, err);
	if (!st && b->bad)
		st = ib_fail(err, IB_E_DATA, "%s:%llu: %s", scan->source->name,
			     (unsigned long long)(scan->line + b->bad_line), b->why);
	return st;
}

/*
 * Add the results of a block to the results of the run. The texts of the block have already been
 * written.
 */
static enum ib_status
merge_block(struct run *run, const struct ib_pruned *b, struct ib_error *err)
{
	ib_run_stats_merge(&run->stats, &b->stats);
	if (run->options->dry_run)
		ib_dry_run_merge(&run->dry_run, &b->dry_run);
	if (run->audit)
		ib_audit_writer_write(run->audit, &b->audit);
	run->records += b->numbers;
	return ib_prune_outputs_status(&run->outputs, err);
}

static enum ib_status
use_block(struct ib_scan *scan, void *block, struct ib_error *err)
{
	struct run *run = scan->ctx;
	struct ib_pruned *b = block;
	enum ib_status st = IB_OK;

	if (!run->options->range_given)
		ib_unseen_note_key(&run->unseen, &scan->source->key);
	if (b->in.block.first)
		st = begin_operand(run, scan->source, err);
	if (!st)
		st = b->in.block.special ? use_shard(run, b, err) : use_records(scan, b, err);
	if (!st)
		st = merge_block(run, b, err);
	scan->records = run->stats.samples;
	return st;
}

/*
 * Use a block of --range, which has row numbers and no text. Duplicates are not checked, because
 * row numbers are unique.
 */
static enum ib_status
use_rows(void *ctx, struct ib_pruned *b, struct ib_error *err)
{
	struct run *run = ctx;
	enum ib_status st;
	size_t i;

	for (i = 0; i < b->ids.n; i++)
		if (b->ids.row[i] != IB_NO_ROW)
			ib_duplicate_check_row(&run->duplicates, b->ids.row[i]);
	ib_unseen_add_block(&run->unseen, b->ids.nunseen, &b->ids.examples);
	st = ib_prune_outputs_write(&run->outputs, &b->texts, run->records, err);
	return st ? st : merge_block(run, b, err);
}

static enum ib_status
read_rows(struct run *run, struct ib_error *err)
{
	struct ib_range_run range = {
		.pruner = &run->pruner,
		.context = run->context,
		.use = use_rows,
		.ctx = run,
	};

	run->looked_up = run->options->range;
	return ib_range_run(&range, err);
}

/* Count the operand as empty if it had no records. --range 0 is not a mistake. */
static enum ib_status
end_operand(struct ib_scan *scan, struct ib_error *err)
{
	struct run *run = scan->ctx;

	(void)err;
	if (run->records == run->records_before && !run->options->range_given)
		ib_empty_operands_add(&run->empty, scan->source->name);
	run->records_before = run->records;
	return IB_OK;
}

static enum ib_status
read_manifest(struct run *run, struct ib_error *err)
{
	struct ib_scan scan = {
		.reader = run->reader,
		.context = run->context,
		.block_size = sizeof(struct ib_pruned),
		.ctx = run,
		.parse_block = parse_block,
		.use_block = use_block,
		.end_operand = end_operand,
		.release_block = ib_pruned_release,
	};
	enum ib_status st = run->reader ? ib_scan_run(&scan, err) : read_rows(run, err);

	if (!st)
		ib_empty_operands_warn(&run->empty, run->context);
	return st;
}

/* ---- afterwards ----------------------------------------------------------------- */

/* Warn about ids without a score. Without the warning, the user would not notice a wrong -k. */
static enum ib_status
warn_of_unseen(struct run *run, uint64_t samples, struct ib_error *err)
{
	const struct ib_scores *scores = run->inputs.scores;
	struct ib_unseen_run of = {
		.options = run->options,
		.scores = scores,
		.duplicates = &run->duplicates,
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
	const struct ib_scores *scores = run->inputs.scores;
	uint64_t samples = run->stats.samples;
	enum ib_status st = warn_of_unseen(run, samples, err);

	if (st || !scores || scores->table.n == 0 || !run->rule->kind->needs_scores)
		return st;
	return ib_unseen_check(&run->unseen, run->options, samples, err);
}

/*
 * Compute the digest of a range as the digest of the list of its ids, so that a run with --range
 * writes the same audit log as a run with the list.
 */
static enum ib_status
get_manifest_digest(struct run *run, struct ib_error *err)
{
	if (run->options->memory) {
		memcpy(run->digests.manifest, run->options->memory->manifest_digest,
		       sizeof(run->digests.manifest));
		return IB_OK;
	}
	if (run->options->range_given)
		return ib_range_digest(run->options->range, run->digests.manifest, err);
	ib_reader_write_digest(run->reader, run->digests.manifest);
	return IB_OK;
}

/*
 * Warn if a weight above LARGE_WEIGHT is not scaled by --normalize. With plain SGD, a large weight
 * can make a single step so large that training diverges.
 */
#define LARGE_WEIGHT 4.0

static void
warn_of_weights(const struct run *run, const struct ib_prune_result *r)
{
	if (r->max_weight <= LARGE_WEIGHT || run->options->rule.normalize != IB_NORMALIZE_NONE)
		return;
	ib_warn(run->context,
		"the largest weight is %.4g, and the weights are not scaled, so training may "
		"diverge: use --normalize mean, and multiply the learning rate by rate_factor "
		"from the receipt",
		r->max_weight);
}

static enum ib_status
get_output_digests(struct run *run, struct ib_error *err)
{
	const struct ib_prune_files *files = &run->outputs.manifests;
	size_t i;

	run->output = ib_array_zeroed(files->n, sizeof(*run->output));
	if (!run->output)
		return ib_fail_memory(err);
	for (i = 0; i < files->n; i++)
		ib_output_digest(files->v[i], run->output[i]);
	run->digests.output = (const char(*)[33])run->output;
	run->digests.noutputs = files->n;
	run->digests.several = ib_prune_outputs_are_several(&run->outputs);
	return IB_OK;
}

static enum ib_status
open_audit_log(struct run *run, struct ib_error *err)
{
	struct ib_bytes head = { 0 };
	enum ib_status st;

	if (!run->options->audit || run->options->dry_run)
		return IB_OK;
	st = ib_audit_writer_open(run->options->audit, run->context, &run->audit, err);
	if (st)
		return st;
	ib_receipt_write_header(&head, run->rule, run->options, &run->digests);
	st = head.failed ? ib_fail_memory(err)
			 : ib_audit_writer_head(run->audit, ib_bytes_span(&head), err);
	ib_bytes_release(&head);
	return st;
}

/*
 * Commit the outputs and the run's entry in the audit log. If the outputs or the entry cannot be
 * committed, neither is committed.
 */
static enum ib_status
commit_outputs(struct run *run, struct ib_output **receipt, const struct ib_prune_result *r,
	       struct ib_error *err)
{
	struct ib_audit_footer footer = {
		.epoch = run->options->rule.epoch,
		.samples = r->samples,
		.kept = r->kept,
		.pruned = r->pruned,
		.weight_sum = r->weight_sum,
	};
	struct ib_output_also log;

	memcpy(footer.manifest, run->digests.manifest, sizeof(footer.manifest));
	if (run->audit)
		log = ib_audit_writer_also(run->audit, &footer);
	return ib_prune_outputs_commit(&run->outputs, *receipt ? receipt : NULL,
				       run->audit ? &log : NULL, err);
}

/*
 * A mapped score file is not checked during look-ups. If a run has looked up a large fraction of
 * the file's rows, the run has read most of the file anyway. The run then checks the complete file
 * before the outputs appear. The check costs 2 % of the time (tests/PERFORMANCE.md). A run that
 * needed only a few rows does not check the file, because the check would read the complete file.
 */
#define CHECKED_ROWS_DIVISOR 8 /* a run that looks up 1/8 of the rows checks the file */

static enum ib_status
check_scores(const struct run *run, struct ib_error *err)
{
	const struct ib_scores *s = run->inputs.scores;

	if (!s || (!run->options->dry_run && run->looked_up < s->table.n / CHECKED_ROWS_DIVISOR))
		return IB_OK;
	return ib_scores_check_mapped(s, run->options->rule.max_age > 0, err);
}

/*
 * --dry-run: make the prediction for the manifest, or for all known scores if
 * there is no manifest.
 */
static enum ib_status
predict(struct run *run, struct ib_error *err)
{
	const struct ib_prune_options *o = run->options;
	bool has_samples = o->operands.n > 0 || o->range_given;
	enum ib_status st = IB_OK;

	if (has_samples)
		st = read_manifest(run, err);
	else
		ib_dry_run_rows(&run->dry_run, run->rule);
	if (!st)
		st = check_scores(run, err);
	if (!st && has_samples)
		st = warn_of_unseen(run, run->dry_run.samples, err);
	if (!st)
		st = ib_dry_run_write(&run->dry_run, run->rule, o->dry_run_table,
				      run->outputs.manifests.v[0], err);
	return st ? st : ib_prune_outputs_commit(&run->outputs, NULL, NULL, err);
}

static enum ib_status
finish_run(struct run *run, struct ib_error *err)
{
	const struct ib_prune_options *o = run->options;
	struct ib_output *receipt = NULL;
	struct ib_prune_result result;
	enum ib_status st = check_scores(run, err);

	if (!st)
		st = check_unseen(run, err);
	if (st)
		return st;
	st = ib_prune_outputs_end(&run->outputs, run->records, err);
	if (st)
		return st;
	ib_run_stats_result(&run->stats, run->rule, &result);
	warn_of_weights(run, &result);
	if (run->result)
		*run->result = result;
	if (o->receipt || o->audit)
		st = get_manifest_digest(run, err);
	if (!st && o->receipt) {
		st = get_output_digests(run, err);
		if (!st)
			st = ib_output_open(o->receipt, o->if_changed ? IB_OUTPUT_IF_CHANGED : 0,
					    &receipt, err);
		if (!st)
			st = ib_receipt_write(run->rule, o, &result, &run->digests, receipt, err);
	}
	if (!st)
		st = commit_outputs(run, &receipt, &result, err);
	if (receipt)
		ib_output_discard(&receipt);
	return st;
}

/* ---- the run --------------------------------------------------------------------- */

/*
 * Warn if the epoch is not below the number of epochs. For example, the loop
 * `for e in $(seq 0 $E)` requests one epoch too many, and this epoch is
 * unpruned.
 */
static void
warn_of_epoch(const struct run *run)
{
	const struct ib_rule_options *o = &run->options->rule;

	if (o->epochs == IB_NO_EPOCH || o->epoch < o->epochs)
		return;
	ib_warn(run->context,
		"-e %lld: with -E %lld the last epoch is %lld, because epochs are numbered from 0; "
		"every sample is kept",
		(long long)o->epoch, (long long)o->epochs, (long long)o->epochs - 1);
}

static enum ib_status
begin(struct run *run, struct ib_error *err)
{
	const struct ib_prune_options *o = run->options;
	struct ib_prune_inputs *inputs = &run->inputs;
	struct ib_reader_options r = {
		.operands = o->operands,
		.format = o->format,
		.otherwise = IB_FORMAT_LIST,
		.key = o->key,
		.header_lines = o->header_lines,
		.digest = (o->receipt || o->audit) && !o->range_given,
		.any_value = o->weights,
		.ranged = o->range_given,
		.range = o->range,
		.context = run->context,
	};
	enum ib_status st = ib_rule_check(&o->rule, err);

	if (!st)
		warn_of_epoch(run);
	if (!st)
		st = ib_prune_inputs_load(inputs, o, run->context, &run->digests, err);
	if (!st)
		st = ib_rule_prepare(&o->rule, inputs->scores, inputs->totals, run->context,
				     &run->rule, err);
	if (!st)
		st = ib_annotate_init(&run->annotate, o, err);
	if (!st)
		st = ib_duplicate_check_init(&run->duplicates,
					     inputs->scores ? inputs->scores->table.n : 0, err);
	if (st)
		return st;
	run->pruner = (struct ib_pruner){
		.options = o,
		.rule = run->rule,
		.annotate = &run->annotate,
		.duplicates = &run->duplicates,
		.unseen = &run->unseen,
		.looked_up = &run->looked_up,
		.kept_arrays = ib_prune_makes_arrays(o, o->output),
		.pruned_arrays = ib_prune_makes_arrays(o, o->pruned_output),
	};
	if (o->range_given)
		r.format = ib_range_format(o->output);
	ib_run_stats_init(&run->stats);
	ib_dry_run_init(&run->dry_run);
	r.wanted = run->annotate.wanted;
	r.nwanted = run->annotate.nwanted;
	st = open_audit_log(run, err);
	if (!st && !(o->range_given && ib_range_is_rows(o)))
		st = ib_reader_new(&r, &run->reader, err);
	run->pruner.reader = run->reader;
	return st ? st
		  : ib_prune_outputs_open(&run->outputs, o, &run->annotate,
					  ib_rule_rate_factor(run->rule), err);
}

enum ib_status
ib_prune_run(const struct ib_prune_options *options, const struct ib_context *context,
	     struct ib_prune_result *result, struct ib_error *err)
{
	struct run run = { .options = options, .context = context, .result = result };
	enum ib_status st;

	if (options->write_bins)
		return ib_prune_inputs_request_bins(options, context, err);
	st = begin(&run, err);
	if (!st && options->dry_run)
		st = predict(&run, err);
	else if (!st)
		st = read_manifest(&run, err);
	if (!st && !options->dry_run)
		st = finish_run(&run, err);
	ib_prune_outputs_discard(&run.outputs);
	ib_audit_writer_discard(run.audit);
	ib_reader_free(run.reader);
	ib_duplicate_check_release(&run.duplicates);
	ib_unseen_release(&run.unseen);
	ib_annotate_release(&run.annotate);
	ib_rule_free(run.rule);
	ib_prune_inputs_release(&run.inputs);
	free(run.output);
	return st;
}
