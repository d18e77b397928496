/* Functions that load or map one file of scores, and functions on complete score tables. */
#include "score/load.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/part.h"
#include "base/pipeline.h"
#include "io/files.h"

/*
 * Store the key of a batch: the fields from which its ids were built. `key` is NULL for rows of a
 * score file, because such rows do not contain the key.
 */
static enum ib_status
note_key(struct ib_scores *s, const struct ib_key *key, struct ib_error *err)
{
	struct ib_bytes name = { 0 };
	enum ib_status st;

	if (key)
		ib_key_write_name(key, &name);
	st = name.failed ? ib_fail_memory(err) : ib_scores_note_key(s, ib_bytes_span(&name), err);
	ib_bytes_release(&name);
	return st;
}

enum ib_status
ib_load_batch(struct ib_fold *f, struct ib_loss_batch *b, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	/*
	 * Store the name of the key (-k) even if the log has only losses of other partitions, so
	 * that all partitions of a score file have the same key.
	 */
	if (b->n + b->nmerge > 0 || b->has_loss)
		st = note_key(f->scores, b->rows ? NULL : b->key, err);
	if (st)
		return st;
	if (b->rows)
		return ib_fold_rows(f, b->merge, b->nmerge, b->has_previous, err);
	/*
	 * Set `folded` even if the log has only losses of other partitions, so that
	 * ib_fold_finish() removes the previous scores of all partitions or of none.
	 */
	f->folded |= b->has_loss;
	if (b->ids_are_rows && f->scores->table.n == 0)
		f->scores->table.range = true;
	return ib_fold_losses(f, b->loss, b->n, err);
}

/* Move a complete table into the empty scores of f. */
static enum ib_status
move_scores(struct ib_fold *f, struct ib_scores *from, struct ib_error *err)
{
	struct ib_scores *to = f->scores, swap = *to;

	*to = *from;
	to->part = swap.part;
	*from = swap;
	f->fresh += to->table.n;
	if (f->smooth != 0)
		return ib_scores_keep_previous(to, err);
	return IB_OK;
}

static struct ib_span
key_of(const struct ib_scores *s)
{
	return s->key ? ib_span_of(s->key) : (struct ib_span){ NULL, 0 };
}

enum ib_status
ib_load_scores(struct ib_fold *f, struct ib_scores *from, const struct ib_part *part,
	       struct ib_error *err)
{
	struct ib_merge m[IB_GROUP];
	enum ib_status st = IB_OK;
	struct ib_row row;
	struct ib_id id;
	uint64_t i;
	size_t n = 0;

	if (f->scores->table.n == 0 && part->count == 0 && !f->scores->key && !f->scores->no_key)
		return move_scores(f, from, err);
	if (from->table.n > 0 || from->key)
		st = ib_scores_note_key(f->scores, key_of(from), err);
	for (i = 0; i < from->table.n && !st; i++) {
		row = ib_scores_row(from, i);
		id = ib_id_of(row.id, 0);
		if (!ib_part_has_hash(part, id.hash))
			continue;
		m[n++] = (struct ib_merge){
			.id = id,
			.score = row.score,
			.previous = row.previous,
			.epoch = row.epoch,
			.visits = row.visits,
		};
		if (n == IB_GROUP) {
			st = ib_fold_rows(f, m, n, from->has_previous, err);
			n = 0;
		}
	}
	return st ? st : ib_fold_rows(f, m, n, from->has_previous, err);
}

/* ---- one file ---------------------------------------------------------------- */

static enum ib_status
add_batch(void *ctx, struct ib_loss_batch *b, struct ib_error *err)
{
	return ib_load_batch(ctx, b, err);
}

enum ib_status
ib_load_rows(struct ib_fold *f, const struct ib_row_batch *b, bool *taken, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	*taken = ib_fold_takes_rows(f, b->row, b->n);
	if (*taken)
		st = note_key(f->scores, b->key, err);
	return st || !*taken ? st : ib_fold_row_losses(f, b->row, b->loss, b->n, b->epoch, err);
}

static enum ib_status
add_rows(void *ctx, const struct ib_row_batch *b, bool *taken, struct ib_error *err)
{
	return ib_load_rows(ctx, b, taken, err);
}

/* Accept rows of a score file. Fail if the batch has losses, because the file is then a loss log.
 */
