/* Count the ids without a score, and warn about them. */
#include "prune/unseen.h"

#include "base/error.h"
#include "base/limit.h"

/*
 * Let n be this percentage of the number of samples. If at least n samples have no score, and at
 * least n scores have no record in the manifest, warn even if none of their ids are similar.
 * Smaller numbers are normal, because data sets change.
 */
#define UNMATCHED_PERCENT_MIN 5

/*
 * At most ROWS_COMPARED_MIN + ROWS_COMPARED_PER_SAMPLE * (number of samples) score rows are
 * searched for ids that are similar to the ids without a score.
 */
#define ROWS_COMPARED_MIN ((uint64_t)1 << 18)
#define ROWS_COMPARED_PER_SAMPLE 8

void
ib_unseen_release(struct ib_unseen *u)
{
	ib_mismatch_release(&u->ids);
	ib_bytes_release(&u->key);
}

/* ---- while records are read  --------------------------------------------------- */

void
ib_unseen_note_id(const struct ib_unseen *u, struct ib_unseen_ids *ids, struct ib_span id)
{
	uint32_t n = (uint32_t)id.n;

	if (ids->n == IB_MISMATCH_IDS || u->enough)
		return;
	ib_bytes_append(&ids->bytes, &n, sizeof(n));
	ib_bytes_append(&ids->bytes, id.p, id.n);
	ids->n++;
}

void
ib_unseen_add(struct ib_unseen *u, struct ib_span id)
{
	u->n++;
	ib_mismatch_add(&u->ids, id);
}

void
ib_unseen_add_block(struct ib_unseen *u, uint64_t n, const struct ib_unseen_ids *ids)
{
	const char *p = ids->bytes.p;
	uint32_t length;
	size_t i;

	u->n += n;
	for (i = 0; i < ids->n; i++) {
		memcpy(&length, p, sizeof(length));
		p += sizeof(length);
		ib_mismatch_add(&u->ids, (struct ib_span){ p, length });
		p += length;
	}
	if (ib_mismatch_full(&u->ids))
		u->enough = true;
}

/* Lists and tars have no field names, so no name is stored for them. */
void
ib_unseen_note_key(struct ib_unseen *u, const struct ib_key *key)
{
	if (u->key.n == 0 && key->kind != IB_KEY_COLUMN && key->kind != IB_KEY_SHARD)
		ib_key_write_name(key, &u->key);
}

/* ---- scores without a record  ---------------------------------------- */

static uint64_t
count_used(const struct ib_duplicate_check *duplicates, uint64_t rows)
{
	const uint64_t *word = duplicates->rows.p;
	uint64_t i, n = 0;

	for (i = 0; i < (rows + 63) / 64; i++)
		n += (uint64_t)__builtin_popcountll(word[i]);
	return n;
}

static bool
is_used(const struct ib_duplicate_check *duplicates, uint64_t row)
{
	return ((const uint64_t *)duplicates->rows.p)[row / 64] >> row % 64 & 1;
}

/*
 * Return the id of a score row. Returns an empty id if the row's offsets are invalid. Offsets may
 * be invalid, because a mapped score file is not checked in advance.
 */
static struct ib_span
id_of_row(const struct ib_table *t, uint64_t row)
{
	const uint64_t *offset = ib_table_offsets(t);
	struct ib_span none = { "", 0 };

	if (t->range)
		return ib_table_make_ids(t, NULL) ? none : ib_table_id(t, row);
	if (offset[row] > offset[row + 1] || offset[row + 1] > t->nbytes)
		return none;
	return ib_table_id(t, row);
}

/*
 * Compare each id without a score with the ids of the score rows that have no record in the
 * manifest. If the manifest is one of many shards, most score rows have no record in the manifest,
 * so the number of compared rows is limited.
 */
static void
compare_rows(struct ib_unseen *u, const struct ib_unseen_run *run)
{
	const struct ib_table *t = &run->scores->table;
	uint64_t left = ROWS_COMPARED_MIN + ROWS_COMPARED_PER_SAMPLE * run->samples, row;
	struct ib_span id;

	for (row = 0; row < t->n && left > 0; row++) {
		if (is_used(run->duplicates, row))
			continue;
		left--;
		id = id_of_row(t, row);
		if (id.n > 0 && !ib_mismatch_compare(&u->ids, id))
			break;
	}
	ib_scores_forget(run->scores);
}

/* ---- warnings ------------------------------------------------------------- */

