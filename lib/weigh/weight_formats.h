/* Write weights in the formats of -O, which training programs can load. */
#ifndef IB_WEIGH_WEIGHT_FORMATS_H
#define IB_WEIGH_WEIGHT_FORMATS_H

#include "base/number_cache.h"
#include "io/output.h"
#include "weigh/weight_stats.h"
#include "weigh/id_weights.h"

/* True if the format contains ids in addition to weights. */
bool ib_weight_format_has_ids(enum ib_weights_format form);

/* True if this format can be written record by record while the manifest is read. */
bool ib_weight_format_streams(enum ib_weights_format form);

/*
 * Append one record in a format for which ib_weight_format_streams() is true. id is used
 * only if the format contains ids.
 */
void ib_weight_format_append(struct ib_bytes *out, enum ib_weights_format form, struct ib_span id,
			     double weight, struct ib_number_cache *numbers);

/* True if the id is valid as a field of TSV. */
bool ib_weight_format_is_tsv_field(struct ib_span id);

/*
 * Write all rows in any of the formats. If scale is NULL, the weights are not scaled. If
 * rate_factor is not NULL, the format npz also contains *rate_factor as a scalar.
 */
enum ib_status ib_weight_format_write(enum ib_weights_format form, const struct ib_id_weights *rows,
				      const struct ib_scale *scale, const double *rate_factor,
				      struct ib_output *out, struct ib_error *err);

/* Write the indexes of all rows with a positive weight as an .npy array. */
enum ib_status ib_weight_format_write_index(const struct ib_id_weights *rows, struct ib_output *out,
					    struct ib_error *err);

#endif
