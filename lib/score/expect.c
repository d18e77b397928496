/* --expect: compare the ids of epoch manifests with the ids of loss logs. */
#include "score/expect.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/limit.h"
#include "base/part.h"
#include "record/scan.h"
#include "score/id_mismatch.h"
#include "score/npz_manifest.h"

/* Flags for ids that are row numbers below n. There is one bit per row and flag. */
struct row_bits {
	uint64_t n;
	struct ib_huge_array known;    /* uint64_t[]: bit i is 1 if a manifest has row i */
	struct ib_huge_array expected; /* uint64_t[]: bit i is 1 if row i has the flag EXPECTED */
	struct ib_huge_array logged;   /* uint64_t[]: bit i is 1 if row i has the flag LOGGED */
};

/*
 * While all ids are row numbers, the flags are in `rows`. When an id is added that is not a row
 * number, or that no manifest has, use_ids() moves the flags to the table.
 */
struct ib_expect {
	struct ib_expect_options options;
	bool by_rows;
	bool complete; /* true if the manifests have been read */
	struct row_bits rows;
	struct ib_table table;	      /* ids of the manifests, then ids that only the logs have */
	struct ib_huge_array marks;   /* uint8_t[n]: the flags of each id (enum mark) */
	uint64_t known;		      /* number of ids in the manifests */
	struct ib_bytes key, log_key; /* names of the id fields of the manifests and of the log */
};

/* Flags of an id. */
enum mark {
	EXPECTED = 1, /* the id was given to the trainer */
	LOGGED = 2    /* the log has a record of the id */
};

/* Set a flag of an id. If the id is new, add the id first. */
static enum ib_status
mark_id(struct ib_expect *e, struct ib_id id, uint8_t mark, struct ib_error *err)
{
	uint32_t row;
	enum ib_status st = ib_table_intern_group(&e->table, &id, 1, &row, err);

	if (st)
		return st;
	if (!ib_huge_array_grow(&e->marks, e->table.n))
		return ib_fail_memory(err);
	((uint8_t *)e->marks.p)[row] |= mark;
	return IB_OK;
}

/* Mark a group of ids as logged. The ids are looked up together; mark_id() adds unknown ids. */
static enum ib_status
mark_group(struct ib_expect *e, const struct ib_id *id, size_t n, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	uint32_t row[IB_GROUP];
	uint64_t at[IB_GROUP];
	size_t i;

	if (e->table.seed == 0)
		ib_table_group(&e->table, id, n, NULL, 0, row, at);
	for (i = 0; i < n && !st; i++)
		if (e->table.seed == 0 && row[i] != IB_NO_ROW)
			((uint8_t *)e->marks.p)[row[i]] |= LOGGED;
		else
			st = mark_id(e, id[i], LOGGED, err);
	return st;
}

/* ---- rows ------------------------------------------------------------------ */

static void
set_bit(struct ib_huge_array *bits, uint64_t row)
{
	((uint64_t *)bits->p)[row / 64] |= (uint64_t)1 << row % 64;
}

static bool
has_bit(const struct ib_huge_array *bits, uint64_t row)
{
	return ((const uint64_t *)bits->p)[row / 64] >> row % 64 & 1;
}

static void
release_rows(struct row_bits *r)
{
	ib_huge_array_release(&r->known);
	ib_huge_array_release(&r->expected);
	ib_huge_array_release(&r->logged);
	r->n = 0;
}

/* Set a flag in the table of ids for an id that is a row number. */
static enum ib_status
mark_row_as_id(struct ib_expect *e, uint64_t row, uint8_t mark, struct ib_error *err)
{
	struct ib_row_id text;

	ib_row_id_set(&text, row);
	return mark_id(e, ib_id_of(ib_row_id_span(&text), 0), mark, err);
}

/* Move the flags from `rows` to the table of ids. */
static enum ib_status
use_ids(struct ib_expect *e, struct ib_error *err)
{
	struct row_bits *r = &e->rows;
	enum ib_status st = IB_OK;
	uint64_t row;

	e->by_rows = false;
	for (row = 0; row < r->n && !st; row++) {
		if (!has_bit(&r->known, row))
			continue;
		st = mark_row_as_id(e, row,
				    (uint8_t)((has_bit(&r->expected, row) ? EXPECTED : 0) |
					      (has_bit(&r->logged, row) ? LOGGED : 0)),
				    err);
	}
	release_rows(r);
	if (e->complete)
		e->known = e->table.n;
	return st;
}

bool
ib_expect_takes_rows(const struct ib_expect *e)
{
	return e->by_rows;
}

