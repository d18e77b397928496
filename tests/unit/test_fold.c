#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "score/fold.h"

#define IDS 50
#define LOSSES 400

static char names[4096][16];

static struct ib_id
id_of(unsigned k)
{
	struct ib_span s = { names[k], 0 };

	snprintf(names[k], sizeof(names[k]), "s%u", k);
	s.n = strlen(names[k]);
	return (struct ib_id){ s.p, ib_table_hash(s, 0), (uint32_t)s.n };
}

/* Make the losses of one run: all of this epoch or, if `mixed` is true, of this or earlier epochs.
 */
static size_t
make_losses(struct ib_loss *loss, uint64_t *state, int epoch, bool mixed)
{
	size_t i;

	for (i = 0; i < LOSSES; i++) {
		loss[i].id = id_of((unsigned)(next(state) % IDS));
		loss[i].epoch = mixed ? (int)(next(state) % (epoch + 1u)) : epoch;
		loss[i].loss =
			next(state) % 16 == 0 ? (float)NAN : (float)(next(state) % 1000) / 64;
	}
	return LOSSES;
}

static uint64_t
fold(struct ib_scores *s, const struct ib_loss *loss, size_t n, enum ib_duplicates mode,
     double smooth)
{
	struct ib_loss copy[LOSSES];
	struct ib_fold f;
	uint64_t stale;

	memcpy(copy, loss, n * sizeof(*copy));
	cr_assert(ib_fold_start(&f, s, mode, smooth, NULL) == IB_OK);
	cr_assert(ib_fold_losses(&f, copy, n, NULL) == IB_OK);
	ib_fold_finish(&f);
	stale = f.stale;
	ib_fold_release(&f);
	return stale;
}

/* Return the table as text, one line per row. */
static struct ib_bytes
shown(const struct ib_scores *s)
{
	struct ib_bytes t = { 0 };
	struct ib_row row;
	uint64_t i;

	for (i = 0; i < s->table.n; i++) {
		row = ib_scores_row(s, i);
		ib_bytes_append(&t, row.id.p, row.id.n);
		ib_bytes_printf(&t, " %a %d %u", (double)row.score, row.epoch, row.visits);
		if (s->has_previous)
			ib_bytes_printf(&t, " %a", (double)row.previous);
		ib_bytes_append_char(&t, '\n');
	}
	return t;
}

static bool
same(const struct ib_scores *a, const struct ib_scores *b)
{
	struct ib_bytes x = shown(a), y = shown(b);
	bool fine = ib_span_equal(ib_bytes_span(&x), ib_bytes_span(&y));

	ib_bytes_release(&x);
	ib_bytes_release(&y);
	return fine;
}

static void
expect_same_folded_twice(enum ib_duplicates mode, double smooth, uint64_t seed)
{
	struct ib_loss loss[LOSSES];
	struct ib_scores *once, *twice;
	uint64_t state = seed;
	int epoch;
	size_t n;

	cr_assert(ib_scores_new(&once, NULL) == IB_OK);
	cr_assert(ib_scores_new(&twice, NULL) == IB_OK);
	for (epoch = 0; epoch < 4; epoch++) {
		n = make_losses(loss, &state, epoch, false);
		fold(once, loss, n, mode, smooth);
		fold(twice, loss, n, mode, smooth);
		fold(twice, loss, n, mode, smooth);
		cr_assert(same(once, twice));
	}
	ib_scores_free(once);
	ib_scores_free(twice);
}

Test(fold, folding_a_log_twice_equals_folding_it_once)
{
	static const enum ib_duplicates mode[] = { IB_DUPLICATES_LAST, IB_DUPLICATES_FIRST,
						   IB_DUPLICATES_MEAN, IB_DUPLICATES_MAX,
						   IB_DUPLICATES_MIN };
	static const double smooth[] = { 0, 0.5, 0.9 };
	unsigned k;

	for (k = 0; k < 45; k++)
		expect_same_folded_twice(mode[k / 9], smooth[k / 3 % 3], 1 + k % 3);
}

