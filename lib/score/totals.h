/*
 * Totals of scores: their count, exact sum, range and histogram. Totals are
 * stored as a few KB of JSON (see TOTALS in infobatch-formats(5)) and can be
 * merged. The result depends only on the set of scores, not on their order, the
 * number of threads, the partitions or the order of merging.
 */
#ifndef IB_SCORE_TOTALS_H
#define IB_SCORE_TOTALS_H

#include <cjson/cJSON.h>

#include "base/exact.h"
#include "base/json_writer.h"
#include "io/input.h"
#include "io/output.h"

/* number of bins: one for each value of the leading 12 bits of ib_float_order() */
#define IB_TOTALS_BINS 4096

struct ib_totals {
	uint64_t rows;		      /* number of samples */
	uint64_t known;		      /* number of samples with a known score */
	struct ib_exact sum;	      /* exact sum of the known scores */
	float min, max;		      /* range of the known scores; NaN if known is 0 */
	int64_t newest;		      /* largest epoch; IB_NO_EPOCH if rows is 0 */
	uint64_t bin[IB_TOTALS_BINS]; /* number of known scores in each bin */
};

/*
 * Convert a float to an unsigned integer. The integers have the same order as
 * the floats, from -inf up, so integers can be counted and sorted instead of
 * floats. The float's bin is the result >> 20.
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

/*
 * True if the bin has no finite numbers. The first eight and the last eight bins have only NaNs and
 * infinities.
 */
static inline bool
ib_totals_bin_is_edge(uint64_t bin)
{
	return bin < 8 || bin >= IB_TOTALS_BINS - 8;
}

void ib_totals_init(struct ib_totals *t);
/*
 * Add n rows. A score of NaN means unknown. Infinite scores are not allowed.
 * The caller sets t->newest. Each call has a fixed cost of about a microsecond,
 * so a caller should add many rows per call.
 */
void ib_totals_add(struct ib_totals *t, const float *score, uint64_t n);
void ib_totals_merge(struct ib_totals *t, const struct ib_totals *other);
/* Return the double nearest to sum / known, or NaN if known is 0. */
double ib_totals_mean(const struct ib_totals *t);

/*
 * Write these members of an object:
 *   "rows":3,"known":2,"sum":"<hexadecimal, units of 2^-149>","mean":0.5,
 *   "min":0.25,"max":0.75,"newest":7,"histogram":[[bin,count],...]
 * mean, min and max are null if no score is known. newest is null if there are
 * no rows. A count of 2^53 or more is written as a string of digits, because
 * many JSON readers convert numbers to double.
 */
void ib_totals_write(struct ib_json_writer *w, const struct ib_totals *t);
/* Read totals. Returns IB_E_DATA if ib_totals_write() cannot have written these totals. */
enum ib_status ib_totals_parse(const cJSON *json, const char *name, struct ib_totals *t,
			       struct ib_error *err);

#endif
