#define XXH_INLINE_ALL
#include "prune/shard.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "prune/members.h"
#include "record/spill_file.h"
#include "record/tar.h"

#define WEIGHT_MAX ((size_t)4096) /* a weight's text; more is no number */
#define OFTEN 256		  /* samples between words on progress */

/* Where an entry of no sample goes. */
enum { EACH, MAIN, PRUNED };

struct shard {
	struct ib_shard_run *run;
	const struct ib_prune_options *options;
	const struct ib_source *source;
	struct ib_tar *tar;
	struct ib_tar_maker *maker;
	/* The sample whose run of members this is: */
	bool open;
	struct ib_bytes key, id;
	struct ib_annotation said;
	bool ours;     /* of the part that was asked for */
	bool written;  /* its members go out */
	bool unkept;   /* its members go to -U */
	bool weighted; /* a carried weight was met */
	int64_t mtime; /* of its first member */
	/* Entries of no sample behind it: does its run go on? */
	struct ib_spill_file *waiting;
	bool any_waiting;
	unsigned where; /* the entry being read goes to: EACH, ... */
	struct ib_members members;
	struct ib_bytes text; /* of a weight member */
	struct ib_number_cache number;
};

static enum ib_status
bad_sample(const struct shard *s, const char *what, struct ib_error *err)
{
	char show[IB_SHOW_MAX];

	return ib_fail(err, IB_E_DATA, "%s: sample %s %s", s->source->name,
		       ib_show(show, ib_bytes_span(&s->key)), what);
}

/* ---- pieces --------------------------------------------------------------------- */

static void
put_entry(struct shard *s, unsigned where, const struct ib_tar_piece *piece)
{
	if (where == PRUNED)
		ib_record_writer_put(&s->run->targets->unkept, piece);
	else if (where == MAIN)
		ib_prune_outputs_put(s->run->targets, piece);
	else
		ib_prune_outputs_each(s->run->targets, piece);
}

static void
put_other(void *ctx, const struct ib_tar_piece *piece)
{
	struct shard *s = ctx;

	put_entry(s, s->where, piece);
}

static void
put_waiting(void *ctx, const struct ib_tar_piece *piece)
{
	struct shard *s = ctx;

	ib_spill_file_put(s->waiting, s->where, piece);
	s->any_waiting = true;
}

static void
put_member(void *ctx, const struct ib_tar_piece *piece)
{
	struct shard *s = ctx;

	if (s->written)
		ib_prune_outputs_put(s->run->targets, piece);
	if (s->unkept)
		ib_record_writer_put(&s->run->targets->unkept, piece);
}

/* Of a carried weight: its text, and to -U as it came. */
static void
put_weight(void *ctx, const struct ib_tar_piece *piece)
{
	struct shard *s = ctx;

	if (s->text.n <= WEIGHT_MAX)
		ib_bytes_put(&s->text, piece->p + piece->from, piece->to - piece->from);
	if (s->unkept)
		ib_record_writer_put(&s->run->targets->unkept, piece);
}

/* Entries of no sample, which waited for the sample before them to end. */
static enum ib_status
release_waiting(struct shard *s, struct ib_error *err)
{
	struct ib_tar_piece piece;
	enum ib_status st = IB_OK;
	unsigned kind;

	if (!s->any_waiting)
		return IB_OK;
	ib_spill_file_seek(s->waiting, 0);
	while (!(st = ib_spill_file_get(s->waiting, &kind, &piece, err)))
		put_entry(s, kind, &piece);
	ib_spill_file_empty(s->waiting);
	s->any_waiting = false;
	return st == IB_EOF ? IB_OK : st;
}

/* ---- a sample ------------------------------------------------------------------- */

/* <key>.weight.json, with the weight or its product with a carried one. */
static enum ib_status
make_weight(struct shard *s, double weight, struct ib_error *err)
{
	struct ib_tar_piece piece;
	enum ib_status st = IB_OK;

	s->text.n = 0;
	ib_number_cache_put(&s->text, weight, &s->number);
	ib_bytes_put(&s->key, ".weight.json", sizeof(".weight.json") - 1);
	if (s->text.failed || s->key.failed)
		return ib_fail_memory(err);
	if (!s->maker)
		st = ib_tar_maker_new(&s->maker, err);
	if (!st)
		st = ib_tar_make(s->maker, ib_bytes_span(&s->key), s->mtime,
				 ib_bytes_span(&s->text), &piece, err);
	s->key.n -= sizeof(".weight.json") - 1;
	if (!st)
		ib_prune_outputs_put(s->run->targets, &piece);
	return st;
}

