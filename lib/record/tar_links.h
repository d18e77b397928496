/*
 * Resolve the links of a tar. A link inside the sample of its own key gets its
 * target's bytes as content. Any other link is kept or dropped together with
 * the sample that its target belongs to.
 *
 * A target may be anywhere in the archive. So the first link causes the input
 * to be read again from its start: once to find all targets, and once more, if a
 * link needs it, to keep the targets' content in memory or in a temporary file.
 * Memory: about 80 bytes per member of an archive that has links, else none.
 */
#ifndef IB_RECORD_TAR_LINKS_H
#define IB_RECORD_TAR_LINKS_H

#include "record/tar_archive.h"

struct ib_tar_links;
struct ib_tar_target; /* a plain file that a link points to */

/* How a link is resolved. All zero: the link is copied unchanged. */
struct ib_tar_resolution {
	const struct ib_tar_target *content; /* target whose bytes replace the link */
	uint64_t size;			     /* bytes of the target's content */
	struct ib_span target_key;	     /* else: key of the sample that decides on the link */
};

/*
 * Read all links of the tar. If `in` is a pipe, it cannot be read again:
 * ib_tar_links_resolve() then returns IB_E_DATA for a link whose path or target has
 * the form of a sample's member.
 */
enum ib_status ib_tar_links_read(struct ib_input *in, struct ib_tar_links **out,
				 struct ib_error *err);
void ib_tar_links_free(struct ib_tar_links *l);

/* Resolve `link`, member `number` of the archive, from 0. */
enum ib_status ib_tar_links_resolve(struct ib_tar_links *l, const struct ib_tar_member *link,
				    uint64_t number, struct ib_tar_resolution *resolution,
				    struct ib_error *err);

/* Hand the target to take, as a plain file with the link's path and time. */
enum ib_status ib_tar_links_pass_target(struct ib_tar_links *l, const struct ib_tar_target *target,
					struct ib_span path, int64_t mtime,
					ib_tar_piece_handler *take, void *ctx,
					struct ib_error *err);

#endif