enum ib_status
ib_expect_mark_rows(struct ib_expect *e, const uint32_t *row, size_t n, struct ib_error *err)
{
	struct row_bits *r = &e->rows;
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < n && !st; i++) {
		if (e->by_rows && row[i] < r->n && has_bit(&r->known, row[i])) {
			set_bit(&r->logged, row[i]);
			continue;
		}
		if (e->by_rows)
			st = use_ids(e, err);
		if (!st)
			st = mark_row_as_id(e, row[i], LOGGED, err);
	}
	return st;
}

/* Add a row of a manifest, unless the row belongs to another partition. */
static enum ib_status
add_row(struct ib_expect *e, uint64_t row, bool given, struct ib_error *err)
{
	uint64_t bytes = (row / 64 + 1) * sizeof(uint64_t);
	struct row_bits *r = &e->rows;
	struct ib_row_id text;

	if (e->options.part.count > 0) {
		ib_row_id_set(&text, row);
		if (!ib_part_has_hash(&e->options.part, ib_table_hash(ib_row_id_span(&text), 0)))
			return IB_OK;
	}
	if (!e->by_rows)
		return mark_row_as_id(e, row, given ? EXPECTED : 0, err);
	if (row >= r->n &&
	    (!ib_huge_array_grow(&r->known, bytes) || !ib_huge_array_grow(&r->expected, bytes) ||
	     !ib_huge_array_grow(&r->logged, bytes)))
		return ib_fail_memory(err);
	r->n = row < r->n ? r->n : row + 1;
	set_bit(&r->known, row);
	if (given)
		set_bit(&r->expected, row);
	return IB_OK;
}

/* ---- records ---------------------------------------------------------------- */

/*
 * Set *given to false if the record's weight is 0, because the trainer skips samples with weight 0.
 * Otherwise set *given to true. Returns false if the weight is not a number.
 */
static bool
is_given(const struct ib_expect *e, struct ib_cursor *c, bool *given)
{
	const struct ib_value *v = ib_cursor_value(c, c->source->wanted_slot[0]);
	char say[IB_VALUE_DESCRIPTION_MAX];
	double weight;

	*given = true;
	if (!v)
		return true;
	if (!ib_value_read_number(v, &weight)) {
		snprintf(c->why, sizeof(c->why), "'%s' %s", e->options.weight_field,
			 ib_value_describe(say, v));
		return false;
	}
	*given = weight != 0;
	return true;
}

/* Add an id of a manifest, unless the id belongs to another partition. */
static enum ib_status
add_id(struct ib_expect *e, struct ib_span span, bool given, struct ib_error *err)
{
	struct ib_id id = ib_id_of(span, 0);

	if (!ib_part_has_hash(&e->options.part, id.hash))
		return IB_OK;
	if (e->by_rows && use_ids(e, err))
		return IB_E_IO;
	return mark_id(e, id, given ? EXPECTED : 0, err);
}

/* ---- manifests ----------------------------------------------------------- */

static enum ib_status
add_array_sample(void *ctx, const struct ib_npz_sample *sample, struct ib_error *err)
{
	bool given = sample->weight != 0;

	return sample->row >= 0 ? add_row(ctx, (uint64_t)sample->row, given, err)
				: add_id(ctx, sample->id, given, err);
}

/*
 * Read an .npz manifest. For a tar there is nothing to do, because add_sample() has added its
 * samples.
 */
static enum ib_status
use_special(struct ib_scan *scan, struct ib_block *b, struct ib_error *err)
{
	struct ib_expect *e = scan->ctx;
	const struct ib_expect_options *o = &e->options;
	struct ib_npz *z = NULL;
	enum ib_status st;

	if (b->source->format == IB_FORMAT_TAR)
		return IB_OK;
	if (b->source->format != IB_FORMAT_NPZ)
		return ib_npz_refuse_manifest(b->source, err);
	st = ib_npz_open(b->input, &z, err);
	if (!st)
		st = ib_npz_manifest_read(z, b->source->name, o->key, o->weight_field,
					  add_array_sample, e, err);
	if (!st && e->key.n == 0 && e->by_rows)
		ib_bytes_append(&e->key, "index", 5);
	ib_npz_close(z);
	return st;
}

static enum ib_status
use_block(struct ib_scan *scan, void *block, struct ib_error *err)
{
	struct ib_expect *e = scan->ctx;
	struct ib_scan_block *b = block;
	struct ib_cursor *c = &b->cursor;
	enum ib_status st = IB_OK;
	struct ib_span span;
	enum ib_next next;
	bool given;

	if (b->block.special)
		return use_special(scan, &b->block, err);
	if (e->key.n == 0)
		ib_key_write_name(&b->block.source->key, &e->key);
	while (!st && (next = ib_cursor_next(c)) != IB_NEXT_END) {
		if (next == IB_NEXT_BAD || !ib_cursor_read_id(c, &span) || !is_given(e, c, &given))
			return ib_scan_fail_record(scan, c, err);
		st = span.p ? add_id(e, span, given, err) : ib_fail_memory(err);
	}
	scan->records += c->number;
	return st;
}

