/* Compute how many pruned epochs fit a budget of visits. */
#ifndef IB_AUDIT_VISITS_BUDGET_H
#define IB_AUDIT_VISITS_BUDGET_H

#include <stdint.h>

/*
 * A run of `epochs` epochs on all data has a certain number of visits. Return the largest number of
 * pruned epochs that have at most `budget` times this number. A simulation gives the fraction of
 * visits that pruning keeps: `kept` of `visits`. The function assumes that a longer run keeps the
 * same fraction. Returns 0 if no visit was kept.
 */
uint64_t ib_visits_budget_epochs(double budget, int64_t epochs, uint64_t visits, uint64_t kept);

#endif
