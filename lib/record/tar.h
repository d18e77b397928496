/*
 * WebDataset shards. A shard is a tar in which consecutive members with the same key
 * (record/tar_member.h) form a sample. Kept samples are copied byte for byte.
 *
 * If a link is inside a sample and has the key of this sample, the link is read as a plain file
 * with the bytes of its target. Any other link belongs to no sample. A link that belongs to no
 * sample is dropped if the sample of its target is dropped.
 */
#ifndef IB_RECORD_TAR_H
#define IB_RECORD_TAR_H

#include "record/tar_archive.h"

struct ib_tar; /* an archive being read, with its links resolved */

/*
 * Open the archive that begins at the input's current position. Borrows `in`. options may be
 * NULL.
 */
enum ib_status ib_tar_open(struct ib_input *in, const struct ib_tar_options *options,
			   struct ib_tar **out, struct ib_error *err);
void ib_tar_close(struct ib_tar *t);

/* Read the next member, like ib_tar_archive_next(). If the member is a link, resolve the link. */
enum ib_status ib_tar_next(struct ib_tar *t, struct ib_tar_member *m, struct ib_error *err);

/* Pass all bytes of the current member to `take`. Call this only once per member. */
enum ib_status ib_tar_pass_member(struct ib_tar *t, ib_tar_piece_handler *take, void *ctx,
				  struct ib_error *err);

#endif
