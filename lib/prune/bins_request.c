/*
 * Find order statistics of the scores. A bin contains all scores with the same leading bits. The
 * totals tell which bin contains a threshold, or the score of a given rank. In addition to the
 * totals, only the values in this bin are needed. A second pass over the scores counts these
 * values. Before the second pass, the functions below run without the values and only store which
 * bins they need. Bins are requested for scores in memory (count_bins() in rules.c), and with
 * --write-bins for scores that are spread over several machines.
 */
#include "prune/bins_request.h"

#include <math.h>

#include "base/error.h"

enum ib_status
ib_bins_request_lacks(const char *option, struct ib_error *err)
{
	return ib_fail(err, IB_E_MISUSE,
		       "%s: --totals lacks statistics that this rule needs. Repeat this "
		       "ib-prune command with --write-bins WANT, run ib-score --bins WANT "
		       "--write-totals FILE on each partition, merge these totals files, and "
		       "give the result with --totals (or give all scores with -s, without "
		       "--totals)",
		       option);
}

/*
 * Set *values to the counted values of `bin`. While the rule requests bins (r->wanted_bins),
 * request the bin and set *values to NULL instead.
 */
static enum ib_status
get_bin(const struct ib_rule *r, uint32_t bin, const char *option, const struct ib_bins **values,
	struct ib_error *err)
{
	*values = NULL;
	if (r->wanted_bins) {
		ib_bins_select(&r->wanted_bins->score, bin);
		return IB_OK;
	}
	if (!r->bins || !ib_bins_selects(&r->bins->score, bin))
		return ib_bins_request_lacks(option, err);
	*values = &r->bins->score;
	return IB_OK;
}

enum ib_status
ib_bins_request_rank(const struct ib_rule *r, uint64_t rank, const char *option, double *score,
		     struct ib_error *err)
{
	const uint64_t *count = r->totals->bin;
	const struct ib_bins *values;
	enum ib_status st = get_bin(r, ib_bins_of_rank(count, rank), option, &values, err);

	*score = values ? (double)ib_bins_value(values, count, rank) : (double)NAN;
	return st;
}

/* Return ib_float_order() of the smallest float that is not below `threshold`. */
static uint64_t
first_not_below(double threshold)
{
	float f = (float)threshold;

	if (f == 0)
		f = 0; /* f may be -0, but the score 0 is never stored as -0 */
	return (uint64_t)ib_float_order(f) + ((double)f < threshold);
}

enum ib_status
ib_bins_request_below(const struct ib_rule *r, double threshold, uint64_t *nbelow,
		      struct ib_error *err)
{
	static const struct ib_bins no_values;
	const uint64_t *count = r->totals->bin;
	const struct ib_bins *values = &no_values;
	enum ib_status st = IB_OK;
	uint64_t order;
	uint32_t bin;

	*nbelow = 0;
	if (isnan(threshold))
		/* the threshold is a quantile, whose bin has already been requested */
		return IB_OK;
	order = first_not_below(threshold);
	bin = (uint32_t)(order >> 20);
	if (order % IB_BIN_VALUES != 0 && count[bin] > 0)
		st = get_bin(r, bin, "--keep", &values, err);
	if (values)
		*nbelow = ib_bins_below(values, count, order);
	return st;
}
