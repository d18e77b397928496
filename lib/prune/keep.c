/* --keep F: solve for the ratio r of a rule that has a ratio. */
#include "prune/keep.h"

#include "base/error.h"
#include "base/numbers.h"
#include "prune/thresholds.h"

enum ib_status
ib_keep_read(const struct ib_rule_options *o, double *keep, struct ib_error *err)
{
	if (ib_number_text(ib_span_of(o->keep), keep) && *keep >= 0 && *keep <= 1)
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE, "--keep: '%s' is not a number in [0, 1]", o->keep);
}

void
ib_keep_warn(const struct ib_rule *rule, double nearest, const struct ib_context *context)
{
	char text[IB_NUMBER_MAX + 1];

	text[ib_number_write(text, nearest)] = '\0';
	ib_warn(context,
		"--keep %s cannot be reached in epoch %lld: the nearest fraction that can be kept "
		"is %s",
		rule->options.keep, (long long)rule->options.epoch, text);
}

enum ib_status
ib_keep_solve_ratio(struct ib_rule *rule, uint64_t n, uint64_t nbelow,
		    const struct ib_context *context, struct ib_error *err)
{
	const char *keep = rule->options.keep;
	double fraction;

	if (ib_keep_read(&rule->options, &fraction, err))
		return IB_E_MISUSE;
	if (nbelow == 0) {
		rule->solved.ratio = 0;
		if (fraction < 1)
			ib_keep_warn(rule, 1, context);
		return IB_OK;
	}
	if (!ib_decimal_drop_ratio(keep, n, nbelow, &rule->solved.ratio))
		return ib_fail(err, IB_E_MISUSE, "--keep: '%s' is not a decimal number", keep);
	if (rule->solved.ratio > IB_RATIO_MAX) {
		rule->solved.ratio = IB_RATIO_MAX;
		ib_keep_warn(rule, ib_complement(IB_RATIO_MAX * ((double)nbelow / (double)n)),
			     context);
	}
	return IB_OK;
}
