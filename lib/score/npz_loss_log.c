/* Read a loss log from the arrays of an .npz archive. */
#include "score/npz_loss_log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/part.h"
#include "score/npz_column.h"
#include "score/reading.h"

#define ROWS ((uint64_t)1 << 16) /* number of rows per batch */

/* The arrays of a log or an epoch manifest. */
struct npz_arrays {
	const struct ib_loss_reader *log;
	struct ib_npz *archive;
	const char *name;
	struct ib_key key;
	struct ib_npz_column id[IB_KEY_MAX];
	struct ib_npz_column loss[IB_TERMS_MAX];
	struct ib_npz_column epoch, weight;
	uint64_t rows, row;    /* number of rows; the current row */
	struct ib_arena arena; /* texts of those ids that do not point into an array */
};

bool
ib_npz_loss_log_is_one(const struct ib_npz *z)
{
	return !ib_npz_find(z, "meta.json") && !ib_npz_find(z, "id_bytes.npy");
}

/* ---- arrays ------------------------------------------------------------------- */

static bool
find_array(struct npz_arrays *a, struct ib_span name, struct ib_npz_column *c)
{
	c->name = name;
	c->member = ib_npz_single(a->archive);
	if (!c->member)
		c->member = ib_npz_find_array(a->archive, name);
	return c->member != NULL;
}

static enum ib_status
fail_array(const struct npz_arrays *a, const struct ib_npz_column *c, const char *what,
	   struct ib_error *err)
{
	char show[IB_SHOW_MAX];

	return ib_fail(err, IB_E_DATA, "%s: the array %s %s", a->name, ib_show(show, c->name),
		       what);
}

/* Check that the array has one of the types `kinds` and at most one dimension. */
static enum ib_status
check_type(const struct npz_arrays *a, struct ib_npz_column *c, const char *kinds,
	   const char *wanted, struct ib_error *err)
{
	const struct ib_npz_member *m = c->member;
	const char *descr = m->descr;
	char text[120];

	if (!m->array)
		return fail_array(a, c, "has an unsupported format", err);
	if (memchr("<>|=", descr[0], 4))
		descr++;
	if (*descr == 'O')
		return fail_array(a, c,
				  "holds Python objects (a pickle): store "
				  "integers, or text of fixed width",
				  err);
	if (strcmp(descr, "V2") == 0)
		return fail_array(a, c,
				  "is bfloat16 (V2), which numpy cannot name: store it as float32",
				  err);
	if (!strchr(kinds, *descr) || m->size == 0 || (strchr("iuf", *descr) && m->size > 8)) {
		snprintf(text, sizeof(text), "is of type %s: %s", m->descr, wanted);
		return fail_array(a, c, text, err);
	}
	if (m->ndim > 1)
		return fail_array(a, c, "has more than one dimension", err);
	c->kind = *descr;
	c->big = m->descr[0] == '>';
	c->size = m->size;
	c->scalar = m->ndim == 0;
	return IB_OK;
}

static enum ib_status
load(struct npz_arrays *a, struct ib_npz_column *c, struct ib_error *err)
{
	char text[120];

	if (!c->scalar && c->member->n != a->rows) {
		snprintf(text, sizeof(text), "has %llu items, but there are %llu ids",
			 (unsigned long long)c->member->n, (unsigned long long)a->rows);
		return fail_array(a, c, text, err);
	}
	c->items = ib_array(c->member->nbytes, 1);
	if (!c->items)
		return ib_fail_memory(err);
	return ib_npz_read(a->archive, c->member, c->items, err);
}

/* ---- opening ------------------------------------------------------------------ */

static enum ib_status
missing(const struct npz_arrays *a, struct ib_span name, struct ib_error *err)
{
	char show[IB_SHOW_MAX];

	return ib_fail(err, IB_E_DATA,
		       "%s: has no array %s, so this is neither a score file nor a loss log",
		       a->name, ib_show(show, name));
}

/* Check that the array of a file without names is used as losses, with item numbers as ids. */
static enum ib_status
check_single(const struct npz_arrays *a, struct ib_error *err)
{
	if (a->key.kind != IB_KEY_ROW && a->key.kind != IB_KEY_LINE)
		return ib_fail(err, IB_E_DATA,
			       "%s: this is a file of one numpy array, without ids: use -k @row if "
			       "item i is the loss of sample i, or else write the arrays index and "
			       "loss with numpy.savez",
			       a->name);
	if (a->log->nterms > 1)
		return ib_fail(err, IB_E_MISUSE,
			       "%s: this is a file of one numpy array, but --loss has %zu terms",
			       a->name, a->log->nterms);
	return IB_OK;
}

