#include "score/quantile.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "score/totals.h"

/*
 * The 32 bits of ib_float_order are found from the top, in three levels: first
 * the bin of 4096 that contains the rank, then one of its 1024 sub-bins, then
 * one of that sub-bin's 1024 values. Each level is one pass over the scores,
 * for all ranks at once. Each bin that contains a rank becomes a group on the
 * next level, with its own counts. Scores in no such bin are counted in group
 * 0, so that there is no branch on the data.
 */
#define FIRST_BINS IB_TOTALS_BINS
#define BINS 1024

/* A rank that is being searched. */
struct wanted {
	size_t index;	 /* index in the caller's arrays */
	uint64_t left;	 /* rank within its group, from 1 */
	uint32_t prefix; /* the bits found so far */
	uint32_t group;	 /* 0 on the first level, from 1 on below it */
};

struct search {
	struct wanted *wanted; /* sorted by rank, and therefore by prefix */
	size_t n;
	uint64_t first[FIRST_BINS];
	uint32_t first_group[FIRST_BINS]; /* group on the second level; 0 if none */
	uint64_t *second, *third;	  /* counts, BINS per group */
	uint32_t *second_group;		  /* group on the third level; 0 if none */
};

static int
by_rank(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return x->left < y->left ? -1 : x->left > y->left;
}

/*
 * Go down one level: find the bin of each rank among the `bins` counts of its
 * group. Each bin found becomes a new group, which is stored in group[].
 */
static void
descend(struct search *s, const uint64_t *count, uint32_t bins, uint32_t *group)
{
	uint32_t groups = 0, bin;
	struct wanted *w;
	size_t at;

	for (w = s->wanted; w < s->wanted + s->n; w++) {
		at = (size_t)w->group * bins;
		for (bin = 0; count[at + bin] < w->left; bin++)
			w->left -= count[at + bin];
		w->prefix = w->prefix * bins + bin;
		if (w == s->wanted || w->prefix != w[-1].prefix)
			groups++;
		w->group = groups;
		if (group)
			group[at + bin] = groups;
	}
}

static void
search(struct search *s, const float *score, uint64_t n)
{
	uint32_t order;
	size_t at;
	uint64_t i;

	descend(s, s->first, FIRST_BINS, s->first_group);
	for (i = 0; i < n; i++) {
		order = ib_float_order(score[i]);
		at = (size_t)s->first_group[order >> 20] * BINS;
		s->second[at + (order >> 10) % BINS]++;
	}
	descend(s, s->second, BINS, s->second_group);
	for (i = 0; i < n; i++) {
		order = ib_float_order(score[i]);
		at = (size_t)s->first_group[order >> 20] * BINS;
		at = (size_t)s->second_group[at + (order >> 10) % BINS] * BINS;
		s->third[at + order % BINS]++;
	}
	descend(s, s->third, BINS, NULL);
}

/* Count the first level. Returns the number of known scores. */
static uint64_t
count_first(struct search *s, const float *score, uint64_t n)
{
	uint64_t known = 0, i;
	uint32_t bin;

	for (i = 0; i < n; i++)
		s->first[ib_float_order(score[i]) >> 20]++;
	for (bin = 0; bin < FIRST_BINS; bin++) {
		if (ib_totals_bin_is_edge(bin))
			s->first[bin] = 0;
		known += s->first[bin];
	}
	return known;
}

static struct search *
search_new(const uint64_t *rank, size_t n)
{
	struct search *s = calloc(1, sizeof(*s));
	size_t i;

	if (!s)
		return NULL;
	s->n = n;
	s->wanted = calloc(n + 1, sizeof(*s->wanted));
	s->second = calloc(n + 1, BINS * sizeof(*s->second));
	s->third = calloc(n + 1, BINS * sizeof(*s->third));
	s->second_group = calloc(n + 1, BINS * sizeof(*s->second_group));
	for (i = 0; s->wanted && i < n; i++) {
		s->wanted[i].index = i;
		s->wanted[i].left = rank[i];
	}
	if (s->wanted)
		qsort(s->wanted, n, sizeof(*s->wanted), by_rank);
	return s;
}

static void
search_free(struct search *s)
{
	if (!s)
		return;
	free(s->wanted);
	free(s->second);
	free(s->third);
	free(s->second_group);
	free(s);
}

enum ib_status
ib_quantiles(const float *score, uint64_t n, const uint64_t *rank, size_t nranks, float *out,
	     struct ib_error *err)
{
	struct search *s = search_new(rank, nranks);
	enum ib_status st = IB_OK;
	uint64_t known;
	size_t i;

	if (!s || !s->wanted || !s->second || !s->third || !s->second_group) {
		st = ib_fail_memory(err);
		goto done;
	}
	known = count_first(s, score, n);
	for (i = 0; i < nranks; i++) {
		if (rank[i] > 0 && rank[i] <= known)
			continue;
		st = ib_fail(err, IB_E_MISUSE,
			     "rank %" PRIu64 " does not exist among %" PRIu64 " known scores",
			     rank[i], known);
		goto done;
	}
	search(s, score, n);
	for (i = 0; i < nranks; i++)
		out[s->wanted[i].index] = ib_float_from_order(s->wanted[i].prefix);
done:
	search_free(s);
	return st;
}