static enum ib_status
end_sample(struct shard *s, struct ib_error *err)
{
	const char *wrong = NULL;
	enum ib_status st = IB_OK;

	if (s->open)
		st = ib_members_end(&s->members, ib_bytes_span(&s->key),
				    s->options->allow_duplicates, &wrong, err);
	if (!st && wrong)
		st = bad_sample(s, wrong, err);
	if (!st && s->open && s->written && !s->weighted && !s->options->weights)
		st = make_weight(s, s->said.weight, err);
	s->open = false;
	return st ? st : release_waiting(s, err);
}

/*
 * Two samples of one key are most often one whose members are apart, or, if
 * there are several shards, two that share a name.
 */
static enum ib_status
report_twice(const struct shard *s, struct ib_error *err)
{
	static const char one[] = "appears twice: its members are not adjacent "
				  "(make the tar with --sort=name)";
	static const char several[] = "appears twice: if shards share keys, use -k @shard; if its "
				      "members are not adjacent, make the tar with --sort=name";
	bool shared = s->options->operands.n > 1 && s->source->key.kind != IB_KEY_SHARD;

	return bad_sample(s, shared ? several : one, err);
}

/* Has the id appeared before? */
static enum ib_status
check_twice(struct shard *s, uint32_t row, struct ib_error *err)
{
	struct ib_duplicate_check *seen = s->run->seen;
	enum ib_status st = IB_OK;
	size_t twice = SIZE_MAX;
	XXH128_hash_t hash;

	if (row != IB_NO_ROW) {
		twice = ib_duplicate_check_row(seen, row) ? 0 : SIZE_MAX;
	} else if (!s->options->allow_duplicates) {
		hash = ib_duplicate_check_hash(seen, s->said.id);
		st = ib_duplicate_check_unseen(seen, &hash, 1, &twice, err);
	}
	if (!st && twice != SIZE_MAX && !s->options->allow_duplicates)
		st = report_twice(s, err);
	return st;
}

static void
progress(const struct shard *s)
{
	const struct ib_shard_run *r = s->run;
	struct ib_input *in = r->b->block.input;

	if (r->context && r->context->progress && r->samples % OFTEN == 0)
		r->context->progress(r->context->data, ib_input_position(in), ib_input_size(in),
				     r->before + r->samples);
}

/* Decide, and write what goes beside. */
static enum ib_status
decide(struct shard *s, struct ib_error *err)
{
	const struct ib_scores *scores = s->run->pruner->rule->scores;
	struct ib_span id = ib_bytes_span(&s->id);
	struct ib_pruned *b = s->run->b;
	uint32_t row = IB_NO_ROW;
	struct ib_id own;
	enum ib_status st;
	bool kept;

	if (scores) {
		own = (struct ib_id){ id.p, XXH3_64bits_withSeed(id.p, id.n, scores->table.seed),
				      (uint32_t)id.n };
		row = ib_table_find(&scores->table, &own);
		ib_pruner_let_go(s->run->pruner, 1);
	}
	kept = ib_prune_one(s->run->pruner, b, id, row,
			    ib_rule_inclusion(s->run->pruner->rule, row), &s->said);
	s->said.id = id;
	st = check_twice(s, row, err);
	if (row == IB_NO_ROW)
		ib_unseen_add(s->run->lost, id);
	if (st || s->options->dry_run)
		return st;
	s->written = kept || s->options->keep_all;
	s->unkept = !kept && s->options->pruned_output;
	b->sidecar.n = 0;
	if (s->options->weights && !ib_pruned_sidecar(b, &s->said, s->written))
		return bad_sample(s, ib_no_sidecar, err);
	if (b->sidecar.failed)
		return ib_fail_memory(err);
	if (!s->written)
		return IB_OK;
	return ib_prune_outputs_sample(s->run->targets, id, ib_bytes_span(&b->sidecar),
				       s->run->before + s->run->samples, err);
}

/* The id that a key has. */
static void
put_id(const struct shard *s, struct ib_span key, struct ib_bytes *id)
{
	struct ib_span shard = ib_input_stem(s->source->path);

	id->n = 0;
	if (s->source->key.kind == IB_KEY_SHARD) {
		ib_bytes_put(id, shard.p, shard.n);
		ib_bytes_put_char(id, '/');
	}
	ib_bytes_put(id, key.p, key.n);
}

static enum ib_status
begin_sample(struct shard *s, const struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	s->open = true;
	ib_members_begin(&s->members);
	s->written = s->unkept = s->weighted = false;
	s->mtime = m->mtime;
	s->key.n = 0;
	ib_bytes_put(&s->key, m->key.p, m->key.n);
	put_id(s, m->key, &s->id);
	if (s->key.failed || s->id.failed)
		return ib_fail_memory(err);
	s->ours = ib_pruner_wants(s->run->pruner, ib_bytes_span(&s->id));
	if (s->ours)
		st = decide(s, err);
	s->run->samples++;
	progress(s);
	return st ? st : ib_prune_outputs_status(s->run->targets, err);
}