static enum ib_status
refuse_losses(void *ctx, struct ib_loss_batch *b, struct ib_error *err)
{
	if (b->rows || b->n == 0)
		return ib_load_batch(ctx, b, err);
	return ib_fail(err, IB_E_DATA, "%s: this is a loss log; expected a score file",
		       b->source->name);
}

static enum ib_status
add_scores(void *ctx, struct ib_scores *s, const char *name, struct ib_error *err)
{
	struct ib_fold *fold = ctx;
	struct ib_part all = { 0, 0 };

	(void)name;
	fold->scores->part = s->part;
	return ib_load_scores(fold, s, &all, err);
}

/* Read a file of scores, and pass the contents to the consumer, whose ctx is set to a new ib_fold.
 */
static enum ib_status
load(const char *path, const struct ib_context *context, struct ib_loss_logs_consumer consumer,
     struct ib_scores **out, char *digest, struct ib_error *err)
{
	struct ib_log_options log = IB_LOG_DEFAULTS;
	struct ib_loss_logs_options o = {
		.operands = { &path, 1 }, .log = &log, .digest = digest, .fixed_fields = true
	};
	struct ib_fold fold;
	struct ib_loss_counts counts;
	struct ib_scores *s = NULL;
	enum ib_status st;

	st = ib_scores_new(&s, err);
	if (st)
		return st;
	st = ib_fold_start(&fold, s, IB_DUPLICATES_LAST, 0, err);
	consumer.ctx = &fold;
	if (!st)
		st = ib_loss_logs_read(&o, context, &consumer, &counts, err);
	if (!st)
		ib_fold_finish(&fold);
	ib_fold_release(&fold);
	if (st) {
		ib_scores_free(s);
		return st;
	}
	*out = s;
	return IB_OK;
}

enum ib_status
ib_scores_load_any(const char *path, const struct ib_context *context, struct ib_scores **out,
		   char *digest, struct ib_error *err)
{
	return load(path, context,
		    (struct ib_loss_logs_consumer){
			    .batch = add_batch, .rows = add_rows, .scores = add_scores },
		    out, digest, err);
}

enum ib_status
ib_scores_load_file(const char *path, const struct ib_context *context, struct ib_scores **out,
		    char *digest, struct ib_error *err)
{
	return load(path, context,
		    (struct ib_loss_logs_consumer){ .batch = refuse_losses, .scores = add_scores },
		    out, digest, err);
}

static void
add_to_digest(void *ctx, const void *p, size_t n)
{
	ib_hash128_update(ctx, p, n);
}

/*
 * Compute the XXH3-128 hash of the file. Most of the time is spent on copying
 * data out of the page cache, so several threads make this faster.
 */
static enum ib_status
digest_archive(struct ib_npz *z, const struct ib_context *context, char *digest,
	       struct ib_error *err)
{
	XXH3_state_t *state = XXH3_createState();
	enum ib_status st;

	if (!state)
		return ib_fail_memory(err);
	XXH3_128bits_reset(state);
	st = ib_npz_feed(z, ib_pipeline_threads(context), add_to_digest, state, err);
	if (!st)
		ib_hex_xxh128(digest, XXH3_128bits_digest(state));
	XXH3_freeState(state);
	return st;
}

/* Map the file if possible. If the file cannot be mapped, *out stays NULL. */
static enum ib_status
map_file(const char *path, const struct ib_context *context, struct ib_scores **out, char *digest,
	 struct ib_error *err)
{
	struct ib_input *in = NULL;
	struct ib_scores *s = NULL;
	struct ib_npz *z = NULL;
	struct ib_span head = { NULL, 0 };
	bool mapped = false;
	enum ib_status st;

	st = ib_input_open(path, &in, err);
	if (!st)
		st = ib_input_peek(in, 4, &head, err);
	if (st || ib_input_plain_fd(in) < 0 || head.n < 4 || memcmp(head.p, "PK\3\4", 4) != 0)
		goto done;
	st = ib_npz_open(in, &z, err);
	if (!st)
		st = ib_scores_new(&s, err);
	if (!st)
		st = ib_scores_map_npz(z, ib_input_name(in), s, &mapped, err);
	if (!st && mapped && digest)
		st = digest_archive(z, context, digest, err);
	if (!st && mapped) {
		s->archive = z;
		s->input = in;
		*out = s;
		return IB_OK;
	}
done:
	ib_scores_free(s);
	ib_npz_close(z);
	ib_input_close(in);
	return st;
}