/* Find the id arrays: the arrays that -k names, or else the first array with a known name. */
static enum ib_status
choose_ids(struct npz_arrays *a, struct ib_error *err)
{
	size_t i;

	if (a->key.kind == IB_KEY_HASH || a->key.kind == IB_KEY_SHARD)
		return ib_fail(err, IB_E_MISUSE, "%s: -k %s cannot be used with an .npz log",
			       a->name, a->log->options->key);
	if (a->key.kind == IB_KEY_FIELDS) {
		for (i = 0; i < a->key.n; i++)
			if (!find_array(a, a->key.name[i], &a->id[i]))
				return missing(a, a->key.name[i], err);
		return IB_OK;
	}
	a->key.n = a->key.kind == IB_KEY_AUTO;
	for (i = 0; i < IB_KEY_NKNOWN && a->key.n == 1; i++)
		if (find_array(a, ib_span_of(ib_key_known[i]), &a->id[0])) {
			a->key.kind = IB_KEY_FIELDS;
			a->key.name[0] = ib_span_of(ib_key_known[i]);
			return IB_OK;
		}
	return a->key.n == 0 ? IB_OK : missing(a, ib_span_of("id"), err);
}

static enum ib_status
load_ids(struct npz_arrays *a, struct ib_error *err)
{
	enum ib_status st = choose_ids(a, err);
	size_t i;

	if (st)
		return st;
	a->rows = a->key.n > 0 ? a->id[0].member->n : a->loss[0].member->n;
	for (i = 0; i < a->key.n && !st; i++) {
		st = check_type(a, &a->id[i], "iuSU",
				"ids must be integers, or bytes or Unicode text of fixed width",
				err);
		if (!st && a->id[i].scalar)
			st = fail_array(a, &a->id[i], "is a single value, not an array", err);
		if (!st && a->id[i].kind == 'U' && a->id[i].size % 4 != 0)
			st = fail_array(a, &a->id[i], "is malformed", err);
		if (!st)
			st = load(a, &a->id[i], err);
	}
	return st;
}

/* Check and load an array of numbers. */
static enum ib_status
load_numbers(struct npz_arrays *a, struct ib_npz_column *c, const char *kinds, const char *wanted,
	     bool scalar, struct ib_error *err)
{
	enum ib_status st = check_type(a, c, kinds, wanted, err);

	if (!st && c->scalar && !scalar)
		st = fail_array(a, c, "is a single value, not an array", err);
	return st ? st : load(a, c, err);
}

static enum ib_status
open_arrays(struct npz_arrays *a, struct ib_error *err)
{
	static const char losses[] = "a loss must be f2, f4 or f8";
	const struct ib_loss_reader *l = a->log;
	enum ib_status st;
	size_t i;

	st = ib_key_parse(l->options->key, "-k", &a->key, err);
	if (!st && ib_npz_single(a->archive))
		st = check_single(a, err);
	for (i = 0; i < l->nterms && !st; i++)
		if (!find_array(a, l->term[i].name, &a->loss[i]))
			st = missing(a, l->term[i].name, err);
	if (!st)
		st = load_ids(a, err);
	for (i = 0; i < l->nterms && !st; i++)
		st = load_numbers(a, &a->loss[i], "f", losses, false, err);
	if (ib_npz_single(a->archive))
		return st;
	if (!st && find_array(a, l->wanted[IB_LOG_EPOCH].name, &a->epoch))
		st = load_numbers(a, &a->epoch, "iuf", "an epoch must be a number", true, err);
	if (!st && l->want_weight && find_array(a, l->wanted[IB_LOG_WEIGHT].name, &a->weight))
		st = load_numbers(a, &a->weight, "f", "a weight must be f2, f4 or f8", false, err);
	return st;
}

static void
release(struct npz_arrays *a)
{
	size_t i;

	for (i = 0; i < IB_KEY_MAX; i++)
		free(a->id[i].items);
	for (i = 0; i < IB_TERMS_MAX; i++)
		free(a->loss[i].items);
	free(a->epoch.items);
	free(a->weight.items);
	ib_arena_release(&a->arena);
}

/* ---- one row ------------------------------------------------------------------ */

/*
 * Read the id of the current row. Sets id->p to NULL if out of memory. If an item is invalid,
 * returns false, and sets *invalid to its array and *why to the reason.
 */
