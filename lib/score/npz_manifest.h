/* Epoch manifests as .npz archives. */
#ifndef IB_SCORE_NPZ_MANIFEST_H
#define IB_SCORE_NPZ_MANIFEST_H

#include "io/npz.h"
#include "record/reader.h"

/* Fail with a message that the operand is one array or a totals file, not an epoch manifest. */
enum ib_status ib_npz_refuse_manifest(const struct ib_source *source, struct ib_error *err);

/* One sample of an epoch manifest that is an .npz. */
struct ib_npz_sample {
	int64_t row;	   /* the id, if the ids are row numbers (array index); else -1 */
	struct ib_span id; /* the id, if row is -1 */
	bool weighted;	   /* true if the archive has an array of weights */
	double weight;	   /* 1 if not weighted */
};

/*
 * Read an epoch manifest with an array of ids and an optional array of weights, such as the
 * output of ib-prune --range. key and weight_field may be NULL. each() is called for each sample.
 */
enum ib_status ib_npz_manifest_read(
	struct ib_npz *z, const char *name, const char *key, const char *weight_field,
	enum ib_status (*each)(void *ctx, const struct ib_npz_sample *sample, struct ib_error *err),
	void *ctx, struct ib_error *err);

#endif
