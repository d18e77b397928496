/* A budget of visits: the number of pruned epochs that cost a fraction of a run on all data. */
#ifndef IB_AUDIT_VISITS_BUDGET_H
#define IB_AUDIT_VISITS_BUDGET_H

#include <stdint.h>

/*
 * Return the largest number of epochs whose visits are at most `visits` times the visits of
 * `epochs` epochs on all data. `samples` is the number of visits on all data, and `kept` the
 * number of visits with pruning, in the same epochs. The function assumes that a longer run
 * keeps the same fraction. Returns 0 if no sample was kept.
 */
uint64_t ib_visits_budget_epochs(double visits, int64_t epochs, uint64_t samples, uint64_t kept);

#endif