static bool
read_id(struct npz_arrays *a, struct ib_span *id, const struct ib_npz_column **invalid,
	const char **why)
{
	struct ib_bytes joined = { 0 };
	struct ib_span piece;
	size_t i;
	char *to;

	if (a->key.n == 0) {
		*id = ib_key_format_line_id(a->row, &a->arena);
		return true;
	}
	for (i = 0; i < a->key.n; i++) {
		if (!ib_npz_column_text(&a->id[i], a->row, &a->arena, &piece, why)) {
			ib_bytes_release(&joined);
			*invalid = &a->id[i];
			return false;
		}
		*id = piece;
		if (a->key.n == 1 || !piece.p) {
			ib_bytes_release(&joined);
			return true;
		}
		if (i > 0)
			ib_bytes_put_char(&joined, IB_KEY_SEPARATOR);
		ib_bytes_put(&joined, piece.p, piece.n);
	}
	to = joined.failed ? NULL : ib_arena_allocate(&a->arena, joined.n + 1);
	if (to && joined.n > 0)
		memcpy(to, joined.p, joined.n);
	*id = (struct ib_span){ to, joined.n };
	ib_bytes_release(&joined);
	return true;
}

/* Add an invalid item of the current row to the problems of the batch. Returns false. */
static bool
report_invalid(const struct npz_arrays *a, const struct ib_npz_column *c, const char *why,
	       struct ib_loss_batch *b)
{
	char show[IB_SHOW_MAX];

	ib_loss_batch_add_problem(b, IB_BAD_RECORD, a->row, "%s %s", ib_show(show, c->name), why);
	return false;
}

static double
read_loss(const struct npz_arrays *a)
{
	const struct ib_term *t = a->log->term;
	double sum = 0, x;
	size_t i;

	for (i = 0; i < a->log->nterms; i++) {
		x = ib_npz_column_real(&a->loss[i], a->row);
		if (t[i].scaled)
			x *= t[i].coefficient;
		sum = i == 0 ? x : sum + x;
	}
	return sum;
}

static bool
read_epoch(const struct npz_arrays *a, int64_t *epoch, struct ib_loss_batch *b)
{
	const struct ib_npz_column *c = &a->epoch;
	double x;

	*epoch = IB_NO_EPOCH;
	if (!c->member)
		return true;
	if (c->kind == 'f') {
		x = ib_npz_column_real(c, a->row);
		if (isnan(x))
			return true;
		if (!(x >= 0 && x <= INT32_MAX) || x != floor(x))
			return report_invalid(a, c, "is not an epoch", b);
		*epoch = (int64_t)x;
		return true;
	}
	*epoch = ib_npz_column_integer(c, a->row);
	/* A u8 value that is too large for i8 has become negative in *epoch. */
	return (*epoch >= 0 && *epoch <= INT32_MAX) || report_invalid(a, c, "is not an epoch", b);
}

static bool
read_weight(const struct npz_arrays *a, double *weight, struct ib_loss_batch *b)
{
	*weight = NAN;
	if (!a->weight.member)
		return true;
	*weight = ib_npz_column_real(&a->weight, a->row);
	return (isfinite(*weight) && *weight >= 0) ||
	       report_invalid(a, &a->weight, "is not a weight", b);
}

static bool
is_of_other_part(const struct ib_loss_reader *l, struct ib_span id)
{
	const struct ib_part *p = &l->options->part;

	return p->count > 0 && ib_part_of(id, p->count) != p->index;
}

/* Append one row to the batch. */
static enum ib_status
add_row(struct npz_arrays *a, struct ib_loss_batch *b, struct ib_error *err)
{
	const struct ib_log_options *o = a->log->options;
	const struct ib_npz_column *invalid;
	double loss, weight;
	const char *why;
	struct ib_span id;
	int64_t epoch;

	if (!read_id(a, &id, &invalid, &why)) {
		report_invalid(a, invalid, why, b);
		return IB_OK;
	}
	if (!id.p)
		return ib_fail_memory(err);
	if (id.n == 0) {
		ib_loss_batch_add_problem(b, IB_BAD_RECORD, a->row, "%s", ib_loss_reader_no_id);
		return IB_OK;
	}
	b->any = true;
	if (is_of_other_part(a->log, id) || !read_epoch(a, &epoch, b) ||
	    !read_weight(a, &weight, b))
		return IB_OK;
	if (epoch == IB_NO_EPOCH)
		epoch = b->epoch;
	if (epoch == IB_NO_EPOCH && a->log->epoch_required)
		return ib_fail(err, IB_E_MISUSE, "%s: row %llu has no epoch: set one with -e",
			       a->name, (unsigned long long)a->row);
	if (epoch == IB_NO_EPOCH) {
		b->undated = true;
		epoch = 0;
	}
	loss = read_loss(a);
	if (o->nonfinite == IB_NONFINITE_FAIL && !isfinite((float)loss) &&
	    (o->until == IB_NO_EPOCH || epoch <= o->until))
		report_invalid(a, &a->loss[0], "is not finite", b);
	else
		ib_loss_reader_add(a->log, b, id, epoch, loss, weight);
	return b->failed ? ib_fail_memory(err) : IB_OK;
}