Test(fold, stale_records_are_counted_and_change_nothing)
{
	struct ib_loss new[LOSSES], old[LOSSES];
	struct ib_scores *s, *want;
	uint64_t state = 5;
	unsigned k;

	cr_assert(ib_scores_new(&s, NULL) == IB_OK);
	cr_assert(ib_scores_new(&want, NULL) == IB_OK);
	for (k = 0; k < IDS; k++)
		new[k] = (struct ib_loss){ id_of(k), 7, 1.5f };
	fold(s, new, IDS, IB_DUPLICATES_LAST, 0);
	fold(want, new, IDS, IB_DUPLICATES_LAST, 0);
	make_losses(old, &state, 6, true);
	cr_expect(eq(u64, fold(s, old, LOSSES, IB_DUPLICATES_MEAN, 0), LOSSES));
	cr_expect(same(s, want));
	ib_scores_free(s);
	ib_scores_free(want);
}

/* ---- merging ---------------------------------------------------------------------- */

struct merged {
	struct ib_merge a, b;
	float score;
	int epoch;
	unsigned visits;
};

Test(fold, merge_prefers_the_larger_epoch_then_the_later_row)
{
	struct ib_id id = id_of(1);
	struct merged cases[] = {
		{ { id, 1, NAN, 3, 2 }, { id, 2, NAN, 5, 4 }, 2, 5, 6 },
		{ { id, 1, NAN, 5, 2 }, { id, 2, NAN, 3, 4 }, 1, 5, 6 },
		{ { id, 1, NAN, 3, 2 }, { id, 2, NAN, 3, 4 }, 2, 3, 4 },
		{ { id, 1, NAN, 3, 9 }, { id, 2, NAN, 3, 4 }, 2, 3, 9 },
	};
	struct ib_merge rows[2];
	struct ib_scores *s;
	struct ib_fold f;
	struct ib_row row;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cr_assert(ib_scores_new(&s, NULL) == IB_OK);
		cr_assert(ib_fold_start(&f, s, IB_DUPLICATES_LAST, 0, NULL) == IB_OK);
		rows[0] = cases[i].a;
		rows[1] = cases[i].b;
		cr_assert(ib_fold_rows(&f, rows, 1, false, NULL) == IB_OK);
		cr_assert(ib_fold_rows(&f, rows + 1, 1, false, NULL) == IB_OK);
		ib_fold_finish(&f);
		cr_assert(eq(u64, s->table.n, 1));
		row = ib_scores_row(s, 0);
		cr_expect(eq(flt, row.score, cases[i].score));
		cr_expect(eq(int, row.epoch, cases[i].epoch));
		cr_expect(eq(uint, row.visits, cases[i].visits));
		ib_fold_release(&f);
		ib_scores_free(s);
	}
}

/* ---- ids that were made to collide -------------------------------------------------- */

Test(fold, colliding_ids_are_found_after_a_change_of_the_seed)
{
	static struct ib_loss loss[4096];
	struct ib_scores *s;
	struct ib_fold f;
	struct ib_id id;
	unsigned k, pass;

	cr_assert(ib_scores_new(&s, NULL) == IB_OK);
	for (pass = 0; pass < 2; pass++) {
		cr_assert(ib_fold_start(&f, s, IB_DUPLICATES_LAST, 0, NULL) == IB_OK);
		for (k = 0; k < 4096; k++) {
			loss[k] = (struct ib_loss){ id_of(k), (int)pass, (float)k };
			loss[k].id.hash = 42; /* all ids collide, as an attacker could achieve */
		}
		for (k = 0; k < 4096; k += IB_GROUP)
			cr_assert(ib_fold_losses(&f, loss + k, IB_GROUP, NULL) == IB_OK);
		ib_fold_finish(&f);
		ib_fold_release(&f);
		cr_assert(eq(u64, s->table.n, 4096));
	}
	cr_expect(s->table.seed != 0);
	for (k = 0; k < 4096; k++) {
		id = id_of(k);
		id.hash = ib_table_hash((struct ib_span){ id.p, id.n }, s->table.seed);
		cr_assert(eq(uint, ib_table_find(&s->table, &id), k));
		cr_assert(eq(uint, ib_scores_row(s, k).visits, 2));
	}
	ib_scores_free(s);
}
