/*
 * The columns of struct ib_scores, and the functions on scores that infobatch.h
 * declares.
 */
#include "score/scores.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/sized.h"

enum ib_status
ib_scores_new(struct ib_scores **out, struct ib_error *err)
{
	struct ib_scores *s = calloc(1, sizeof(*s));
	enum ib_status st;

	if (!s)
		return ib_fail_memory(err);
	st = ib_scores_reserve(s, 1, 0, err);
	if (st) {
		ib_scores_free(s);
		return st;
	}
	*out = s;
	return IB_OK;
}

void
ib_scores_free(struct ib_scores *s)
{
	if (!s)
		return;
	ib_table_release(&s->table);
	ib_huge_array_release(&s->score);
	ib_huge_array_release(&s->epoch);
	ib_huge_array_release(&s->visits);
	ib_huge_array_release(&s->previous);
	free(s->key);
	free(s->totals);
	ib_npz_close(s->archive);
	ib_input_close(s->input);
	free(s);
}

enum ib_status
ib_scores_reserve(struct ib_scores *s, uint64_t rows, uint64_t bytes, struct ib_error *err)
{
	enum ib_status st = ib_table_reserve(&s->table, rows, bytes, err);
	uint64_t bytes_per_column = (s->table.n + rows) * 4;

	if (st)
		return st;
	if (!ib_huge_array_grow(&s->score, bytes_per_column) ||
	    !ib_huge_array_grow(&s->epoch, bytes_per_column) ||
	    !ib_huge_array_grow(&s->visits, bytes_per_column) ||
	    (s->has_previous && !ib_huge_array_grow(&s->previous, bytes_per_column)))
		return ib_fail_memory(err);
	return IB_OK;
}

enum ib_status
ib_scores_keep_previous(struct ib_scores *s, struct ib_error *err)
{
	float *previous;
	uint64_t i;

	if (s->has_previous)
		return IB_OK;
	if (!ib_huge_array_grow(&s->previous, (s->table.n + 1) * sizeof(float)))
		return ib_fail_memory(err);
	previous = s->previous.p;
	for (i = 0; i < s->table.n; i++)
		previous[i] = NAN;
	s->has_previous = true;
	return IB_OK;
}

enum ib_status
ib_scores_note_key(struct ib_scores *s, struct ib_span key, struct ib_error *err)
{
	if (s->no_key || (s->key && ib_span_is(key, s->key)))
		return IB_OK;
	if (!s->key && s->table.n == 0 && key.n > 0) {
		s->key = ib_span_dup(key);
		return s->key ? IB_OK : ib_fail_memory(err);
	}
	free(s->key);
	s->key = NULL;
	s->no_key = true;
	return IB_OK;
}

uint64_t
ib_scores_count(const struct ib_scores *s)
{
	return s->table.n;
}

struct ib_row
ib_scores_row(const struct ib_scores *s, uint64_t row)
{
	struct ib_span none = { "", 0 };
	enum ib_status st = ib_table_make_ids(&s->table, NULL);

	return (struct ib_row){
		.id = st ? none : ib_table_id(&s->table, row),
		.score = ((const float *)s->score.p)[row],
		.epoch = ((const int32_t *)s->epoch.p)[row],
		.visits = ((const uint32_t *)s->visits.p)[row],
		.previous = s->has_previous ? ((const float *)s->previous.p)[row] : NAN,
	};
}

bool
ib_scores_find(const struct ib_scores *s, struct ib_span id, uint64_t *row)
{
	struct ib_id wanted = ib_id_of(id, s->table.seed);
	uint32_t found = ib_table_find(&s->table, &wanted);

	if (found == IB_NO_ROW)
		return false;
	*row = found;
	return true;
}

int64_t
ib_scores_newest(const struct ib_scores *s)
{
	const int32_t *epoch = s->epoch.p;
	int32_t newest = IB_NO_EPOCH;
	uint64_t i;

	if (s->totals)
		return s->totals->newest;
	for (i = 0; i < s->table.n; i++)
		newest = epoch[i] > newest ? epoch[i] : newest;
	return newest;
}

void
ib_scores_forget(const struct ib_scores *s)
{
	if (s->archive)
		ib_npz_unload(s->archive);
}

void
ib_scores_totals(const struct ib_scores *s, struct ib_totals *t)
{
	if (s->totals) {
		*t = *s->totals;
		return;
	}
	ib_totals_init(t);
	ib_totals_add(t, s->score.p, s->table.n);
	t->newest = ib_scores_newest(s);
}

enum ib_status
ib_scores_stats(const struct ib_scores *s, struct ib_score_stats *stats, struct ib_error *err)
{
	struct ib_totals *t = malloc(sizeof(*t)); /* too large for the stack: 32 KB */
	struct ib_score_stats computed;

	if (!t)
		return ib_fail_memory(err);
	ib_scores_totals(s, t);
	computed = (struct ib_score_stats){ .rows = s->table.n,
					    .known = t->known,
					    .mean = ib_totals_mean(t),
					    .min = (double)t->min,
					    .max = (double)t->max,
					    .newest = t->newest };
	free(t);
	return ib_sized_write(stats, &computed, sizeof(computed), err);
}

static void
copy_row(const struct ib_score_columns *to, size_t i, const struct ib_row *row)
{
	if (to->id)
		to->id[i] = row->id;
	if (to->score)
		to->score[i] = row->score;
	if (to->epoch)
		to->epoch[i] = row->epoch;
	if (to->visits)
		to->visits[i] = row->visits;
	if (to->previous)
		to->previous[i] = row->previous;
}

enum ib_status
ib_scores_read(const struct ib_scores *s, uint64_t from, size_t n,
	       const struct ib_score_columns *columns, struct ib_error *err)
{
	struct ib_score_columns to;
	enum ib_status st = ib_sized_read(&to, sizeof(to), columns, err);
	struct ib_row row;
	size_t i;

	if (st)
		return st;
	if (from > s->table.n || n > s->table.n - from)
		return ib_fail(err, IB_E_MISUSE, "the table has only %llu rows",
			       (unsigned long long)s->table.n);
	for (i = 0; i < n; i++) {
		row = ib_scores_row(s, from + i);
		copy_row(&to, i, &row);
	}
	return IB_OK;
}

enum ib_status
ib_scores_check_writable(const struct ib_scores *s, struct ib_error *err)
{
	if (!s->archive && !s->for_look_ups)
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE,
		       "the scores are for look-ups only; ib_scores_load() loads scores that can "
		       "be changed");
}