/* ---- rows ------------------------------------------------------------------------ */

/* True if the ids are row numbers: the array index, or -k @row. */
static bool
has_rows(const struct npz_arrays *a)
{
	if (a->key.n == 0)
		return a->key.kind == IB_KEY_ROW;
	return a->key.n == 1 && ib_span_is(a->key.name[0], "index") &&
	       (a->id[0].kind == 'i' || a->id[0].kind == 'u');
}

/* Return the id of the current row as a row number, or -1 if it is no row number. */
static int64_t
row_number(const struct npz_arrays *a)
{
	int64_t x = a->key.n == 0 ? (int64_t)a->row : ib_npz_column_integer(&a->id[0], a->row);

	return x >= 0 && (uint64_t)x < IB_RANGE_MAX ? x : -1;
}

/* Rows of a log, for a consumer that takes rows instead of ids. */
struct rows {
	bool possible; /* the whole log has only one epoch, and no option needs ids */
	int64_t epoch;
	uint32_t row[ROWS];
	float loss[ROWS];
};

static bool
can_pass_rows(const struct npz_arrays *a, const struct ib_loss_logs_consumer *consumer,
	      int64_t given, int64_t *epoch)
{
	const struct ib_log_options *o = a->log->options;

	if (!consumer->rows || !has_rows(a) || a->rows == 0 || o->part.count > 0 ||
	    o->nonfinite != IB_NONFINITE_KEEP || a->log->want_weight)
		return false;
	*epoch = given;
	if (a->epoch.member && (!a->epoch.scalar || a->epoch.kind == 'f'))
		return false;
	if (a->epoch.member)
		*epoch = ib_npz_column_integer(&a->epoch, 0);
	return *epoch >= 0 && *epoch <= INT32_MAX &&
	       (o->until == IB_NO_EPOCH || *epoch <= o->until);
}

/* Pass the rows [from, to) to the consumer, unless one of them is no row number. */
static enum ib_status
pass_rows(struct npz_arrays *a, struct rows *r, uint64_t from, uint64_t to,
	  const struct ib_loss_logs_consumer *consumer, const struct ib_source *source, bool *taken,
	  struct ib_loss_counts *counts, struct ib_error *err)
{
	struct ib_row_batch b = { source,	    &a->key, r->row, r->loss, (size_t)(to - from),
				  (int32_t)r->epoch };
	uint64_t nonfinite = 0;
	enum ib_status st;
	int64_t row;
	size_t i;

	*taken = false;
	for (i = 0; i < b.n; i++) {
		a->row = from + i;
		row = row_number(a);
		if (row < 0)
			return IB_OK;
		r->row[i] = (uint32_t)row;
		r->loss[i] = (float)read_loss(a) + 0.0f;
		if (!isfinite(r->loss[i])) {
			r->loss[i] = NAN;
			nonfinite++;
		}
	}
	*taken = true;
	st = consumer->rows(consumer->ctx, &b, taken, err);
	if (st || !*taken)
		return st;
	counts->read += b.n;
	counts->records += b.n;
	counts->nonfinite += nonfinite;
	return IB_OK;
}

/* ---- batches ------------------------------------------------------------------ */

static enum ib_status
count(const struct npz_arrays *a, const struct ib_loss_batch *b, uint64_t rows,
      struct ib_loss_counts *counts, struct ib_error *err)
{
	size_t i;

	for (i = 0; i < b->nproblems; i++) {
		if (counts->bad == a->log->options->max_bad)
			return ib_fail(err, IB_E_DATA, "%s: row %llu: %s", a->name,
				       (unsigned long long)b->problem[i].line, b->problem[i].text);
		counts->bad++;
	}
	counts->read += rows - b->nproblems;
	ib_loss_counts_add(counts, &b->counts);
	return IB_OK;
}

