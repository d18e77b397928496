/*
 * Totals of known scores: exact, mergeable, a few KB of JSON (SPEC of the
 * file: infobatch-formats(5), TOTALS). They depend on the multiset of scores
 * alone: not on order, threads, sharding or merge tree.
 */
#ifndef IB_SCORE_TOTALS_H
#define IB_SCORE_TOTALS_H

#include <cjson/cJSON.h>

#include "base/exact.h"
#include "io/input.h"
#include "io/output.h"

#define IB_TOTALS_BINS 4096 /* by the leading 12 bits, see ib_float_order */

struct ib_totals {
	uint64_t rows;		      /* samples, known or not */
	uint64_t known;		      /* of them with a known score */
	struct ib_exact sum;	      /* of the known scores */
	float min, max;		      /* NaN where known is 0 */
	int64_t newest;		      /* largest epoch; IB_NO_EPOCH without rows */
	uint64_t bin[IB_TOTALS_BINS]; /* known scores by leading bits */
};

/*
 * The bits of a float as an unsigned integer of the same order (-inf lowest),
 * so that an order statistic is one of integers. Of a bin: bits >> 20.
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

/* Are a bin's floats NaN and infinities (eight bins at both ends)? */
static inline bool
ib_totals_bin_is_edge(uint64_t bin)
{
	return bin < 8 || bin >= IB_TOTALS_BINS - 8;
}

void ib_totals_init(struct ib_totals *t);
/*
 * Adds n rows; NaN = unknown, no infinities. newest is the caller's to keep.
 * Meant for many rows at once: 1.5 ns each (AMD EPYC Zen 5, gcc 12 -O2), and a
 * microsecond a call.
 */
void ib_totals_add(struct ib_totals *t, const float *score, uint64_t n);
void ib_totals_merge(struct ib_totals *t, const struct ib_totals *other);
/* The double nearest to sum / known; NaN where known is 0. */
double ib_totals_mean(const struct ib_totals *t);

/*
 * As a JSON object (to be embedded, or printed); NULL if memory ran out.
 *   {"rows":3,"known":2,"sum":"<hexadecimal, units of 2^-149>","mean":0.5,
 *    "min":0.25,"max":0.75,"newest":7,"histogram":[[bin,count],...]}
 * mean, min, max and newest are null where there is none. A count from 2^53 on
 * is a string of its digits: many a reader takes a number for a double.
 */
cJSON *ib_totals_json(const struct ib_totals *t);
/* IB_E_DATA, naming the file, for what ib_totals_json cannot have written. */
enum ib_status ib_totals_parse(const cJSON *json, const char *name, struct ib_totals *t,
			       struct ib_error *err);

#endif
