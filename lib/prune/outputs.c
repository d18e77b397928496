/* Open, write and commit the files of one run. */
#include "prune/outputs.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "prune/memory.h"
#include "score/scores.h"

#define FILLED_FILES_MAX 128 /* maximum number of --split files to fill in one pass */

static bool
is_per_operand(const struct ib_prune_options *o)
{
	return o->output && !o->split && strstr(o->output, "%s");
}

bool
ib_prune_makes_arrays(const struct ib_prune_options *o, const char *path)
{
	if (o->memory && path == o->output)
		return true;
	return o->range_given && !o->dry_run && path && ib_scores_name_is_npz(path, false);
}

static struct ib_prune_output *
manifest_output(struct ib_prune_outputs *t)
{
	return &t->output[t->noutputs - 1];
}

/* ---- files ---------------------------------------------------------------------- */

static const char *
weight_name(const struct ib_prune_options *o)
{
	return o->weight_field ? o->weight_field : "weight";
}

/* Open one file of an output, and set up the writer of the file. */
static enum ib_status
open_file(struct ib_prune_outputs *t, const struct ib_prune_output *output, const char *path,
	  struct ib_record_writer *writer, struct ib_error *err)
{
	bool manifest = output == manifest_output(t);
	struct ib_prune_files *files = manifest ? &t->manifests : &t->others;
	unsigned flags = t->options->if_changed ? IB_OUTPUT_IF_CHANGED : 0;
	enum ib_status st;

	if (!ib_array_reserve(&files->v, &files->cap, files->n + 1, sizeof(*files->v)))
		return ib_fail_memory(err);
	if (manifest && t->options->receipt)
		flags |= IB_OUTPUT_DIGEST;
	st = ib_output_open(path, flags, &files->v[files->n], err);
	if (st)
		return st;
	*writer = (struct ib_record_writer){ .out = files->v[files->n++],
					     .annotate = output->annotate };
	if (!output->is_npz)
		return IB_OK;
	writer->arrays =
		ib_row_arrays_new(output->npz_has_weights ? weight_name(t->options) : NULL);
	if (!writer->arrays)
		return ib_fail_memory(err);
	if (t->options->rule.normalize == IB_NORMALIZE_MEAN)
		writer->arrays->rate_factor = t->rate_factor;
	return IB_OK;
}

/*
 * Complete a file, and close the file at once, because a run may write more files than a process
 * may have open.
 */
static enum ib_status
close_file(struct ib_record_writer *writer, struct ib_error *err)
{
	enum ib_status st;

	ib_record_writer_end(writer);
	st = ib_record_writer_status(writer, err);
	if (!st)
		st = ib_output_finish(writer->out, err);
	ib_record_writer_release(writer);
	return st;
}

/* ---- outputs ----------------------------------------------------------------------- */

static void
add_output(struct ib_prune_outputs *t, const struct ib_prune_output *output)
{
	if (output->path)
		t->output[t->noutputs++] = *output;
}

static enum ib_status
add_companions(struct ib_prune_outputs *t, struct ib_error *err)
{
	const struct ib_list *specs = &t->options->companions;
	struct ib_prune_output output;
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < specs->n && !st; i++) {
		output = (struct ib_prune_output){ .is_split = t->options->split > 0 };
		st = ib_companion_open(specs->v[i], &output.companion, err);
		output.path = st ? NULL : ib_companion_output_path(specs->v[i]);
		add_output(t, &output);
	}
	return st;
}

/*
 * Add an item to t->output for each requested output. With --dry-run, the run writes the prediction
 * instead of the epoch manifest.
 */
