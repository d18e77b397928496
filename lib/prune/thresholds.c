/* Add thresholds to a rule, and compute 1-r with rounding. */
#include "prune/thresholds.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/numbers.h"

double
ib_complement(double r)
{
	char text[64], *comma;
	double pi;

	snprintf(text, sizeof(text), "%.15g", 1 - r);
	comma = strchr(text, ','); /* the caller's locale may use a comma as the decimal point */
	if (comma)
		*comma = '.';
	return ib_number_text(ib_span_of(text), &pi) ? pi : 1 - r;
}

void
ib_thresholds_add(struct ib_thresholds *l, double threshold, double prune_fraction)
{
	l->threshold[l->n] = threshold;
	l->prune_fraction[l->n] = prune_fraction;
	l->pi[l->n] = ib_complement(prune_fraction);
	l->pi[++l->n] = IB_PI_HIGH;
}
