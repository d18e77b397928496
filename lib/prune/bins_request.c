/*
 * Order statistics of scores that are spread over several machines. The totals
 * tell which bin (by the leading bits of the score) holds a rank or a threshold.
 * Only the values of that bin are needed beyond the totals, and a second pass
 * counts them. With --write-bins the same functions run without these values and
 * only record which bins they need.
 */
#include "prune/bins_request.h"

#include <math.h>

#include "base/error.h"

enum ib_status
ib_bins_request_lacks(const char *option, struct ib_error *err)
{
	return ib_fail(err, IB_E_MISUSE,
		       "%s: --totals lacks statistics that this rule needs. Run "
		       "ib-prune with these options, --totals and --write-bins "
		       "WANT; then ib-score --bins WANT --write-totals FILE on each "
		       "partition; then merge these files (or give all scores with -s, "
		       "without --totals)",
		       option);
}

/*
 * Get the exact values of a bin, which begin at index *at of *values. With
 * --write-bins, request the bin and set *values to NULL.
 */
static enum ib_status
get_bin(const struct ib_rule *r, uint32_t bin, const char *option, const struct ib_bins **values,
	uint64_t *at, struct ib_error *err)
{
	*values = NULL;
	if (r->wanted_bins) {
		ib_bins_select(&r->wanted_bins->score, bin);
		return IB_OK;
	}
	if (!r->bins || !ib_bins_selects(&r->bins->score, bin))
		return ib_bins_request_lacks(option, err);
	*values = &r->bins->score;
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
	st = get_bin(r, bin, option, &f, &i, err);
	if (st || !f)
		return st;
	for (; i + 1 < f->n && f->count[i] < rank; i++)
		rank -= f->count[i];
	*score = (double)ib_float_from_order(f->order[i]);
	return IB_OK;
}

/* Return the order of the smallest float not below a threshold. */
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
		return IB_OK; /* with --write-bins: a quantile, which is already requested */
	order = first_not_below(cut);
	bin = (uint32_t)(order >> 20);
	for (b = 0; b < bin; b++)
		*low += r->totals->bin[b];
	if (order % IB_BIN_VALUES == 0 || r->totals->bin[bin] == 0)
		return IB_OK;
	st = get_bin(r, bin, option, &f, &i, err);
	if (st || !f)
		return st;
	for (; i < f->n && f->order[i] < order; i++)
		*low += f->count[i];
	return IB_OK;
}
