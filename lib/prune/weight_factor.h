/* The factor that scales the weights of an epoch to mean 1 (--normalize mean). */
#ifndef IB_PRUNE_WEIGHT_FACTOR_H
#define IB_PRUNE_WEIGHT_FACTOR_H

#include "prune/rule.h"

/*
 * Return the fraction of the samples with a known score that the rule is expected to keep. This
 * fraction is the reciprocal of the expected mean of the weights. Samples with pi = 0 (--rule hard)
 * are ignored. Returns 1 if no score is known, or if the epoch is unpruned. The time is O(rows).
 */
double ib_weight_factor(const struct ib_rule *rule);

#endif
