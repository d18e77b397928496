/*
 * Results of a second pass over the scores of each partition. From the totals alone, ib-prune
 * cannot compute a quantile, the number of scores below a threshold, or the scale c of --rule
 * proportional. From the counts and exact sums defined here, ib-prune computes the same values that
 * it would compute from all scores. The counts and sums of several partitions can be added in any
 * order.
 *
 * The proxy x of a score is the number that --rule proportional multiplies by c. The parameter
 * `proxy` of the rule selects how x is computed from the score.
 */
#ifndef IB_SCORE_BIN_COUNTS_H
#define IB_SCORE_BIN_COUNTS_H

#include "base/u128.h"
#include "score/bins.h"

#define IB_X_FIRST ((uint32_t)IB_TOTALS_BINS / 2) /* bin of the smallest float above 0 */

/*
 * For each bin i: the number of proxies x in the bin, count[i], and their exact sum, sum[i]. All x
 * in one bin have the same sign and exponent, so sum[i] is an integer multiple of ib_x_unit(i).
 * Every x <= 0 is counted in bin 0, but is not added to a sum.
 */
struct ib_x_bins {
	uint64_t count[IB_TOTALS_BINS];
	struct ib_u128 sum[IB_TOTALS_BINS]; /* in units of ib_x_unit(i) */
	/* least[i]: ib_float_order() of the smallest x > 0 in bin i, or 0 if there is none */
	uint32_t least[IB_TOTALS_BINS];
};

struct ib_bin_counts {
	char of[33];	      /* digest of the totals for which the bins were requested */
	int64_t newest;	      /* newest epoch of the totals; used only in requests */
	struct ib_bins score; /* the scores in the requested bins */
	bool has_x;	      /* true if the members below are used */
	enum ib_proxy proxy;
	struct ib_x_bins x;
	struct ib_bins x_values; /* the proxies x > 0 in the requested bins */
};

/* Compute the proxy x of one score. */
float ib_proxy_of(enum ib_proxy proxy, float score);

/* Compute the proxies of n scores: x[i] is the proxy of score[i]. */
void ib_proxies(enum ib_proxy proxy, const float *score, size_t n, float *x);

/*
 * Return the value of the lowest significand bit of the floats in `bin`, which must be at least
 * IB_X_FIRST.
 */
double ib_x_unit(uint32_t bin);

/* Return a proxy x > 0 as a multiple of ib_x_unit(). `order` is ib_float_order(x). */
static inline uint64_t
ib_x_units(uint32_t order)
{
	return (order & 0x7fffff) | (uint64_t)((order & 0x7f800000) != 0) << 23;
}

struct ib_bin_counts *ib_bin_counts_new(void); /* NULL if out of memory */
void ib_bin_counts_free(struct ib_bin_counts *r);

/* Add the proxies x[0..n) to the counts and sums of b. A NaN (unknown score) is skipped. */
void ib_x_bins_add(struct ib_x_bins *b, const float *x, uint64_t n);

/*
 * Count the values in value[0..n) that are in the selected bins of f. f must
 * not hold values yet. If `above` is true, only values above 0 are counted.
 */
enum ib_status ib_bin_counts_pick(struct ib_bins *f, const float *value, uint64_t n, bool above,
				  struct ib_error *err);

/*
 * Make the second pass over n scores: count the values in the bins that `request` selects.
 * `request` itself has no counts.
 */
enum ib_status ib_bin_counts_count(const struct ib_bin_counts *request, const float *score,
				   uint64_t n, struct ib_bin_counts **out, struct ib_error *err);
/*
 * Add the counts of `other` to r. `name` is the file from which `other` was read. Returns IB_E_DATA
 * if r and `other` were counted for different requests.
 */
enum ib_status ib_bin_counts_merge(struct ib_bin_counts *r, const struct ib_bin_counts *other,
				   const char *name, struct ib_error *err);

/* Compute the XXH3-128 hash of the totals' JSON text. */
enum ib_status ib_totals_digest(const struct ib_totals *t, char out[33], struct ib_error *err);

/* ---- as JSON --------------------------------------------------------------- */

/*
 * Write {"of":digest,"scores":[[bin,text],...],"proxy":null}. If r->has_x is true, "proxy" is not
 * null, and the object also has the members "flat":n,"x":[[bin,count,sum,least],...],
 * "fine":[[bin,text],...]. `n` is the number of proxies x <= 0. `text` is written by
 * ib_bins_write_text(). `sum` is hexadecimal. `least` is the low 20 bits of x.least[bin].
 */
void ib_bin_counts_write(struct ib_json_writer *w, const char *name, const struct ib_bin_counts *r);
/*
 * Read the counts, and check that they add up to the totals t. If json is NULL,
 * *out is set to NULL.
 */
enum ib_status ib_bin_counts_parse(const cJSON *json, const char *name, const struct ib_totals *t,
				   struct ib_bin_counts **out, struct ib_error *err);

/*
 * The version of a request file (member "ib_refine"). ib-prune --write-bins writes request files:
 * {"ib_refine":1,"of":digest,"newest":3,"scores":[bin,...],"proxy":null,"x":[bin,...]}.
 */
#define IB_SECOND_PASS_VERSION 1

/* Write a request file. The caller commits the output. */
enum ib_status ib_second_pass_write(const struct ib_bin_counts *request, struct ib_output *out,
				    struct ib_error *err);

/* Read a request file. */
enum ib_status ib_second_pass_read(const char *path, struct ib_bin_counts **out,
				   struct ib_error *err);

#endif
