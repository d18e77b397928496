/*
 * Read the members of a tar in order, including links. libarchive finds the members. All bytes of
 * a member, including headers and padding, are passed on unchanged. If an input contains several
 * archives, they are read as one archive.
 */
#ifndef IB_RECORD_TAR_ARCHIVE_H
#define IB_RECORD_TAR_ARCHIVE_H

#include "io/input.h"
#include "record/tar_member.h"

struct ib_tar_archive;

struct ib_tar_options {
	const struct ib_context *context; /* receiver of warnings; may be NULL */
	/* Called with all bytes that are read, up to the end of the input. May be NULL. */
	void (*feed)(void *ctx, const void *p, size_t n);
	void *feed_ctx;
};

/*
 * Open the archive that begins at the input's current position. Borrows `in`. options may be
 * NULL.
 */
enum ib_status ib_tar_archive_open(struct ib_input *in, const struct ib_tar_options *options,
				   struct ib_tar_archive **out, struct ib_error *err);
void ib_tar_archive_close(struct ib_tar_archive *t);

/*
 * Skip the rest of the previous member, and read the header of the next member. The spans in m
 * are valid until the next call. Returns IB_EOF after the last member; the input has then been
 * read to its end. Returns IB_E_DATA if the archive is damaged or truncated. The key of a link is
 * the key of the link's own path.
 */
enum ib_status ib_tar_archive_next(struct ib_tar_archive *t, struct ib_tar_member *m,
				   struct ib_error *err);

/*
 * Pass all bytes of the current member to `take`, or skip them if take is NULL. Call this only
 * once per member.
 */
enum ib_status ib_tar_archive_pass_member(struct ib_tar_archive *t, ib_tar_piece_handler *take,
					  void *ctx, struct ib_error *err);

#endif
