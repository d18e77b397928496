#include "prune/unseen.h"

#include <stdatomic.h>

#include "base/error.h"

/*
 * So many of both sides, in 100 ids of the manifest, are worth a warning
 * without any likeness: samples come and go in most data sets.
 */
#define MANY_PERCENT 5

/* Rows read in search of likeness, beside ROWS_A_SAMPLE for each record. */
#define ROWS_LEAST ((uint64_t)1 << 18)
#define ROWS_A_SAMPLE 8

void
ib_unseen_release(struct ib_unseen *u)
{
	ib_mismatch_release(&u->ids);
	ib_bytes_release(&u->key);
}

/* ---- while records pass --------------------------------------------------- */

void
ib_unseen_put(const struct ib_unseen *u, struct ib_unseen_ids *ids, struct ib_span id)
{
	uint32_t n = (uint32_t)id.n;

	if (ids->n == IB_MISMATCH_IDS || u->enough)
		return;
	ib_bytes_put(&ids->bytes, &n, sizeof(n));
	ib_bytes_put(&ids->bytes, id.p, id.n);
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

/* A list and a tar name no field that could be compared. */
void
ib_unseen_note_key(struct ib_unseen *u, const struct ib_key *key)
{
	if (u->key.n == 0 && key->kind != IB_KEY_COLUMN && key->kind != IB_KEY_SHARD)
		ib_key_put_name(key, &u->key);
}

/* ---- rows that no record asked for ---------------------------------------- */

static uint64_t
count_asked(const struct ib_duplicate_check *seen, uint64_t rows)
{
	const uint64_t *word = seen->rows.p;
	uint64_t i, n = 0;

	for (i = 0; i < (rows + 63) / 64; i++)
		n += (uint64_t)__builtin_popcountll(word[i]);
	return n;
}

static bool
was_asked(const struct ib_duplicate_check *seen, uint64_t row)
{
	return ((const uint64_t *)seen->rows.p)[row / 64] >> row % 64 & 1;
}

/* Of a mapped file nothing was checked: an empty id where it lies. */
static struct ib_span
id_of_row(const struct ib_table *t, uint64_t row)
{
	const uint64_t *offset = ib_table_offsets(t);
	struct ib_span none = { "", 0 };

	if (offset[row] > offset[row + 1] || offset[row + 1] > t->nbytes)
		return none;
	return ib_table_id(t, row);
}

/*
 * A run over one shard of many leaves nearly all rows over: it reads no more
 * of them than it can afford.
 */
static void
compare_rows(struct ib_unseen *u, const struct ib_unseen_run *run)
{
	const struct ib_table *t = &run->scores->table;
	uint64_t left = ROWS_LEAST + ROWS_A_SAMPLE * run->samples, row;
	struct ib_span id;

	for (row = 0; row < t->n && left > 0; row++) {
		if (was_asked(run->seen, row))
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
	const char *there = run->scores->key ? run->scores->key : "";

	return (struct ib_mismatch_keys){
		.here = ib_bytes_span(&u->key),
		.there = ib_span_of(there),
		.given = run->options->key != NULL,
	};
}

/*
 * Are so many left on both sides that it is no chance? With --part, or scores
 * of one part, that many are left anyway.
 */
static bool
are_many(const struct ib_unseen *u, const struct ib_unseen_run *run, uint64_t unasked)
{
	uint64_t least =
		run->samples / 100 * MANY_PERCENT + run->samples % 100 * MANY_PERCENT / 100;

	return run->options->part.count == run->scores->part.count && u->n >= least &&
	       unasked >= least;
}

static void
warn_of_ids(const struct ib_unseen *u, const struct ib_unseen_run *run, uint64_t unasked,
	    const struct ib_mismatch_result *r)
{
	struct ib_mismatch_keys keys = keys_of(u, run);
	struct ib_bytes text = { 0 };

	ib_bytes_printf(&text, "%llu of %llu ids %s no score", (unsigned long long)u->n,
			(unsigned long long)run->samples, u->n == 1 ? "has" : "have");
	ib_mismatch_put_example(&text, keys.here, r->here);
	if (unasked > 0) {
		ib_bytes_printf(&text,
				unasked == 1 ? ", and %llu score is of another id"
					     : ", and %llu scores are of other ids",
				(unsigned long long)unasked);
		ib_mismatch_put_example(&text, keys.there, r->there);
		if (!ib_mismatch_put_cause(&text, r, &keys, "-k"))
			ib_bytes_printf(&text, ": is -k the field that the "
					       "loss log had?");
	}
	if (!text.failed)
		ib_warn(run->context, "%.*s", (int)text.n, text.p);
	ib_bytes_release(&text);
}

/* Numbers that meet, of two fields: is each score its neighbour's? */
static void
warn_of_keys(const struct ib_unseen *u, const struct ib_unseen_run *run)
{
	struct ib_mismatch_keys keys = keys_of(u, run);
	const struct ib_table *t = &run->scores->table;
	char here[IB_SHOW_MAX], there[IB_SHOW_MAX];
	uint64_t row = 0;

	if (!ib_mismatch_keys_differ(&keys))
		return;
	while (row < t->n && !was_asked(run->seen, row))
		row++;
	if (row == t->n || !ib_id_is_whole_number(id_of_row(t, row)))
		return;
	ib_warn(run->context,
		"the ids of the scores were field %s of the "
		"loss log, those of the manifest are field %s: if one number "
		"is not one sample in both, each score goes to another sample; "
		"-k says which field is meant",
		ib_show(there, keys.there), ib_show(here, keys.here));
}

enum ib_status
ib_unseen_warn(struct ib_unseen *u, const struct ib_unseen_run *run, struct ib_error *err)
{
	uint64_t n = run->scores->table.n, unasked;
	struct ib_mismatch_result r;

	unasked = n - count_asked(run->seen, n);
	if (u->n > 0 && unasked > 0)
		compare_rows(u, run);
	if (u->ids.failed || u->key.failed)
		return ib_fail_memory(err);
	r = ib_mismatch_explain(&u->ids);
	if (u->n > 0 &&
	    (2 * u->n > run->samples || (unasked > 0 && (r.certain || are_many(u, run, unasked)))))
		warn_of_ids(u, run, unasked, &r);
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
	bool ok = true, too_many;

	if (!limit->given)
		return IB_OK;
	too_many = limit->percent ? ib_decimal_exceeds(limit->decimal, u->n, samples, &ok)
				  : u->n > limit->count;
	if (!ok)
		return ib_fail(err, IB_E_MISUSE, "--max-unseen: not a percentage: %s%%",
			       limit->decimal);
	if (!too_many)
		return IB_OK;
	return ib_fail(err, IB_E_DATA,
		       "%llu of %llu ids have no score, more than --max-unseen "
		       "allows",
		       (unsigned long long)u->n, (unsigned long long)samples);
}
