/* Order statistics from totals of parts and what their second pass counted. */
#include <math.h>

#include "base/error.h"
#include "prune/rule.h"

enum ib_status
ib_bins_request_lacks(const char *option, struct ib_error *err)
{
	return ib_fail(err, IB_E_MISUSE,
		       "%s: --totals does not hold what this rule needs: run "
		       "ib-prune with these options, --totals and --write-bins "
		       "WANT; ib-score --bins WANT --write-totals FILE on each "
		       "part; merge these (or give all scores with -s, without "
		       "--totals)",
		       option);
}

/*
 * The exact values of a bin, from place *at on; of --write-bins none: the bin is
 * noted down, and *values NULL.
 */
static enum ib_status
look_into(const struct ib_rule *r, uint32_t bin, const char *option, const struct ib_bins **values,
	  uint64_t *at, struct ib_error *err)
{
	*values = NULL;
	if (r->want) {
		ib_bins_hold(&r->want->score, bin);
		return IB_OK;
	}
	if (!r->refined || !ib_bins_holds(&r->refined->score, bin))
		return ib_bins_request_lacks(option, err);
	*values = &r->refined->score;
	*at = ib_bins_seek(*values, (uint64_t)bin << 20);
	return IB_OK;
}

enum ib_status
ib_bins_request_rank(const struct ib_rule *r, uint64_t rank, const char *option, double *score,
		     struct ib_error *err)
{
	const struct ib_bins *f;
	enum ib_status st;
	uint32_t bin = 0;
	uint64_t i;

	while (bin < IB_TOTALS_BINS - 1 && r->totals->bin[bin] < rank)
		rank -= r->totals->bin[bin++];
	*score = NAN;
	st = look_into(r, bin, option, &f, &i, err);
	if (st || !f)
		return st;
	for (; i + 1 < f->n && f->count[i] < rank; i++)
		rank -= f->count[i];
	*score = (double)ib_float_from_order(f->order[i]);
	return IB_OK;
}

/* The order of the smallest float that is not below a cut. */
static uint64_t
first_not_below(double cut)
{
	float f = (float)cut;

	if (f == 0)
		f = 0; /* a score is never -0 */
	return (uint64_t)ib_float_order(f) + ((double)f < cut);
}

enum ib_status
ib_bins_request_below(const struct ib_rule *r, double cut, const char *option, uint64_t *low,
		      struct ib_error *err)
{
	const struct ib_bins *f;
	enum ib_status st;
	uint64_t order, i;
	uint32_t bin, b;

	*low = 0;
	if (isnan(cut))
		return IB_OK; /* of --write-bins: a quantile, noted down already */
	order = first_not_below(cut);
	bin = (uint32_t)(order >> 20);
	for (b = 0; b < bin; b++)
		*low += r->totals->bin[b];
	if (order % IB_BIN_VALUES == 0 || r->totals->bin[bin] == 0)
		return IB_OK;
	st = look_into(r, bin, option, &f, &i, err);
	if (st || !f)
		return st;
	for (; i < f->n && f->order[i] < order; i++)
		*low += f->count[i];
	return IB_OK;
}
