/* Weights in the form a trainer loads (-O). */
#ifndef IB_WEIGH_WEIGHT_FORMATS_H
#define IB_WEIGH_WEIGHT_FORMATS_H

#include "base/bytes.h"
#include "base/numbers.h"
#include "io/output.h"
#include "weigh/weight_stats.h"
#include "weigh/id_weights.h"

/* Weights repeat: the text of each is made once. Start from {0}. */
#define IB_TEXTS 128

struct ib_texts {
	struct {
		double value;
		uint8_t n; /* bytes of text; 0: a free place */
		char text[IB_NUMBER_MAX - 1];
	} entry[IB_TEXTS];
};

/* Does the form have the ids beside the weights? */
bool ib_weight_format_has_ids(enum ib_weights_format form);

/* Can it be written record by record? */
bool ib_weight_format_streams(enum ib_weights_format form);

/*
 * One record of a form that streams, behind what is in out. id: where the
 * form has ids.
 */
void ib_weight_format_append(struct ib_bytes *out, enum ib_weights_format form, struct ib_span id,
			     double weight, struct ib_texts *texts);

/* Can the id be written as a field of TSV? */
bool ib_weight_format_is_tsv_field(struct ib_span id);

/* All rows in any form, the weights scaled (scale NULL: as they are). */
enum ib_status ib_weight_format_write(enum ib_weights_format form, const struct ib_id_weights *rows,
				      const struct ib_scale *scale, struct ib_output *out,
				      struct ib_error *err);

/* The numbers of the rows of positive weight, as .npy. */
enum ib_status ib_weight_format_write_index(const struct ib_id_weights *rows, struct ib_output *out,
					    struct ib_error *err);

#endif
