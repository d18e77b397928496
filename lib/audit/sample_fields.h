/* Read manifests for --manifest and --by: the id of each sample, and the value of one field. */
#ifndef IB_AUDIT_SAMPLE_FIELDS_H
#define IB_AUDIT_SAMPLE_FIELDS_H

#include "base/bytes.h"

struct ib_sample_fields_options {
	struct ib_list manifests; /* files of --manifest, in any format that ib-prune reads */
	const char *key;	  /* value of --manifest-key; NULL without this option */
	const char *field;	  /* name of the field of --by; NULL: read only the ids */
	const struct ib_context *context;
};

/*
 * One sample, as an argument of ib_sample_fields_use(). Both spans are valid only during the call.
 */
struct ib_sample_field {
	struct ib_span id;
	/* the value of the field as text; text.p is NULL if the record has no value */
	struct ib_span text;
};

typedef enum ib_status ib_sample_fields_use(void *data, const struct ib_sample_field *sample,
					    struct ib_error *err);

/*
 * Call use() for each record of the manifests, in the order of the records. A record has no value
 * if it does not have the field, or if the field is null or empty. Returns IB_E_DATA if no record
 * has the field.
 */
enum ib_status ib_sample_fields_read(const struct ib_sample_fields_options *options,
				     ib_sample_fields_use *use, void *data, struct ib_error *err);

#endif