static enum ib_status
add_sample(struct ib_scan *scan, void *block, const struct ib_tar_sample *sample,
	   struct ib_error *err)
{
	char show[IB_SHOW_MAX];
	double weight = 1;

	(void)block;
	if (sample->weighted && !ib_tar_parse_weight(sample->weight, &weight))
		return ib_fail(err, IB_E_DATA, "%s: sample %llu: the weight is not a number: %s",
			       scan->source->name, (unsigned long long)sample->number,
			       ib_show(show, sample->weight));
	scan->records++;
	return add_id(scan->ctx, sample->id, weight != 0, err);
}

static enum ib_status
read_manifests(struct ib_expect *e, const struct ib_context *context, struct ib_error *err)
{
	struct ib_wanted weight = { ib_span_of(e->options.weight_field), true };
	struct ib_reader_options o = {
		.operands = e->options.manifests,
		.otherwise = IB_FORMAT_LIST,
		.key = e->options.key,
		.key_option = "--expect-key",
		.wanted = &weight,
		.nwanted = 1,
		.epoch_manifest = true,
		.archives = true,
		.context = context,
	};
	struct ib_scan scan = {
		.context = context,
		.block_size = sizeof(struct ib_scan_block),
		.ctx = e,
		.add_sample = add_sample,
		.use_block = use_block,
	};

	return ib_scan_operands(&scan, &o, err);
}

enum ib_status
ib_expect_new(const struct ib_expect_options *options, const struct ib_context *context,
	      struct ib_expect **out, struct ib_error *err)
{
	struct ib_expect *e = calloc(1, sizeof(*e));
	enum ib_status st;

	if (!e)
		return ib_fail_memory(err);
	e->options = *options;
	if (!e->options.weight_field)
		e->options.weight_field = "weight";
	e->by_rows = true;
	st = ib_table_reserve(&e->table, 1, 0, err);
	if (!st)
		st = read_manifests(e, context, err);
	if (st) {
		ib_expect_free(e);
		return st;
	}
	e->known = e->table.n;
	e->complete = true;
	*out = e;
	return IB_OK;
}

void
ib_expect_free(struct ib_expect *e)
{
	if (!e)
		return;
	ib_table_release(&e->table);
	ib_huge_array_release(&e->marks);
	release_rows(&e->rows);
	ib_bytes_release(&e->key);
	ib_bytes_release(&e->log_key);
	free(e);
}

/* If the id is a row number that a manifest has, mark the row as logged and return true. */
static bool
mark_known_row(struct ib_expect *e, const struct ib_id *id)
{
	uint64_t row;

	if (!ib_row_id_parse(id->p, id->n, &row) || row >= e->rows.n ||
	    !has_bit(&e->rows.known, row))
		return false;
	set_bit(&e->rows.logged, row);
	return true;
}

enum ib_status
ib_expect_mark_logged(struct ib_expect *e, const struct ib_id *id, size_t n, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < n && e->by_rows && !st; i++)
		if (!mark_known_row(e, &id[i]))
			st = use_ids(e, err);
	return st || e->by_rows ? st : mark_group(e, id, n, err);
}

void
ib_expect_mark_skipped(struct ib_expect *e, const struct ib_id *id, size_t n)
{
	struct ib_id hashed;
	uint32_t row;
	size_t i;

	for (i = 0; i < n; i++) {
		if (e->by_rows) {
			mark_known_row(e, &id[i]);
			continue;
		}
		hashed = ib_id_of(ib_id_span(&id[i]), e->table.seed);
		row = ib_table_find(&e->table, &hashed);
		if (row != IB_NO_ROW)
			((uint8_t *)e->marks.p)[row] |= LOGGED;
	}
}

void
ib_expect_note_key(struct ib_expect *e, struct ib_span key)
{
	if (e->log_key.n == 0)
		ib_bytes_append(&e->log_key, key.p, key.n);
}

/* ---- the check ----------------------------------------------------------- */

/* Compare the expected ids that have no record with the ids that only the logs have. */
static void
compare_ids(const struct ib_expect *e, struct ib_mismatch *m)
{
	const uint8_t *marks = e->marks.p;
	uint64_t i;

	for (i = 0; i < e->known && !ib_mismatch_full(m); i++)
		if (marks[i] == EXPECTED)
			ib_mismatch_add(m, ib_table_id(&e->table, i));
	for (i = e->known; i < e->table.n; i++)
		if (!ib_mismatch_compare(m, ib_table_id(&e->table, i)))
			break;
}

static struct ib_mismatch_keys
keys_of(const struct ib_expect *e)
{
	return (struct ib_mismatch_keys){
		.key = ib_bytes_span(&e->key),
		.other = ib_bytes_span(&e->log_key),
		.given = e->options.key != NULL,
	};
}

