/* Compute how many epochs with pruning fit a budget of visits. */
#ifndef IB_AUDIT_VISITS_BUDGET_H
#define IB_AUDIT_VISITS_BUDGET_H

#include <stdint.h>

/*
 * Return the largest number of epochs with pruning that have at most `budget` times as many visits
 * as `epochs` epochs without pruning. In a simulation, pruning kept `kept` of `visits` visits. The
 * function assumes that any number of epochs keeps this fraction. Returns 0 if no visit was kept.
 */
uint64_t ib_visits_budget_epochs(double budget, int64_t epochs, uint64_t visits, uint64_t kept);

#endif
