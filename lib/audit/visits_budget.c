/* Compute how many epochs fit a budget of visits. */
#include "audit/visits_budget.h"

#include <math.h>

uint64_t
ib_visits_budget_epochs(double budget, int64_t epochs, uint64_t visits, uint64_t kept)
{
	double fit;

	if (kept == 0)
		return 0;
	/*
	 * Adding 1e-9 corrects a rounding error that can make the quotient slightly smaller than an
	 * integer.
	 */
	fit = budget * (double)epochs * (double)visits / (double)kept + 1e-9;
	return fit < 0x1p53 ? (uint64_t)floor(fit) : (uint64_t)1 << 53;
}
