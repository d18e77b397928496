/*
 * WebDataset shards: a tar whose samples are runs of consecutive members with
 * the same key (record/tar_member.h). Kept samples are copied byte for byte.
 *
 * A link inside the sample of its own key is read as a plain file with its
 * target's bytes. Any other link belongs to no sample, and is dropped together
 * with the sample that its target belongs to.
 */
#ifndef IB_RECORD_TAR_H
#define IB_RECORD_TAR_H

#include "record/tar_archive.h"

struct ib_tar; /* an archive being read, with its links resolved */

/* Read the archive from the input's position on. Borrows `in`. options may be NULL. */
enum ib_status ib_tar_open(struct ib_input *in, const struct ib_tar_options *options,
			   struct ib_tar **out, struct ib_error *err);
void ib_tar_close(struct ib_tar *t);

/* Read the next member, as ib_tar_archive_next() does, and resolve it if it is a link. */
enum ib_status ib_tar_next(struct ib_tar *t, struct ib_tar_member *m, struct ib_error *err);

/* Hand all bytes of the current member to take. Once per member. */
enum ib_status ib_tar_pass_member(struct ib_tar *t, ib_tar_piece_handler *take, void *ctx,
				  struct ib_error *err);

#endif