static enum ib_status
add_outputs(struct ib_prune_outputs *t, const struct ib_annotate *annotate, struct ib_error *err)
{
	const struct ib_prune_options *o = t->options;
	struct ib_prune_output pruned = { .path = o->pruned_output,
					  .text = IB_TEXT_PRUNED,
					  .has_records = true,
					  .is_npz = ib_prune_makes_arrays(o, o->pruned_output) };
	struct ib_prune_output weights = { .path = o->weights,
					   .text = IB_TEXT_WEIGHTS,
					   .is_split = o->split > 0 };
	struct ib_prune_output manifest = { .path = o->output ? o->output : "-",
					    .text = IB_TEXT_KEPT,
					    .has_records = true,
					    .is_split = o->split > 0,
					    .is_npz = ib_prune_makes_arrays(o, o->output),
					    .npz_has_weights = !o->weights,
					    .annotate = annotate };
	enum ib_status st = IB_OK;

	t->output = calloc(o->companions.n + 3, sizeof(*t->output));
	if (!t->output)
		return ib_fail_memory(err);
	if (!o->dry_run) {
		add_output(t, &pruned);
		st = add_companions(t, err);
		add_output(t, &weights);
	}
	if (!o->memory)
		add_output(t, &manifest);
	return st;
}

enum ib_status
ib_prune_outputs_open(struct ib_prune_outputs *t, const struct ib_prune_options *o,
		      const struct ib_annotate *annotate, double rate_factor, struct ib_error *err)
{
	struct ib_prune_output *output;
	enum ib_status st;
	size_t i;

	*t = (struct ib_prune_outputs){ .options = o, .rate_factor = rate_factor };
	st = add_outputs(t, annotate, err);
	if (!st && o->split && !o->dry_run)
		st = ib_split_new(o, &t->split, err);
	for (i = 0; i < t->noutputs && !st; i++) {
		output = &t->output[i];
		if (o->dry_run ||
		    (!output->is_split && !(output == manifest_output(t) && is_per_operand(o))))
			st = open_file(t, output, output->path, &output->writer, err);
	}
	return st;
}

/* ---- operands ------------------------------------------------------------------- */

/* Fail if an earlier operand would be written to the same file as `source`. */
static enum ib_status
check_name(const struct ib_list *operands, const struct ib_source *source, const char *name,
	   struct ib_error *err)
{
	struct ib_span stem = ib_input_stem(source->path);
	size_t i;

	for (i = 0; i < source->operand; i++)
		if (ib_span_equal(ib_input_stem(operands->v[i]), stem))
			return ib_fail(err, IB_E_MISUSE,
				       "%s: another operand has the same name: both would be "
				       "written to %s",
				       source->path, name);
	return IB_OK;
}

/* With %s in -o: close the file of the previous operand, and open the file of the new operand. */
static enum ib_status
next_file(struct ib_prune_outputs *t, const struct ib_source *source, struct ib_error *err)
{
	struct ib_prune_output *output = manifest_output(t);
	char *name = ib_name_for_operand(output->path, source->path);
	enum ib_status st = name ? IB_OK : ib_fail_memory(err);

	if (!st)
		st = check_name(&t->options->operands, source, name, err);
	if (!st && output->writer.out)
		st = close_file(&output->writer, err);
	if (!st)
		st = open_file(t, output, name, &output->writer, err);
	free(name);
	return st;
}

enum ib_status
ib_prune_outputs_begin(struct ib_prune_outputs *t, const struct ib_source *source,
		       struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	if (t->options->dry_run)
		return IB_OK;
	if (is_per_operand(t->options))
		st = next_file(t, source, err);
	for (i = t->noutputs; i-- > 0 && !st;)
		if (t->output[i].has_records && !t->output[i].is_npz)
			st = ib_record_writer_begin(&t->output[i].writer, source, err);
	return st;
}

/* ---- records -------------------------------------------------------------------- */

static void
write_piece(struct ib_prune_outputs *t, struct ib_prune_output *output,
	    const struct ib_tar_piece *piece)
{
	if (output->is_split)
		ib_split_write(t->split, (unsigned)(output - t->output), piece);
	else
		ib_record_writer_write(&output->writer, piece);
}

static void
write_text(struct ib_prune_outputs *t, struct ib_prune_output *output, struct ib_span text)
{
	struct ib_tar_piece piece = { .p = text.p, .n = text.n };

	write_piece(t, output, &piece);
}

/* Copy one line of a companion to the companion's output. */
static enum ib_status
write_line(struct ib_prune_outputs *t, struct ib_prune_output *output, uint64_t number,
	   struct ib_error *err)
{
	enum ib_status st = ib_companion_seek(output->companion, number, err);
	struct ib_span piece;

