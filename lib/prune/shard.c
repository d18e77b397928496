/* Prune one tar of samples. */
#define XXH_INLINE_ALL
#include "prune/shard.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "prune/shard_members.h"
#include "record/pieces.h"
#include "record/tar.h"

#define WEIGHT_MAX ((size_t)4096) /* maximum length of an existing weight's text */
#define SAMPLES_PER_PROGRESS 256  /* number of samples between two reports of progress */

struct shard {
	struct ib_shard_run *run;
	const struct ib_prune_options *options;
	const struct ib_source *source;
	struct ib_tar *tar;
	struct ib_tar_maker *maker;
	/* true if there is a current sample, which the struct members up to `mtime` describe */
	bool has_sample;
	struct ib_bytes key, id;
	struct ib_annotation annotation;
	bool selected;	  /* true if the sample is in the requested partition */
	bool to_manifest; /* true if the sample's members are copied to the epoch manifest */
	bool to_pruned;	  /* true if the sample's members are copied to --pruned */
	bool has_weight;  /* true if the sample has a weight member */
	int64_t mtime;	  /* mtime of the sample's first member */
	/*
	 * entries that follow a member of the current sample, but belong to no sample; they are
	 * written when the end of the current sample is known
	 */
	struct ib_pieces *waiting;
	bool has_waiting;
	/* destination of the current entry if it belongs to no sample */
	enum ib_prune_destination destination;
	struct ib_shard_members members;
	struct ib_bytes text; /* text of a weight member */
	struct ib_number_cache number;
};

static enum ib_status
fail_sample(const struct shard *s, const char *what, struct ib_error *err)
{
	char show[IB_SHOW_MAX];

	return ib_fail(err, IB_E_DATA, "%s: sample %s %s", s->source->name,
		       ib_show(show, ib_bytes_span(&s->key)), what);
}

/* ---- pieces --------------------------------------------------------------------- */

static void
write_other(void *ctx, const struct ib_tar_piece *piece)
{
	struct shard *s = ctx;

	ib_prune_outputs_write_piece(s->run->outputs, s->destination, piece);
}

static void
write_waiting(void *ctx, const struct ib_tar_piece *piece)
{
	struct shard *s = ctx;

	ib_pieces_write(s->waiting, s->destination, piece);
	s->has_waiting = true;
}

static void
write_member(void *ctx, const struct ib_tar_piece *piece)
{
	struct shard *s = ctx;

	if (s->to_manifest)
		ib_prune_outputs_write_piece(s->run->outputs, IB_TO_MANIFEST, piece);
	if (s->to_pruned)
		ib_prune_outputs_write_piece(s->run->outputs, IB_TO_PRUNED, piece);
}

/* Store a piece of an existing weight's text. Also copy it to --pruned if the sample is pruned. */
static void
append_weight(void *ctx, const struct ib_tar_piece *piece)
{
	struct shard *s = ctx;

	if (s->text.n <= WEIGHT_MAX)
		ib_bytes_append(&s->text, piece->p + piece->from, piece->to - piece->from);
	if (s->to_pruned)
		ib_prune_outputs_write_piece(s->run->outputs, IB_TO_PRUNED, piece);
}

/* Write the entries in s->waiting. Called when the end of the current sample is known. */
static enum ib_status
release_waiting(struct shard *s, struct ib_error *err)
{
	struct ib_tar_piece piece;
	enum ib_status st = IB_OK;
	unsigned kind;

	if (!s->has_waiting)
		return IB_OK;
	ib_pieces_seek(s->waiting, 0);
	while (!(st = ib_pieces_get(s->waiting, &kind, &piece, err)))
		ib_prune_outputs_write_piece(s->run->outputs, kind, &piece);
	ib_pieces_empty(s->waiting);
	s->has_waiting = false;
	return st == IB_EOF ? IB_OK : st;
}

/* ---- a sample ------------------------------------------------------------------- */

/* Write the member <key>.weight.json of the current sample. */
static enum ib_status
write_weight(struct shard *s, double weight, struct ib_error *err)
{
	struct ib_tar_piece piece;
	enum ib_status st = IB_OK;

	s->text.n = 0;
	ib_number_cache_append(&s->text, weight, &s->number);
	ib_bytes_append(&s->key, ".weight.json", sizeof(".weight.json") - 1);
	if (s->text.failed || s->key.failed)
		return ib_fail_memory(err);
	if (!s->maker)
		st = ib_tar_maker_new(&s->maker, err);
	if (!st)
		st = ib_tar_make(s->maker, ib_bytes_span(&s->key), s->mtime,
				 ib_bytes_span(&s->text), &piece, err);
	s->key.n -= sizeof(".weight.json") - 1;
	if (!st)
		ib_prune_outputs_write_piece(s->run->outputs, IB_TO_MANIFEST, &piece);
	return st;
}

