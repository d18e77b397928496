/*
 * The members of a tar's samples: none twice in one sample, and a key that
 * comes again comes with the same members. Otherwise it is no duplicate but one
 * sample whose members are apart.
 */
#ifndef IB_PRUNE_MEMBERS_H
#define IB_PRUNE_MEMBERS_H

#include "base/bytes.h"
#include "prune/duplicates.h"

/* Start from {0}. */
struct ib_members {
	struct ib_bytes names;		/* uint64_t hashes, of the sample being read */
	struct ib_duplicate_check seen; /* keys, and keys with their members */
	bool any_seen;			/* seen is in use */
	struct ib_bytes text;
};

void ib_members_release(struct ib_members *m);

static inline void
ib_members_begin(struct ib_members *m)
{
	m->names.n = 0;
}

void ib_members_add(struct ib_members *m, struct ib_span path);

/*
 * The sample's last member was added. *wrong: NULL, or what is wrong, to follow
 * the key in a message. repeats: keys may come again.
 */
enum ib_status ib_members_end(struct ib_members *m, struct ib_span key, bool repeats,
			      const char **wrong, struct ib_error *err);

#endif
