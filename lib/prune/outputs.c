#include "prune/outputs.h"

#include <stdlib.h>

#include "base/error.h"

static bool
is_per_operand(const struct ib_prune_options *o)
{
	return o->output && !o->split && strstr(o->output, "%s");
}

static enum ib_status
open_companions(struct ib_prune_outputs *t, struct ib_error *err)
{
	const struct ib_prune_options *o = t->options;
	enum ib_status st = IB_OK;

	if (o->companions.n == 0)
		return IB_OK;
	t->companions = calloc(o->companions.n, sizeof(*t->companions));
	if (!t->companions)
		return ib_fail_memory(err);
	for (; t->ncompanions < o->companions.n && !st; t->ncompanions++)
		st = ib_companion_open(o->companions.v[t->ncompanions], t->flags, !t->split,
				       &t->companions[t->ncompanions], err);
	return st;
}

enum ib_status
ib_prune_outputs_open(struct ib_prune_outputs *t, const struct ib_prune_options *o,
		      const struct ib_annotate *annotate, struct ib_error *err)
{
	unsigned digest = o->receipt ? IB_OUTPUT_DIGEST : 0;
	enum ib_status st = IB_OK;

	*t = (struct ib_prune_outputs){
		.options = o,
		.annotate = annotate,
		.flags = o->if_changed ? IB_OUTPUT_IF_CHANGED : 0,
	};
	if (o->dry_run) /* no records are written */
		return ib_output_open(o->output, t->flags, &t->main.out, err);
	if (o->pruned_output)
		st = ib_output_open(o->pruned_output, t->flags, &t->pruned.out, err);
	if (!st && o->split)
		st = ib_split_new(o, annotate, t->flags, &t->split, err);
	if (!st)
		st = open_companions(t, err);
	if (!st && o->weights && !o->split)
		st = ib_output_open(o->weights, t->flags, &t->weights, err);
	if (!st && !o->split && !is_per_operand(o))
		st = ib_output_open(o->output, t->flags | digest, &t->main.out, err);
	return st;
}

/* Fail if an earlier operand has the same output name. */
static enum ib_status
check_name(struct ib_prune_outputs *t, const char *name, const char *path, struct ib_error *err)
{
	size_t i;

	for (i = 0; i < t->names.n; i++)
		if (strcmp(t->names.v[i], name) == 0)
			return ib_fail(err, IB_E_MISUSE,
				       "%s: another operand has the same name: both would be "
				       "written to %s",
				       path, name);
	return IB_OK;
}

static bool
reserve_output(struct ib_prune_outputs *t)
{
	size_t cap = t->cap ? 2 * t->cap : 64;
	struct ib_output **done;
	const char **names;

	if (t->ndone < t->cap)
		return true;
	done = realloc(t->done, cap * sizeof(*done));
	if (done)
		t->done = done;
	names = realloc((void *)(uintptr_t)t->names.v, cap * sizeof(*names));
	if (names)
		t->names.v = names;
	if (!done || !names)
		return false;
	t->cap = cap;
	return true;
}

/* With %s in -o: finish the previous operand's file and open the next. */
static enum ib_status
next_file(struct ib_prune_outputs *t, const struct ib_source *source, struct ib_error *err)
{
	char *name = ib_name_for_operand(t->options->output, source->path);
	enum ib_status st = name && reserve_output(t) ? IB_OK : ib_fail_memory(err);

	if (!st)
		st = check_name(t, name, source->path, err);
	if (!st)
		ib_record_writer_end(&t->main);
	if (!st)
		st = ib_record_writer_status(&t->main, err);
	if (!st && t->main.out)
		st = ib_output_finish(t->main.out, err);
	ib_record_writer_release(&t->main);
	if (!st)
		st = ib_output_open(name, t->flags | IB_OUTPUT_DIGEST, &t->main.out, err);
	if (st) {
		free(name);
		return st;
	}
	((const char **)(uintptr_t)t->names.v)[t->names.n++] = name;
	t->done[t->ndone++] = t->main.out;
	return IB_OK;
}