static enum ib_status
end_sample(struct shard *s, struct ib_error *err)
{
	const char *problem = NULL;
	enum ib_status st = IB_OK;

	if (s->has_sample)
		st = ib_shard_members_end(&s->members, ib_bytes_span(&s->key),
					  s->options->allow_duplicates, &problem, err);
	if (!st && problem)
		st = fail_sample(s, problem, err);
	if (!st && s->has_sample && s->to_manifest && !s->has_weight && !s->options->weights)
		st = write_weight(s, s->annotation.weight, err);
	s->has_sample = false;
	return st ? st : release_waiting(s, err);
}

/*
 * Fail because a key is repeated. The message names the likely causes: the members of the sample
 * are not adjacent, or, with several shards, two samples have the same key.
 */
static enum ib_status
fail_duplicate(const struct shard *s, struct ib_error *err)
{
	static const char one[] = "appears twice: its members are not adjacent "
				  "(create the tar with --sort=name)";
	static const char several[] = "appears twice: if several shards have the same keys, use "
				      "-k @shard; if the members of the sample are not adjacent, "
				      "create the tar with --sort=name";
	bool shared = s->options->operands.n > 1 && s->source->key.kind != IB_KEY_SHARD;

	return fail_sample(s, shared ? several : one, err);
}

/* Fail if the id of the current sample has occurred before, unless duplicates are allowed. */
static enum ib_status
check_duplicate(struct shard *s, uint32_t row, struct ib_error *err)
{
	struct ib_duplicate_check *duplicates = s->run->duplicates;
	enum ib_status st = IB_OK;
	size_t duplicate = SIZE_MAX;
	XXH128_hash_t hash;

	if (row != IB_NO_ROW) {
		duplicate = ib_duplicate_check_row(duplicates, row) ? 0 : SIZE_MAX;
	} else if (!s->options->allow_duplicates) {
		hash = ib_duplicate_check_hash(duplicates, s->annotation.id);
		st = ib_duplicate_check_unseen(duplicates, &hash, 1, &duplicate, err);
	}
	if (!st && duplicate != SIZE_MAX && !s->options->allow_duplicates)
		st = fail_duplicate(s, err);
	return st;
}

static void
report_progress(const struct shard *s)
{
	const struct ib_shard_run *r = s->run;
	struct ib_input *in = r->b->in.block.input;

	if (r->context && r->context->progress && r->samples % SAMPLES_PER_PROGRESS == 0)
		r->context->progress(r->context->data, ib_input_position(in), ib_input_size(in),
				     r->before + r->samples);
}

/* Decide whether to keep the current sample. Write its --weights line and its companion lines. */
static enum ib_status
decide_sample(struct shard *s, struct ib_error *err)
{
	const struct ib_scores *scores = s->run->pruner->rule->scores;
	struct ib_span id = ib_bytes_span(&s->id);
	struct ib_pruned *b = s->run->b;
	uint32_t row = IB_NO_ROW;
	struct ib_id hashed;
	struct ib_inclusion inclusion;
	enum ib_status st;
	bool kept;

	if (scores) {
		hashed = (struct ib_id){ id.p, XXH3_64bits_withSeed(id.p, id.n, scores->table.seed),
					 (uint32_t)id.n };
		row = ib_table_find(&scores->table, &hashed);
		ib_pruner_release_pages(s->run->pruner, 1);
	}
	inclusion = ib_rule_inclusion(s->run->pruner->rule, row);
	kept = ib_prune_sample(s->run->pruner, b, id, row, &inclusion, &s->annotation);
	s->annotation.id = id;
	st = check_duplicate(s, row, err);
	if (row == IB_NO_ROW)
		ib_unseen_add(s->run->unseen, id);
	if (st || s->options->dry_run)
		return st;
	s->to_manifest = kept || s->options->keep_all;
	s->to_pruned = !kept && s->options->pruned_output;
	ib_record_texts_empty(&b->texts);
	if (s->options->weights && !ib_pruned_add_weight(b, &s->annotation, s->to_manifest))
		return fail_sample(s, ib_weights_cannot_hold_id, err);
	if (!s->to_manifest)
		return IB_OK;
	ib_pruned_note_written(s->run->pruner, b, id, s->run->samples);
	if (ib_record_texts_failed(&b->texts))
		return ib_fail_memory(err);
	return ib_prune_outputs_write(s->run->outputs, &b->texts, s->run->before, err);
}

/* Set *id to the id of the sample with the key `key`. */
static void
set_id(const struct shard *s, struct ib_span key, struct ib_bytes *id)
{
	struct ib_span shard = ib_input_stem(s->source->path);

	id->n = 0;
	if (s->source->key.kind == IB_KEY_SHARD) {
		ib_bytes_append(id, shard.p, shard.n);
		ib_bytes_append_char(id, '/');
	}
	ib_bytes_append(id, key.p, key.n);
}

static enum ib_status
begin_sample(struct shard *s, const struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	s->has_sample = true;
	ib_shard_members_begin(&s->members);
	s->to_manifest = s->to_pruned = s->has_weight = false;
	s->mtime = m->mtime;
	s->key.n = 0;
	ib_bytes_append(&s->key, m->key.p, m->key.n);
	set_id(s, m->key, &s->id);
	if (s->key.failed || s->id.failed)
		return ib_fail_memory(err);
	s->selected = ib_pruner_selects(s->run->pruner, ib_bytes_span(&s->id));
	if (s->selected)
		st = decide_sample(s, err);
	s->run->samples++;
	report_progress(s);
	return st ? st : ib_prune_outputs_status(s->run->outputs, err);
}