/* Warn about ids of the logs that are not in the manifests, and name the likely cause. */
static void
warn_about_foreign_ids(const struct ib_expect *e, uint64_t missing, bool several_epochs,
		       const struct ib_context *context)
{
	struct ib_mismatch_keys keys = keys_of(e);
	uint64_t n = e->table.n - e->known;
	struct ib_mismatch_result r;
	struct ib_mismatch m = { 0 };
	struct ib_bytes text = { 0 };
	bool explained = false;

	compare_ids(e, &m);
	r = ib_mismatch_explain(&m);
	ib_bytes_printf(&text, "%llu id%s of the logs %s not in the --expect manifest",
			(unsigned long long)n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
	ib_mismatch_write_example(&text, keys.other, r.other);
	if (missing > 0) {
		ib_bytes_printf(&text, ", and %llu id%s of the manifest %s no record",
				(unsigned long long)missing, missing == 1 ? "" : "s",
				missing == 1 ? "has" : "have");
		ib_mismatch_write_example(&text, keys.key, r.id);
		explained = ib_mismatch_write_cause(&text, &r, &keys, "--expect-key");
	}
	if (!explained)
		ib_bytes_printf(&text, "%s",
				several_epochs
					? ": the logs have records of several epochs"
					: ": the trainer read samples that the epoch manifest does "
					  "not have, or the manifest is of another epoch");
	if (!text.failed)
		ib_warn(context, "%.*s", (int)text.n, text.p);
	ib_bytes_release(&text);
	ib_mismatch_release(&m);
}

/*
 * Warn if the manifest and the log have numbers from different fields as ids, because equal numbers
 * may then name different samples.
 */
static void
warn_about_keys(const struct ib_expect *e, const struct ib_context *context)
{
	struct ib_mismatch_keys keys = keys_of(e);
	char manifest_key[IB_SHOW_MAX], log_key[IB_SHOW_MAX];

	if (!ib_mismatch_keys_differ(&keys) ||
	    (e->by_rows ? e->rows.n == 0
			: e->known == 0 || !ib_id_is_whole_number(ib_table_id(&e->table, 0))))
		return;
	ib_warn(context,
		"the ids of the logs come from field %s, and the ids of the --expect manifest come "
		"from field %s: if the same number identifies different samples in the two fields, "
		"name the manifest's field with --expect-key",
		ib_show(log_key, keys.other), ib_show(manifest_key, keys.key));
}

/* Count the expected ids and the ids that are missing from the logs. Find the first missing id. */
static void
count_ids(const struct ib_expect *e, uint64_t *expected, uint64_t *missing, uint64_t *first)
{
	const uint8_t *marks = e->marks.p;
	uint64_t i;

	for (i = e->known; i-- > 0;) {
		*expected += marks[i] & EXPECTED;
		if (marks[i] == EXPECTED) {
			++*missing;
			*first = i;
		}
	}
}

static void
count_rows(const struct row_bits *r, uint64_t *expected, uint64_t *missing, uint64_t *first)
{
	const uint64_t *wanted = r->expected.p, *logged = r->logged.p;
	uint64_t i, absent;

	for (i = (r->n + 63) / 64; i-- > 0;) {
		absent = wanted[i] & ~logged[i];
		*expected += (uint64_t)__builtin_popcountll(wanted[i]);
		*missing += (uint64_t)__builtin_popcountll(absent);
		if (absent)
			*first = i * 64 + (uint64_t)__builtin_ctzll(absent);
	}
}

enum ib_status
ib_expect_check(const struct ib_expect *e, bool several_epochs, const struct ib_context *context,
		struct ib_error *err)
{
	uint64_t foreign = e->table.n - e->known, expected = 0, missing = 0, first = 0;
	char show[IB_SHOW_MAX];
	struct ib_row_id row;
	enum ib_status st;
	bool too_many;

	if (e->by_rows)
		count_rows(&e->rows, &expected, &missing, &first);
	else
		count_ids(e, &expected, &missing, &first);
	if (foreign > 0)
		warn_about_foreign_ids(e, missing, several_epochs, context);
	else
		warn_about_keys(e, context);
	st = ib_limit_check(&e->options.max_missing, "--max-missing", missing, expected, &too_many,
			    err);
	if (st || !too_many)
		return st;
	ib_row_id_set(&row, first);
	return ib_fail(
		err, IB_E_DATA,
		"the log is incomplete: %llu of the %llu ids of %s%s "
		"have no record; the first is %s",
		(unsigned long long)missing, (unsigned long long)expected,
		e->options.manifests.v[0], e->options.manifests.n > 1 ? " ..." : "",
		ib_show(show, e->by_rows ? ib_row_id_span(&row) : ib_table_id(&e->table, first)));
}
