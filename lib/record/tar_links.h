/*
 * The links of a tar. One among the members of its own sample has the target's
 * bytes for its content; any other shares the fate of the sample that its
 * target belongs to.
 *
 * The target may be anywhere. So, when the first link comes, the input is read
 * again from its beginning: once to see where the links lead, and, if that is
 * of use, once to keep the content of targets, in memory or in a temporary file.
 * Memory: some 80 bytes per member of an archive that holds links, none for one
 * that holds no link.
 */
#ifndef IB_RECORD_TAR_LINKS_H
#define IB_RECORD_TAR_LINKS_H

#include "record/tar_archive.h"

struct ib_tar_links;
struct ib_tar_target; /* a plain file that a link leads to */

/* What comes of a link; all zero: it passes as it is. */
struct ib_tar_lead {
	const struct ib_tar_target *content; /* its bytes take the link's place */
	uint64_t size;			     /* of the content */
	struct ib_span with;		     /* or: the key whose fate it shares */
};

/*
 * Read all links of the tar. If `in` is a pipe, a link that is named as a
 * sample's member is, or leads to one, is IB_E_DATA; others pass as they are.
 */
enum ib_status ib_tar_links_read(struct ib_input *in, struct ib_tar_links **out,
				 struct ib_error *err);
void ib_tar_links_free(struct ib_tar_links *l);

/* What comes of `link`, the number-th member of the archive, from 0. */
enum ib_status ib_tar_links_find(struct ib_tar_links *l, const struct ib_tar_member *link,
				 uint64_t number, struct ib_tar_lead *lead, struct ib_error *err);

/* Hand out the target as a plain file of the link's path and time. */
enum ib_status ib_tar_links_pass(struct ib_tar_links *l, const struct ib_tar_target *target,
				 struct ib_span path, int64_t mtime, ib_tar_take *take, void *ctx,
				 struct ib_error *err);

#endif