/* ---- members -------------------------------------------------------------------- */

/* Handle an existing weight member of the current sample. */
static enum ib_status
handle_weight(struct shard *s, struct ib_error *err)
{
	double existing = 1, weight = s->annotation.weight;
	enum ib_status st;

	if (s->options->existing_weight == IB_EXISTING_WEIGHT_FAIL)
		return fail_sample(s,
				   "already has a weight: prune the original shards, not "
				   "the shards of an epoch; or see --existing-weight",
				   err);
	if (s->has_weight)
		return fail_sample(s, "has two weights", err);
	s->has_weight = true;
	s->text.n = 0;
	st = ib_tar_pass_member(s->tar, append_weight, s, err);
	if (st)
		return st;
	if (s->options->existing_weight == IB_EXISTING_WEIGHT_MULTIPLY) {
		if (!ib_tar_parse_weight(ib_bytes_span(&s->text), &existing))
			return fail_sample(s, "has a weight that is not a number", err);
		weight *= existing;
		if (!isfinite(weight))
			return fail_sample(s,
					   "has an existing weight whose product with the new "
					   "weight is not finite",
					   err);
	}
	return s->to_manifest ? write_weight(s, weight, err) : IB_OK;
}

static enum ib_status
handle_member(struct shard *s, const struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st;

	if (s->has_sample && ib_span_equal(ib_bytes_span(&s->key), m->key)) {
		st = release_waiting(s, err);
	} else {
		st = end_sample(s, err);
		if (!st)
			st = begin_sample(s, m, err);
	}
	if (st)
		return st;
	if (!m->weight)
		ib_shard_members_add(&s->members, m->path);
	if (m->weight && s->selected && !s->options->weights && !s->options->dry_run)
		return handle_weight(s, err);
	return ib_tar_pass_member(s->tar, write_member, s, err);
}

/*
 * Set s->destination for a link: the link goes to the same output as its target. Returns false if
 * the link must be omitted. With --split, every link is omitted: the file of the target is known
 * only at the end, and a link in another file would be broken.
 */
static bool
find_destination(struct shard *s, struct ib_span key)
{
	const struct ib_prune_options *o = s->options;
	struct ib_bytes *id = &s->text;
	struct ib_decision d;
	struct ib_span span;

	set_id(s, key, id);
	span = ib_bytes_span(id);
	if (o->split || !ib_pruner_selects(s->run->pruner, span))
		return false;
	d = ib_rule_decide_id(s->run->pruner->rule, span);
	s->destination = d.kept || o->keep_all ? IB_TO_MANIFEST : IB_TO_PRUNED;
	return s->destination == IB_TO_MANIFEST || o->pruned_output;
}

/*
 * Write an entry that belongs to no sample. If there is a current sample, delay the entry, because
 * more members of the sample may follow.
 */
static enum ib_status
handle_other(struct shard *s, const struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	s->destination = IB_TO_MANIFESTS;
	if (s->options->dry_run || (m->target_key.p && !find_destination(s, m->target_key)))
		return s->text.failed ? ib_fail_memory(err) : IB_OK;
	if (!s->has_sample)
		return ib_tar_pass_member(s->tar, write_other, s, err);
	if (!s->waiting)
		st = ib_pieces_new(s->options->output, &s->waiting, err);
	if (!st)
		st = ib_tar_pass_member(s->tar, write_waiting, s, err);
	return st ? st : ib_pieces_status(s->waiting, err);
}

static void
add_to_digest(void *ctx, const void *p, size_t n)
{
	ib_reader_add_to_digest(ctx, p, n);
}

enum ib_status
ib_prune_shard(struct ib_shard_run *r, struct ib_error *err)
{
	struct shard s = { .run = r,
			   .options = r->pruner->options,
			   .source = r->b->in.block.source };
	struct ib_tar_options options = { .context = r->context,
					  .feed = add_to_digest,
					  .feed_ctx = r->reader };
	struct ib_tar_member m;
	enum ib_status st;

	ib_pruned_reset(r->pruner, r->b);
	r->samples = 0;
	st = ib_tar_open(r->b->in.block.input, &options, &s.tar, err);
	while (!st && !(st = ib_tar_next(s.tar, &m, err)))
		st = m.key.p ? handle_member(&s, &m, err) : handle_other(&s, &m, err);
	if (st == IB_EOF)
		st = end_sample(&s, err);
	ib_run_stats_flush(&r->b->stats);
	ib_tar_close(s.tar);
	ib_tar_maker_free(s.maker);
	ib_pieces_free(s.waiting);
	ib_shard_members_release(&s.members);
	ib_bytes_release(&s.key);
	ib_bytes_release(&s.id);
	ib_bytes_release(&s.text);
	return st;
}