/* With --split the first operand determines the format of all files. */
static enum ib_status
begin_split(struct ib_prune_outputs *t, const struct ib_source *source, struct ib_error *err)
{
	if (ib_source_is_empty_shard(source))
		return IB_OK;
	if (!t->first)
		t->first = source;
	return ib_record_writer_check(t->first, source, err);
}

enum ib_status
ib_prune_outputs_begin(struct ib_prune_outputs *t, const struct ib_source *source,
		       struct ib_error *err)
{
	enum ib_status st = IB_OK;

	if (t->options->dry_run)
		return IB_OK;
	if (is_per_operand(t->options))
		st = next_file(t, source, err);
	if (!st)
		st = ib_record_writer_begin(&t->main, t->annotate, source, err);
	if (!st && t->split)
		st = begin_split(t, source, err);
	if (!st)
		st = ib_record_writer_begin(&t->pruned, NULL, source, err);
	return st;
}

/* ---- records -------------------------------------------------------------------- */

static void
put_split(void *ctx, unsigned stream, const char *p, size_t n)
{
	struct ib_tar_piece piece = { .p = p, .n = n };

	ib_split_write(ctx, stream, &piece);
}

/* Context of put_companion(): the split and the companion's stream. */
struct companion {
	struct ib_split *split;
	unsigned stream;
};

static void
put_companion(void *ctx, const char *p, size_t n)
{
	struct companion *c = ctx;

	put_split(c->split, c->stream, p, n);
}

/* Write the text that accompanies a written record: its weights line and companion lines. */
static enum ib_status
put_accompanying(struct ib_prune_outputs *t, struct ib_span id, struct ib_span weights,
		 uint64_t number, struct ib_error *err)
{
	struct companion c = { t->split, IB_STREAM_COMPANION };
	enum ib_status st = IB_OK;
	size_t i;

	if (t->split) {
		ib_split_begin_record(t->split, id);
		put_split(t->split, IB_STREAM_WEIGHTS, weights.p, weights.n);
	} else if (t->weights) {
		ib_output_write(t->weights, weights.p, weights.n);
	}
	for (i = 0; i < t->ncompanions && !st; i++, c.stream++)
		st = ib_companion_line(t->companions[i], number, t->split ? put_companion : NULL,
				       &c, err);
	return st;
}

/* Do the same for each record of a block; with --split also write the record's own text. */
static enum ib_status
write_each(struct ib_prune_outputs *t, const struct ib_record_texts *texts, uint64_t before,
	   struct ib_error *err)
{
	enum ib_status st = IB_OK;
	struct ib_span kept;
	size_t i;

	for (i = 0; i < texts->nwritten && !st; i++) {
		st = put_accompanying(t, ib_record_texts_get(texts, IB_TEXT_ID, i),
				      ib_record_texts_get(texts, IB_TEXT_WEIGHTS, i),
				      before + texts->written[i].number, err);
		kept = ib_record_texts_get(texts, IB_TEXT_KEPT, i);
		if (t->split)
			put_split(t->split, IB_STREAM_MAIN, kept.p, kept.n);
	}
	return st;
}

enum ib_status
ib_prune_outputs_write(struct ib_prune_outputs *t, const struct ib_record_texts *texts,
		       uint64_t before, struct ib_error *err)
{
	const struct ib_bytes *text = texts->text;

	ib_record_writer_write(&t->pruned, text[IB_TEXT_PRUNED].p, text[IB_TEXT_PRUNED].n);
	if (!t->split)
		ib_record_writer_write(&t->main, text[IB_TEXT_KEPT].p, text[IB_TEXT_KEPT].n);
	if (t->split || t->ncompanions > 0)
		return write_each(t, texts, before, err);
	if (t->weights)
		ib_output_write(t->weights, text[IB_TEXT_WEIGHTS].p, text[IB_TEXT_WEIGHTS].n);
	return IB_OK;
}

enum ib_status
ib_prune_outputs_begin_sample(struct ib_prune_outputs *t, struct ib_span id, struct ib_span weights,
			      uint64_t number, struct ib_error *err)
{
	return put_accompanying(t, id, weights, number, err);
}

void
ib_prune_outputs_write_piece(struct ib_prune_outputs *t, const struct ib_tar_piece *piece)
{
	if (t->split)
		ib_split_write(t->split, IB_STREAM_MAIN, piece);
	else
		ib_record_writer_write_piece(&t->main, piece);
}