/* ---- members -------------------------------------------------------------------- */

/* A weight that the sample carries already. */
static enum ib_status
take_weight(struct shard *s, struct ib_error *err)
{
	double carried = 1, weight = s->said.weight;
	enum ib_status st;

	if (s->options->existing_weight == IB_EXISTING_WEIGHT_FAIL)
		return bad_sample(s,
				  "already carries a weight: prune the "
				  "full shards, not an epoch's; or see "
				  "--existing-weight",
				  err);
	if (s->weighted)
		return bad_sample(s, "carries two weights", err);
	s->weighted = true;
	s->text.n = 0;
	st = ib_tar_pass(s->tar, put_weight, s, err);
	if (st)
		return st;
	if (s->options->existing_weight == IB_EXISTING_WEIGHT_MULTIPLY) {
		if (!ib_tar_weight(ib_bytes_span(&s->text), &carried))
			return bad_sample(s,
					  "carries a weight that is no "
					  "number",
					  err);
		weight *= carried;
		if (!isfinite(weight))
			return bad_sample(s,
					  "gets a weight that is not "
					  "finite",
					  err);
	}
	return s->written ? make_weight(s, weight, err) : IB_OK;
}

static enum ib_status
take_member(struct shard *s, const struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st;

	if (s->open && ib_span_equal(ib_bytes_span(&s->key), m->key)) {
		st = release_waiting(s, err);
	} else {
		st = end_sample(s, err);
		if (!st)
			st = begin_sample(s, m, err);
	}
	if (st)
		return st;
	if (!m->weight)
		ib_members_add(&s->members, m->path);
	if (m->weight && s->ours && !s->options->weights && !s->options->dry_run)
		return take_weight(s, err);
	return ib_tar_pass(s->tar, put_member, s, err);
}

/*
 * A link goes where its target does. False: nowhere. With --split that is
 * decided at the end, and a link in another file than its target would lead to
 * nothing.
 */
static bool
find_place(struct shard *s, struct ib_span key)
{
	const struct ib_prune_options *o = s->options;
	struct ib_bytes *id = &s->text;
	struct ib_decision d;
	struct ib_span span;

	put_id(s, key, id);
	span = ib_bytes_span(id);
	if (o->split || !ib_pruner_wants(s->run->pruner, span))
		return false;
	ib_rule_decide(s->run->pruner->rule, &span, 1, &d);
	s->where = d.kept || o->keep_all ? MAIN : PRUNED;
	return s->where == MAIN || o->pruned_output;
}

/* An entry of no sample goes out in its place. */
static enum ib_status
take_other(struct shard *s, const struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	s->where = EACH;
	if (s->options->dry_run || (m->with.p && !find_place(s, m->with)))
		return s->text.failed ? ib_fail_memory(err) : IB_OK;
	if (!s->open)
		return ib_tar_pass(s->tar, put_other, s, err);
	if (!s->waiting)
		st = ib_spill_file_new(s->options->output, &s->waiting, err);
	if (!st)
		st = ib_tar_pass(s->tar, put_waiting, s, err);
	return st ? st : ib_spill_file_status(s->waiting, err);
}

static void
feed(void *ctx, const void *p, size_t n)
{
	ib_reader_digest_add(ctx, p, n);
}

enum ib_status
ib_prune_shard(struct ib_shard_run *r, struct ib_error *err)
{
	struct shard s = { .run = r, .options = r->pruner->options, .source = r->b->block.source };
	struct ib_tar_options options = { .context = r->context,
					  .feed = feed,
					  .feed_ctx = r->reader };
	struct ib_tar_member m;
	enum ib_status st;

	ib_pruned_start(r->pruner, r->b);
	r->samples = 0;
	st = ib_tar_open(r->b->block.input, &options, &s.tar, err);
	while (!st && !(st = ib_tar_next(s.tar, &m, err)))
		st = m.key.p ? take_member(&s, &m, err) : take_other(&s, &m, err);
	if (st == IB_EOF)
		st = end_sample(&s, err);
	ib_run_stats_flush(&r->b->tally);
	ib_tar_close(s.tar);
	ib_tar_maker_free(s.maker);
	ib_spill_file_free(s.waiting);
	ib_members_release(&s.members);
	ib_bytes_release(&s.key);
	ib_bytes_release(&s.id);
	ib_bytes_release(&s.text);
	return st;
}