enum ib_status
ib_npz_loss_log_read(const struct ib_loss_reader *l, struct ib_npz *z,
		     const struct ib_source *source, int64_t epoch,
		     const struct ib_loss_logs_consumer *consumer, struct ib_loss_counts *counts,
		     struct ib_error *err)
{
	struct npz_arrays a = { .log = l, .archive = z, .name = source->name };
	struct ib_loss_batch batch = { 0 };
	struct rows *rows = malloc(sizeof(*rows));
	enum ib_status st = rows ? open_arrays(&a, err) : ib_fail_memory(err);
	uint64_t start, stop;
	bool taken;

	if (!st)
		rows->possible = can_pass_rows(&a, consumer, epoch, &rows->epoch);
	while (!st && a.row < a.rows) {
		start = a.row;
		stop = a.rows - a.row < ROWS ? a.rows : a.row + ROWS;
		if (rows->possible) {
			st = pass_rows(&a, rows, start, stop, consumer, source, &taken, counts,
				       err);
			a.row = taken ? stop : start;
			if (st || taken)
				continue;
		}
		ib_loss_batch_start(&batch, source, false, epoch);
		batch.key = &a.key;
		batch.numbered = has_rows(&a);
		ib_arena_reset(&a.arena);
		for (; a.row < stop && !st; a.row++)
			st = add_row(&a, &batch, err);
		if (!st)
			st = count(&a, &batch, stop - start, counts, err);
		if (!st)
			st = consumer->batch(consumer->ctx, &batch, err);
	}
	free(rows);
	ib_loss_batch_release(&batch);
	release(&a);
	return st;
}

/* ---- epoch manifests --------------------------------------------------------------- */

enum ib_status
ib_npz_refuse_manifest(const struct ib_source *source, struct ib_error *err)
{
	if (source->format == IB_FORMAT_NPY)
		return ib_fail(err, IB_E_DATA,
			       "%s: this is a file of one numpy array; an epoch manifest has the "
			       "arrays index and weight, as ib-prune --range writes them",
			       source->name);
	return ib_fail(err, IB_E_DATA, "%s: this is a totals file, not an epoch manifest",
		       source->name);
}

static enum ib_status
read_sample(struct npz_arrays *a, struct ib_npz_sample *sample, struct ib_error *err)
{
	const struct ib_npz_column *invalid;
	char show[IB_SHOW_MAX];
	const char *why;

	sample->row = has_rows(a) ? row_number(a) : -1;
	sample->id = (struct ib_span){ "", 0 };
	if (sample->row < 0 && !read_id(a, &sample->id, &invalid, &why))
		return ib_fail(err, IB_E_DATA, "%s: row %llu: %s %s", a->name,
			       (unsigned long long)a->row, ib_show(show, invalid->name), why);
	if (!sample->id.p)
		return ib_fail_memory(err);
	sample->weighted = a->weight.member != NULL;
	sample->weight = sample->weighted ? ib_npz_column_real(&a->weight, a->row) : 1;
	return IB_OK;
}

enum ib_status
ib_npz_manifest_read(struct ib_npz *z, const char *name, const char *key, const char *weight_field,
		     enum ib_status (*each)(void *ctx, const struct ib_npz_sample *sample,
					    struct ib_error *err),
		     void *ctx, struct ib_error *err)
{
	struct ib_log_options options = { .key = key };
	struct ib_loss_reader log = { .options = &options };
	struct npz_arrays a = { .log = &log, .archive = z, .name = name };
	struct ib_span weight = ib_span_of(weight_field ? weight_field : "weight");
	struct ib_npz_sample sample;
	enum ib_status st = ib_key_parse(key, "the key", &a.key, err);

	if (!ib_npz_loss_log_is_one(z))
		return ib_fail(err, IB_E_DATA,
			       "%s: not an epoch manifest, but a score file or an output of "
			       "ib-weights",
			       name);
	if (!st && a.key.kind != IB_KEY_AUTO && a.key.kind != IB_KEY_FIELDS)
		return ib_fail(err, IB_E_MISUSE, "%s: the key of arrays must be the name of one",
			       name);
	if (!st)
		st = load_ids(&a, err);
	if (!st && find_array(&a, weight, &a.weight))
		st = load_numbers(&a, &a.weight, "f", "a weight must be f2, f4 or f8", false, err);
	for (; !st && a.row < a.rows; a.row++) {
		if (a.row % ROWS == 0)
			ib_arena_reset(&a.arena);
		st = read_sample(&a, &sample, err);
		if (!st)
			st = each(ctx, &sample, err);
	}
	release(&a);
	return st;
}
