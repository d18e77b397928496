/*
 * Check the members of the samples in a tar. A sample must not contain a member twice. The key of a
 * sample is the path of a member up to the first dot of the file name. Two samples with the same
 * key must have the same members. If the members differ, the two samples are probably parts of one
 * sample whose members are not adjacent, which is an error.
 */
#ifndef IB_PRUNE_SHARD_MEMBERS_H
#define IB_PRUNE_SHARD_MEMBERS_H

#include "base/bytes.h"
#include "prune/duplicates.h"

/* Initialize with {0}. */
struct ib_shard_members {
	struct ib_bytes names; /* uint64_t[]: hashes of the names of the current sample's members */
	/* hashes of the samples' keys, and of the keys together with the members */
	struct ib_duplicate_check duplicates;
	bool has_duplicates; /* true if `duplicates` is initialized */
	struct ib_bytes text;
};

void ib_shard_members_release(struct ib_shard_members *m);

static inline void
ib_shard_members_begin(struct ib_shard_members *m)
{
	m->names.n = 0;
}

void ib_shard_members_add(struct ib_shard_members *m, struct ib_span path);

/*
 * Check the current sample after its last member was added. `repeats` is true if several samples
 * may have the same key. If the sample is valid, *problem is set to NULL. If the sample is invalid,
 * *problem is set to the text that follows the key in the error message.
 */
enum ib_status ib_shard_members_end(struct ib_shard_members *m, struct ib_span key, bool repeats,
				    const char **problem, struct ib_error *err);

#endif
