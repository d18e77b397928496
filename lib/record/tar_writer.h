/*
 * Write a tar so that every reader notices if the archive is truncated. Until ib_tar_writer_end()
 * is called, the bytes that were passed to the output end inside the content of a member. So if the
 * run fails or is killed, every tar reader reports an error. The only exception is an archive with
 * more than 1 MiB of consecutive empty members.
 */
#ifndef IB_RECORD_TAR_WRITER_H
#define IB_RECORD_TAR_WRITER_H

#include "io/output.h"
#include "record/tar_member.h"

struct ib_tar_writer;

enum ib_status ib_tar_writer_new(struct ib_output *out, struct ib_tar_writer **w,
				 struct ib_error *err);
void ib_tar_writer_free(struct ib_tar_writer *w);

/* Append a piece of a member. */
void ib_tar_writer_write(struct ib_tar_writer *w, const struct ib_tar_piece *piece);

/* Write the end of the archive: two blocks of zeros. */
void ib_tar_writer_end(struct ib_tar_writer *w);

/*
 * Make sure, after a failure, that the output ends inside a member, so that readers notice that the
 * archive is truncated. w may be NULL.
 */
void ib_tar_writer_spoil(struct ib_tar_writer *w);

/* A maker creates members of a tar: any number of them, one after the other. */
struct ib_tar_maker;

enum ib_status ib_tar_maker_new(struct ib_tar_maker **out, struct ib_error *err);
void ib_tar_maker_free(struct ib_tar_maker *m);

/*
 * Create a member: a plain file with mode 0644 and owner 0. Sets *piece to the bytes of the member,
 * which are valid until the next call.
 */
enum ib_status ib_tar_make(struct ib_tar_maker *m, struct ib_span path, int64_t mtime,
			   struct ib_span content, struct ib_tar_piece *piece,
			   struct ib_error *err);

#endif