static struct ib_mismatch_keys
keys_of(const struct ib_unseen *u, const struct ib_unseen_run *run)
{
	const char *scores_key = run->scores->key ? run->scores->key : "";

	return (struct ib_mismatch_keys){
		.key = ib_bytes_span(&u->key),
		.other = ib_span_of(scores_key),
		.given = run->options->key != NULL || run->options->range_given,
	};
}

/*
 * True if many ids of the manifest have no score, and many scores have no record in the manifest.
 * False if --part and the score file have different numbers of partitions, because many ids then
 * cannot match.
 */
static bool
are_many(const struct ib_unseen *u, const struct ib_unseen_run *run, uint64_t unused)
{
	uint64_t least = run->samples / 100 * UNMATCHED_PERCENT_MIN +
			 run->samples % 100 * UNMATCHED_PERCENT_MIN / 100;

	return run->options->part.count == run->scores->part.count && u->n >= least &&
	       unused >= least;
}

static void
warn_of_ids(const struct ib_unseen *u, const struct ib_unseen_run *run, uint64_t unused,
	    const struct ib_mismatch_result *r)
{
	struct ib_mismatch_keys keys = keys_of(u, run);
	struct ib_bytes text = { 0 };

	ib_bytes_printf(&text, "%llu of %llu ids %s no score", (unsigned long long)u->n,
			(unsigned long long)run->samples, u->n == 1 ? "has" : "have");
	ib_mismatch_write_example(&text, keys.key, r->id);
	if (unused > 0) {
		ib_bytes_printf(&text,
				unused == 1
					? ", and %llu score has an id that is not in the manifest"
					: ", and %llu scores have ids that are not in the manifest",
				(unsigned long long)unused);
		ib_mismatch_write_example(&text, keys.other, r->other);
		if (run->options->range_given)
			ib_bytes_printf(&text, ": is --range the number of all samples?");
		else if (!ib_mismatch_write_cause(&text, r, &keys, "-k"))
			ib_bytes_printf(&text, ": does -k name the id field of the loss log?");
	}
	if (!text.failed)
		ib_warn(run->context, "%.*s", (int)text.n, text.p);
	ib_bytes_release(&text);
}

/*
 * Warn if the ids of the manifest and of the scores are numbers that come from id fields with
 * different names.
 */
static void
warn_of_keys(const struct ib_unseen *u, const struct ib_unseen_run *run)
{
	struct ib_mismatch_keys keys = keys_of(u, run);
	const struct ib_table *t = &run->scores->table;
	char manifest_key[IB_SHOW_MAX], scores_key[IB_SHOW_MAX];
	uint64_t row = 0;

	if (!ib_mismatch_keys_differ(&keys))
		return;
	while (row < t->n && !is_used(run->duplicates, row))
		row++;
	if (row == t->n || !ib_id_is_whole_number(id_of_row(t, row)))
		return;
	ib_warn(run->context,
		"the ids of the scores come from field %s of the loss log, and the ids of the "
		"manifest come from field %s: if the same number identifies different samples in "
		"the two fields, samples get the scores of other samples; choose the field with -k",
		ib_show(scores_key, keys.other), ib_show(manifest_key, keys.key));
}

enum ib_status
ib_unseen_warn(struct ib_unseen *u, const struct ib_unseen_run *run, struct ib_error *err)
{
	uint64_t n = run->scores->table.n, unused;
	struct ib_mismatch_result r;

	unused = n - count_used(run->duplicates, n);
	if (u->n > 0 && unused > 0)
		compare_rows(u, run);
	if (u->ids.failed || u->key.failed)
		return ib_fail_memory(err);
	r = ib_mismatch_explain(&u->ids);
	if (u->n > 0 &&
	    (2 * u->n > run->samples || (unused > 0 && (r.certain || are_many(u, run, unused)))))
		warn_of_ids(u, run, unused, &r);
	else
		warn_of_keys(u, run);
	return IB_OK;
}

/* ---- the limit ------------------------------------------------------------- */

enum ib_status
ib_unseen_check(const struct ib_unseen *u, const struct ib_prune_options *options, uint64_t samples,
		struct ib_error *err)
{
	const struct ib_limit *limit = &options->max_unseen;
	enum ib_status st;
	bool too_many;

	if (!limit->given)
		return IB_OK;
	st = ib_limit_check(limit, "--max-unseen", u->n, samples, &too_many, err);
	if (st || !too_many)
		return st;
	return ib_fail(err, IB_E_DATA,
		       "%llu of %llu ids have no score, more than --max-unseen "
		       "allows",
		       (unsigned long long)u->n, (unsigned long long)samples);
}