void
ib_prune_outputs_write_to_all(struct ib_prune_outputs *t, const struct ib_tar_piece *piece)
{
	if (t->split)
		ib_split_write_to_all(t->split, piece);
	else
		ib_record_writer_write_piece(&t->main, piece);
}

/* ---- the end -------------------------------------------------------------------- */

enum ib_status
ib_prune_outputs_status(struct ib_prune_outputs *t, struct ib_error *err)
{
	enum ib_status st = ib_record_writer_status(&t->main, err);
	struct ib_output *out;
	size_t i;

	if (!st)
		st = ib_record_writer_status(&t->pruned, err);
	if (!st && t->weights)
		st = ib_output_status(t->weights, err);
	for (i = 0; i < t->ncompanions && !st; i++) {
		out = *ib_companion_output(t->companions[i]);
		if (out)
			st = ib_output_status(out, err);
	}
	if (!st && t->split)
		st = ib_split_status(t->split, err);
	return st;
}

enum ib_status
ib_prune_outputs_end(struct ib_prune_outputs *t, uint64_t records, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < t->ncompanions && !st; i++)
		st = ib_companion_end(t->companions[i], records, err);
	if (!st && t->split)
		st = ib_split_distribute(t->split, t->first, err);
	if (st)
		return st;
	ib_record_writer_end(&t->main);
	ib_record_writer_end(&t->pruned);
	return ib_prune_outputs_status(t, err);
}

struct ib_output **
ib_prune_outputs_manifests(struct ib_prune_outputs *t, size_t *n)
{
	if (t->split)
		return ib_split_manifests(t->split, n);
	*n = t->ndone > 0 ? t->ndone : 1;
	return t->ndone > 0 ? t->done : &t->main.out;
}

/* Move n outputs into a list. */
static void
hand_over(struct ib_output **all, size_t *k, struct ib_output **from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		all[(*k)++] = from[i];
		from[i] = NULL;
	}
}

enum ib_status
ib_prune_outputs_commit(struct ib_prune_outputs *t, struct ib_output **more,
			const struct ib_output_also *companions, struct ib_error *err)
{
	struct ib_output **manifest, **other = NULL, **all;
	size_t nmanifests, nothers = 0, i, k = 0;
	enum ib_status st;

	manifest = ib_prune_outputs_manifests(t, &nmanifests);
	if (t->split)
		other = ib_split_others(t->split, &nothers);
	all = calloc(nmanifests + nothers + t->ncompanions + 3, sizeof(*all));
	if (!all)
		return ib_fail_memory(err);
	hand_over(all, &k, &t->pruned.out, 1);
	hand_over(all, &k, &t->weights, 1);
	for (i = 0; i < t->ncompanions; i++)
		hand_over(all, &k, ib_companion_output(t->companions[i]), 1);
	hand_over(all, &k, other, nothers);
	if (more)
		hand_over(all, &k, more, 1);
	hand_over(all, &k, manifest, nmanifests);
	if (t->ndone > 0)
		t->main.out = NULL; /* is the last of t->done */
	t->ndone = 0;
	st = ib_outputs_commit(all, k, companions, err);
	free(all);
	return st;
}

void
ib_prune_outputs_discard(struct ib_prune_outputs *t)
{
	bool own = t->ndone == 0;
	size_t i;

	if (t->main.out)
		ib_record_writer_break(&t->main);
	for (i = 0; i < t->ndone; i++)
		ib_output_discard(&t->done[i]);
	if (own)
		ib_output_discard(&t->main.out);
	ib_output_discard(&t->pruned.out);
	ib_output_discard(&t->weights);
	for (i = 0; i < t->ncompanions; i++)
		ib_companion_free(t->companions[i]);
	free(t->companions);
	ib_split_free(t->split);
	ib_record_writer_release(&t->main);
	ib_record_writer_release(&t->pruned);
	free(t->done);
	for (i = 0; i < t->names.n; i++)
		free((char *)(uintptr_t)t->names.v[i]);
	free((void *)(uintptr_t)t->names.v);
	*t = (struct ib_prune_outputs){ 0 };
}
