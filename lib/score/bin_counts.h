/*
 * The second pass over the scores of parts: what ib-prune has to know beyond
 * totals to find a quantile, the number of scores below a cut, or c of
 * --rule proportional, exactly as it would from all the scores. Counts and
 * exact sums, so that it merges like totals.
 */
#ifndef IB_SCORE_BIN_COUNTS_H
#define IB_SCORE_BIN_COUNTS_H

#include "base/u128.h"
#include "score/bins.h"

#define IB_SPREAD_BINS (IB_TOTALS_BINS / 2) /* x above 0, by leading bits */
#define IB_SPREAD_FIRST ((uint32_t)IB_TOTALS_BINS / 2)

/* x of a positive bin: of one sign and exponent, so the sum is an integer. */
struct ib_spread_bin {
	uint64_t count;
	struct ib_u128 sum; /* in units of ib_spread_unit() */
	uint32_t least;	    /* smallest, as ib_float_order; UINT32_MAX: none */
};

struct ib_bin_counts {
	char of[33];	      /* digest of the totals that it refines */
	int64_t newest;	      /* a plan: their newest epoch, no row is later */
	struct ib_bins score; /* of the scores */
	bool spread;	      /* of x = proxy(score), too: */
	enum ib_proxy proxy;
	uint64_t flat; /* x <= 0 */
	struct ib_spread_bin x[IB_SPREAD_BINS];
	struct ib_bins fine; /* of the x above 0 */
};

/* x of a score, as proxy has it; of n scores. */
float ib_proxy_of(enum ib_proxy proxy, float score);
void ib_proxies(enum ib_proxy proxy, const float *score, size_t n, float *x);

/* What the lowest bit of a float in this bin (of 4096, x > 0) is worth. */
double ib_spread_unit(uint32_t bin);

/* The float's bits as an integer of that unit. */
static inline uint64_t
ib_spread_units(uint32_t order)
{
	return (order & 0x7fffff) | (uint64_t)((order & 0x7f800000) != 0) << 23;
}

struct ib_bin_counts *ib_bin_counts_new(void); /* NULL: memory ran out */
void ib_bin_counts_free(struct ib_bin_counts *r);

/* What n values of x add to r's flat and x. NaN = unknown. */
void ib_bin_counts_spread(struct ib_bin_counts *r, const float *x, uint64_t n);

/*
 * Of n values count those in f's bins (f has none yet). `above`: those alone
 * that are above 0.
 */
enum ib_status ib_bin_counts_pick(struct ib_bins *f, const float *value, uint64_t n, bool above,
				  struct ib_error *err);

/*
 * What `plan` (a refined without counts) asks for, of these scores: a second
 * pass in ib-score.
 */
enum ib_status ib_bin_counts_count(const struct ib_bin_counts *plan, const float *score, uint64_t n,
				   struct ib_bin_counts **out, struct ib_error *err);
enum ib_status ib_bin_counts_merge(struct ib_bin_counts *r, const struct ib_bin_counts *other,
				   const char *name, struct ib_error *err);

/* XXH3-128 of totals as JSON. */
enum ib_status ib_totals_digest(const struct ib_totals *t, char out[33], struct ib_error *err);

/* ---- as JSON --------------------------------------------------------------- */

/*
 * {"of":digest,"scores":[[bin,text],...],"proxy":null}, and with a proxy also
 * "flat":n,"x":[[bin,count,sum,least],...],"fine":[[bin,text],...]}; the text
 * is that of ib_bins_text, the sum hexadecimal.
 */
cJSON *ib_bin_counts_json(const struct ib_bin_counts *r);
enum ib_status ib_bin_counts_parse(const cJSON *json, const char *name, const struct ib_totals *t,
				   struct ib_bin_counts **out, struct ib_error *err);

/*
 * A plan's file: {"ib_refine":1,"of":digest,"newest":3,"scores":[bin,...],
 * "proxy":null,"x":[bin,...]}. The writer's output is not committed.
 */
#define IB_SECOND_PASS_VERSION 1
enum ib_status ib_second_pass_write(const struct ib_bin_counts *plan, struct ib_output *out,
				    struct ib_error *err);
enum ib_status ib_second_pass_read(const char *path, struct ib_bin_counts **out,
				   struct ib_error *err);

#endif
