/*
 * Resolve the links of a tar. If a link is inside a sample and has the key of this sample, the
 * link gets the bytes of its target as content. Any other link is kept or dropped together with
 * the sample to which its target belongs.
 *
 * A target may be anywhere in the archive. So at the first link, the input is read again from its
 * start to find all targets. If links need the keys or the contents of targets, the input is read
 * once more. The contents are kept in memory or in a temporary file. If an archive has links,
 * about 80 bytes of memory are needed per member of the archive.
 */
#ifndef IB_RECORD_TAR_LINKS_H
#define IB_RECORD_TAR_LINKS_H

#include "record/tar_archive.h"

struct ib_tar_links;
struct ib_tar_target; /* a plain file or a link in the archive */

/* What to do with a link. If all fields are 0, the link is copied unchanged. */
struct ib_tar_resolution {
	const struct ib_tar_target *content; /* target whose bytes replace the link */
	uint64_t size;			     /* length of the target's content in bytes */
	/* If content is NULL: key of the sample with which the link is kept or dropped. */
	struct ib_span target_key;
};

/*
 * Read all links of the tar. Links cannot be read if `in` is a pipe, because a pipe cannot be read
 * twice. ib_tar_links_resolve() then returns IB_E_DATA for a link if its path or target could
 * belong to a sample.
 */
enum ib_status ib_tar_links_read(struct ib_input *in, struct ib_tar_links **out,
				 struct ib_error *err);
void ib_tar_links_free(struct ib_tar_links *l);

/* Resolve `link`, which is member `number` of the archive, counted from 0. */
enum ib_status ib_tar_links_resolve(struct ib_tar_links *l, const struct ib_tar_member *link,
				    uint64_t number, struct ib_tar_resolution *resolution,
				    struct ib_error *err);

/* Pass the target to `take` as a plain file that has the link's path and time. */
enum ib_status ib_tar_links_pass_target(struct ib_tar_links *l, const struct ib_tar_target *target,
					struct ib_span path, int64_t mtime,
					ib_tar_piece_handler *take, void *ctx,
					struct ib_error *err);

#endif