enum ib_status
ib_scores_open_any(const char *path, const struct ib_context *context, struct ib_scores **out,
		   char *digest, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	*out = NULL;
	/* A pipe can be read only once, so only ib_scores_load_any() opens it. */
	if (ib_file_is_regular(path))
		st = map_file(path, context, out, digest, err);
	if (st || *out)
		return st;
	return ib_scores_load_any(path, context, out, digest, err);
}

enum ib_status
ib_scores_load(const char *path, struct ib_scores **out, struct ib_error *err)
{
	return ib_scores_load_any(path, NULL, out, NULL, err);
}

enum ib_status
ib_scores_map(const char *path, struct ib_scores **out, struct ib_error *err)
{
	enum ib_status st = ib_scores_open_any(path, NULL, out, NULL, err);

	if (!st)
		(*out)->for_look_ups = true;
	return st;
}

enum ib_status
ib_scores_save(struct ib_scores *s, const char *path, struct ib_error *err)
{
	struct ib_output *out = NULL;
	enum ib_status st = ib_scores_check_writable(s, err);

	if (!st)
		st = ib_output_open(path, 0, &out, err);
	if (!st)
		st = ib_scores_name_is_npz(path, false) ? ib_scores_write_npz(s, 1, out, err)
							: ib_scores_write_jsonl(s, out, err);
	if (!st)
		return ib_output_commit(&out, err);
	ib_output_discard(&out);
	return st;
}

/* ---- complete tables ------------------------------------------------------------- */

bool
ib_scores_has_foreign_row(const struct ib_scores *s, const struct ib_part *part, uint64_t *row)
{
	*row = 0;
	if (ib_table_make_ids(&s->table, NULL))
		return true;
	for (; *row < s->table.n; ++*row)
		if (!ib_part_has_hash(part, ib_table_hash(ib_table_id(&s->table, *row), 0)))
			return true;
	return false;
}

/* Copy rows into x, which has room for them. The slots of the table are not filled. */
static void
copy_rows(struct ib_scores *x, const struct ib_scores *s, const uint32_t *row, uint64_t n)
{
	uint64_t *offset = x->table.offset.p, i;
	struct ib_span id;

	for (i = 0; i < n; i++) {
		id = ib_table_id(&s->table, row[i]);
		if (id.n > 0)
			memcpy((char *)x->table.bytes.p + offset[i], id.p, id.n);
		offset[i + 1] = offset[i] + id.n;
		((float *)x->score.p)[i] = ((float *)s->score.p)[row[i]];
		((int32_t *)x->epoch.p)[i] = ((int32_t *)s->epoch.p)[row[i]];
		((uint32_t *)x->visits.p)[i] = ((uint32_t *)s->visits.p)[row[i]];
		if (s->has_previous)
			((float *)x->previous.p)[i] = ((float *)s->previous.p)[row[i]];
	}
	x->table.n = n;
	x->table.nbytes = offset[n];
}

static enum ib_status
copy_key(struct ib_scores *x, const struct ib_scores *s, struct ib_error *err)
{
	free(x->key);
	x->key = NULL;
	if (s->key && !(x->key = strdup(s->key)))
		return ib_fail_memory(err);
	return IB_OK;
}

enum ib_status
ib_scores_extract(const struct ib_scores *s, const uint32_t *row, uint64_t n,
		  struct ib_scores **out, struct ib_error *err)
{
	struct ib_scores *x = *out;
	enum ib_status st = ib_table_make_ids(&s->table, err);
	uint64_t i, bytes = 0;

	if (st)
		return st;
	for (i = 0; i < n; i++)
		bytes += ib_table_id(&s->table, row[i]).n;
	*out = NULL;
	if (x)
		ib_table_clear(&x->table);
	st = x ? IB_OK : ib_scores_new(&x, err);
	if (!st && s->has_previous)
		st = ib_scores_keep_previous(x, err);
	if (!st)
		st = ib_scores_reserve(x, n, bytes, err);
	if (!st) {
		copy_rows(x, s, row, n);
		st = ib_table_index(&x->table, &i, err);
	}
	if (!st)
		st = copy_key(x, s, err);
	if (st) {
		ib_scores_free(x);
		return st;
	}
	*out = x;
	return IB_OK;
}