	while (!st && !(st = ib_companion_get(output->companion, &piece, err)))
		write_text(t, output, piece);
	return st == IB_EOF ? IB_OK : st;
}

/*
 * Write the text of a block to one output. For a companion, write its lines for the kept records.
 */
static enum ib_status
write_block(struct ib_prune_outputs *t, struct ib_prune_output *output,
	    const struct ib_record_texts *texts, uint64_t before, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	if (!output->companion)
		write_text(t, output, ib_bytes_span(&texts->text[output->text]));
	for (i = 0; output->companion && i < texts->nwritten && !st; i++)
		st = write_line(t, output, before + texts->written[i].number, err);
	return st;
}

/* With --split, write the text of one record to each output. */
static enum ib_status
write_record(struct ib_prune_outputs *t, const struct ib_record_texts *texts, size_t record,
	     uint64_t before, struct ib_error *err)
{
	struct ib_prune_output *output;
	enum ib_status st = IB_OK;
	size_t i;

	ib_split_begin_record(t->split, ib_record_texts_get(texts, IB_TEXT_ID, record));
	for (i = 0; i < t->noutputs && !st; i++) {
		output = &t->output[i];
		if (output->is_split && output->companion)
			st = write_line(t, output, before + texts->written[record].number, err);
		else if (output->is_split)
			write_text(t, output, ib_record_texts_get(texts, output->text, record));
	}
	return st;
}

enum ib_status
ib_prune_outputs_write(struct ib_prune_outputs *t, const struct ib_record_texts *texts,
		       uint64_t before, struct ib_error *err)
{
	const struct ib_bytes *kept = &texts->text[IB_TEXT_KEPT];
	enum ib_status st = IB_OK;
	size_t i;

	if (t->options->memory)
		ib_row_arrays_add(t->options->memory->kept, kept->p, kept->n);
	for (i = 0; i < t->noutputs && !st; i++)
		if (!t->output[i].is_split)
			st = write_block(t, &t->output[i], texts, before, err);
	for (i = 0; t->split && i < texts->nwritten && !st; i++)
		st = write_record(t, texts, i, before, err);
	return st;
}

void
ib_prune_outputs_write_piece(struct ib_prune_outputs *t, enum ib_prune_destination to,
			     const struct ib_tar_piece *piece)
{
	struct ib_prune_output *output = to == IB_TO_PRUNED ? t->output : manifest_output(t);

	if (to == IB_TO_MANIFESTS && t->split)
		ib_split_write_to_all(t->split, (unsigned)(output - t->output), piece);
	else
		write_piece(t, output, piece);
}

/* ---- the end -------------------------------------------------------------------- */

enum ib_status
ib_prune_outputs_status(struct ib_prune_outputs *t, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	if (t->options->memory && t->options->memory->kept->failed)
		return ib_fail_memory(err);
	for (i = t->noutputs; i-- > 0 && !st;)
		st = ib_record_writer_status(&t->output[i].writer, err);
	if (!st && t->split)
		st = ib_split_status(t->split, err);
	return st;
}

/* Open file k of each output. writer[i] becomes the writer of the file of output i. */
static enum ib_status
open_number(struct ib_prune_outputs *t, uint64_t k, struct ib_record_writer *writer,
	    struct ib_error *err)
{
	const struct ib_source *first_source = manifest_output(t)->writer.first_source;
	enum ib_status st = IB_OK;
	char *name;
	size_t i;

	for (i = 0; i < t->noutputs && !st; i++) {
		if (!t->output[i].is_split)
			continue;
		name = ib_name_for_number(t->output[i].path, k);
		st = name ? open_file(t, &t->output[i], name, &writer[i], err)
			  : ib_fail_memory(err);
		free(name);
		if (!st && t->output[i].has_records && !t->output[i].is_npz && first_source)
			st = ib_record_writer_begin(&writer[i], first_source, err);
	}
	return st;
}

