/*
 * The members of a tar, one after the other, links included. libarchive finds
 * the members. Their bytes, headers and padding included, are handed on
 * unchanged. Archives that follow each other in one input are read as one.
 */
#ifndef IB_RECORD_TAR_ARCHIVE_H
#define IB_RECORD_TAR_ARCHIVE_H

#include "io/input.h"
#include "record/tar_member.h"

struct ib_tar_archive;

struct ib_tar_options {
	const struct ib_context *context; /* for warnings; may be NULL */
	/* Called with all bytes that are read, up to the input's end; may be NULL. */
	void (*feed)(void *ctx, const void *p, size_t n);
	void *feed_ctx;
};

/* Read the archive from the input's position on. Borrows `in`. options may be NULL. */
enum ib_status ib_tar_archive_open(struct ib_input *in, const struct ib_tar_options *options,
				   struct ib_tar_archive **out, struct ib_error *err);
void ib_tar_archive_close(struct ib_tar_archive *t);

/*
 * Read the next member's header, after skipping what is left of the member
 * before. The spans of m are valid until the next call. Returns IB_EOF after the
 * last member, when the input has been read to its end, and IB_E_DATA if the
 * archive is damaged or truncated. A link has the key of its own path.
 */
enum ib_status ib_tar_archive_next(struct ib_tar_archive *t, struct ib_tar_member *m,
				   struct ib_error *err);

/* Hand all bytes of the current member to take (NULL: skip them). Once per member. */
enum ib_status ib_tar_archive_pass_member(struct ib_tar_archive *t, ib_tar_piece_handler *take,
					  void *ctx, struct ib_error *err);

#endif
