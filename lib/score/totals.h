/*
 * Totals of scores: count, exact sum, range and histogram, a few KB of JSON
 * (see TOTALS in infobatch-formats(5)). Totals can be merged. The result
 * depends only on the set of scores, not on their order, the threads, the
 * partitions or the order of merging.
 */
#ifndef IB_SCORE_TOTALS_H
#define IB_SCORE_TOTALS_H

#include <cjson/cJSON.h>

#include "base/exact.h"
#include "base/json_writer.h"
#include "io/input.h"
#include "io/output.h"

#define IB_TOTALS_BINS 4096 /* number of bins: the leading 12 bits of ib_float_order */

struct ib_totals {
	uint64_t rows;		      /* number of samples */
	uint64_t known;		      /* number of samples with a known score */
	struct ib_exact sum;	      /* exact sum of the known scores */
	float min, max;		      /* range of the known scores; NaN if known is 0 */
	int64_t newest;		      /* largest epoch; IB_NO_EPOCH if rows is 0 */
	uint64_t bin[IB_TOTALS_BINS]; /* known scores per bin */
};

/*
 * Return the float as an unsigned integer that sorts in the same order, from
 * -inf up, so that integers can be counted and sorted instead of floats. The
 * float's bin is the result >> 20.
 */
static inline uint32_t
ib_float_order(float f)
{
	union {
		float f;
		uint32_t u;
	} v = { f };

	return v.u & 0x80000000u ? ~v.u : v.u | 0x80000000u;
}

static inline float
ib_float_from_order(uint32_t order)
{
	union {
		uint32_t u;
		float f;
	} v = { order & 0x80000000u ? order & 0x7fffffffu : ~order };

	return v.f;
}

/* True if the bin holds only NaN and infinities: the first and the last eight bins. */
static inline bool
ib_totals_bin_is_edge(uint64_t bin)
{
	return bin < 8 || bin >= IB_TOTALS_BINS - 8;
}

void ib_totals_init(struct ib_totals *t);
/*
 * Add n rows. NaN means unknown; infinities are not allowed. The caller sets
 * t->newest. A call has a fixed cost of about a microsecond, so add many rows
 * at once.
 */
void ib_totals_add(struct ib_totals *t, const float *score, uint64_t n);
void ib_totals_merge(struct ib_totals *t, const struct ib_totals *other);
/* Return the double nearest to sum / known; NaN if known is 0. */
double ib_totals_mean(const struct ib_totals *t);

/*
 * Write the members of an object:
 *   "rows":3,"known":2,"sum":"<hexadecimal, units of 2^-149>","mean":0.5,
 *   "min":0.25,"max":0.75,"newest":7,"histogram":[[bin,count],...]
 * mean, min, max and newest are null if there is none. A count of 2^53 or more
 * is a string of its digits, because many JSON readers convert numbers to
 * double.
 */
void ib_totals_put(struct ib_json_writer *w, const struct ib_totals *t);
/* Read totals. Returns IB_E_DATA if ib_totals_put() cannot have written them. */
enum ib_status ib_totals_parse(const cJSON *json, const char *name, struct ib_totals *t,
			       struct ib_error *err);

#endif