/* Fill the --split files whose numbers are in [from, to) in one pass over the records. */
static enum ib_status
fill_numbers(struct ib_prune_outputs *t, uint64_t from, uint64_t to,
	     struct ib_record_writer *writer, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	uint64_t k;
	size_t i;

	for (k = from; k < to && !st; k++)
		st = open_number(t, k, &writer[(k - from) * t->noutputs], err);
	if (!st)
		st = ib_split_fill(t->split, from, to, writer, t->noutputs, err);
	for (i = 0; i < (to - from) * t->noutputs; i++) {
		if (!st && writer[i].out)
			st = close_file(&writer[i], err);
		ib_record_writer_release(&writer[i]);
	}
	return st;
}

/*
 * Return the number of --split files to fill in one pass. The files that are open at once should
 * use at most a quarter of the file descriptors that a process may have.
 */
static size_t
numbers_at_once(const struct ib_prune_outputs *t)
{
	long limit = sysconf(_SC_OPEN_MAX);
	size_t open = FILLED_FILES_MAX, files = 0, i;

	if (limit > 0 && limit / 4 < FILLED_FILES_MAX)
		open = (size_t)limit / 4;
	for (i = 0; i < t->noutputs; i++)
		files += t->output[i].is_split;
	return open > files ? open / files : 1;
}

/* With --split: distribute the records over the files. */
static enum ib_status
fill_split_files(struct ib_prune_outputs *t, struct ib_error *err)
{
	uint64_t files = t->options->split, from, to;
	size_t at_once = numbers_at_once(t);
	struct ib_record_writer *writer = ib_array_zeroed(at_once * t->noutputs, sizeof(*writer));
	enum ib_status st = writer ? ib_split_assign(t->split, err) : ib_fail_memory(err);

	for (from = 0; from < files && !st; from = to) {
		to = files - from < at_once ? files : from + at_once;
		st = fill_numbers(t, from, to, writer, err);
	}
	free(writer);
	return st;
}

enum ib_status
ib_prune_outputs_end(struct ib_prune_outputs *t, uint64_t records, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < t->noutputs && !st; i++)
		if (t->output[i].companion)
			st = ib_companion_end(t->output[i].companion, records, err);
	if (!st && t->split)
		st = fill_split_files(t, err);
	if (st)
		return st;
	for (i = t->noutputs; i-- > 0;)
		ib_record_writer_end(&t->output[i].writer);
	return ib_prune_outputs_status(t, err);
}

bool
ib_prune_outputs_are_several(const struct ib_prune_outputs *t)
{
	return t->split || is_per_operand(t->options);
}

/* Move the files of the list to the array `to`. Returns the number of files. */
static size_t
move_files(struct ib_prune_files *from, struct ib_output **to)
{
	size_t n = from->n;

	if (n > 0)
		memcpy(to, from->v, n * sizeof(*to));
	from->n = 0;
	return n;
}

enum ib_status
ib_prune_outputs_commit(struct ib_prune_outputs *t, struct ib_output **receipt,
			const struct ib_output_also *also, struct ib_error *err)
{
	struct ib_output **all;
	enum ib_status st;
	size_t n;

	all = ib_array(t->others.n + t->manifests.n + 1, sizeof(*all));
	if (!all)
		return ib_fail_memory(err);
	n = move_files(&t->others, all);
	if (receipt) {
		all[n++] = *receipt;
		*receipt = NULL;
	}
	n += move_files(&t->manifests, all + n);
	st = ib_outputs_commit(all, n, also, err);
	free(all);
	return st;
}

static void
discard_files(struct ib_prune_files *files)
{
	while (files->n > 0)
		ib_output_discard(&files->v[--files->n]);
	free(files->v);
}

void
ib_prune_outputs_discard(struct ib_prune_outputs *t)
{
	size_t i;

	if (t->manifests.n > 0 && t->noutputs > 0)
		ib_record_writer_break(&manifest_output(t)->writer);
	for (i = 0; i < t->noutputs; i++) {
		ib_companion_free(t->output[i].companion);
		ib_record_writer_release(&t->output[i].writer);
	}
	free(t->output);
	discard_files(&t->others);
	discard_files(&t->manifests);
	ib_split_free(t->split);
	*t = (struct ib_prune_outputs){ 0 };
}
