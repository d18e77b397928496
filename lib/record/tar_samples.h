/* Read the samples of a tar in order, for callers that do not need the bytes of the members. */
#ifndef IB_RECORD_TAR_SAMPLES_H
#define IB_RECORD_TAR_SAMPLES_H

#include "io/input.h"
#include "record/tar_member.h"

struct ib_tar_samples;

struct ib_tar_sample {
	struct ib_span id;     /* the key, or NAME/key for -k @shard */
	uint64_t number;       /* number of the sample in its archive, from 1 */
	bool weighted;	       /* true if the sample has a weight member */
	struct ib_span weight; /* content of the weight member */
	/* digest of the names and contents of all members of the sample except the weight member */
	unsigned char digest[16];
};

/*
 * Begin to read the samples of the tar `in`. With -k @shard, `shard` is the NAME in each id, and
 * is copied; otherwise it is NULL. context is used for warnings and may be NULL.
 */
enum ib_status ib_tar_samples_open(struct ib_input *in, const struct ib_span *shard,
				   const struct ib_context *context, struct ib_tar_samples **out,
				   struct ib_error *err);
void ib_tar_samples_close(struct ib_tar_samples *s);

/*
 * Read the next sample, which is valid until the next call. Returns IB_EOF after the last
 * sample.
 */
enum ib_status ib_tar_samples_next(struct ib_tar_samples *s, struct ib_tar_sample *sample,
				   struct ib_error *err);

#endif
