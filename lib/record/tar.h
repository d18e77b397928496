/*
 * WebDataset shards: a tar whose samples are runs of consecutive members of
 * one key. libarchive reads the archive's structure and makes new members;
 * the bytes of members are passed as they stand, headers and padding too, so
 * that what is kept is what was there.
 *
 *   sample   key = path up to the first dot of its last component
 *   of none  what is no plain file; a last component without a dot, or that
 *            begins with one; a path that begins with a component __...__
 *
 * Archives may follow each other in one input: they are read as one. A link
 * among the members of its own sample is a plain file with its target's bytes;
 * any other belongs to no sample, but must not outlive its target.
 */
#ifndef IB_RECORD_TAR_H
#define IB_RECORD_TAR_H

#include "base/bytes.h"
#include "io/input.h"
#include "io/output.h"

/* ---- members ------------------------------------------------------------ */

struct ib_tar; /* an archive being read */

struct ib_tar_member {
	struct ib_span path; /* as it stands in the archive; never a path here */
	struct ib_span key;  /* p NULL: it belongs to no sample */
	bool weight;	     /* it is <key>.weight.json */
	bool file;	     /* a plain file with content of its own */
	bool symbolic;	     /* the link is symbolic, not hard */
	struct ib_span link; /* p NULL: it is no link; else the target's path */
	struct ib_span with; /* the key of the sample that its target is of */
	int64_t mtime;	     /* whole seconds */
	uint64_t size;	     /* of its content, bytes */
};

/* Bytes of a member, in order. */
struct ib_tar_piece {
	const char *p;
	size_t n;
	size_t from, to; /* p[from..to) is of its content */
};
typedef void ib_tar_take(void *ctx, const struct ib_tar_piece *piece);

struct ib_tar_options {
	const struct ib_context *context; /* for warnings, or NULL */
	/* NULL, or gets all bytes that are read, to the input's end. */
	void (*feed)(void *ctx, const void *p, size_t n);
	void *feed_ctx;
	bool links_as_they_are; /* links have keys; their targets don't matter */
};

/* Read the archive from the input's place on (borrowed). options may be NULL. */
enum ib_status ib_tar_open(struct ib_input *in, const struct ib_tar_options *options,
			   struct ib_tar **out, struct ib_error *err);
void ib_tar_close(struct ib_tar *t);

/*
 * The next member; what is left of the one before is passed over. Its spans
 * are valid until the next call. IB_EOF: behind the last, with the input read
 * to its end. A damaged or cut archive is IB_E_DATA.
 */
enum ib_status ib_tar_next(struct ib_tar *t, struct ib_tar_member *m, struct ib_error *err);

/* All bytes of the current member, to take. Once a member. */
enum ib_status ib_tar_pass(struct ib_tar *t, ib_tar_take *take, void *ctx, struct ib_error *err);

/*
 * Read the number that a weight member's content is (JSON, blanks around it
 * are free); null is 1. False: it is none.
 */
bool ib_tar_weight(struct ib_span content, double *weight);

/* Find key and weight from the path of a plain file. */
void ib_tar_find_key(struct ib_tar_member *m);

/* ---- samples, for those who do not need their bytes --------------------- */

struct ib_tar_samples;

struct ib_tar_sample {
	struct ib_span id;	  /* the key, or NAME/key */
	uint64_t number;	  /* of the sample in its archive, from 1 */
	bool weighted;		  /* it carries a weight: */
	struct ib_span weight;	  /* the text of that member */
	unsigned char digest[16]; /* of the other members: names and content */
};

/* shard: NULL, or NAME of -k @shard (copied). context: for warnings, or NULL. */
enum ib_status ib_tar_samples_open(struct ib_input *in, const struct ib_span *shard,
				   const struct ib_context *context, struct ib_tar_samples **out,
				   struct ib_error *err);
void ib_tar_samples_close(struct ib_tar_samples *s);

/* The next sample, valid until the next call; IB_EOF behind the last. */
enum ib_status ib_tar_samples_next(struct ib_tar_samples *s, struct ib_tar_sample *sample,
				   struct ib_error *err);

/* ---- writing ------------------------------------------------------------ */

/*
 * A tar being written. What has been handed to the output at any moment ends
 * inside a member's content, until ib_tar_writer_end(): a run that fails, or
 * is killed, leaves what every reader notices.
 */
struct ib_tar_writer;

enum ib_status ib_tar_writer_new(struct ib_output *out, struct ib_tar_writer **w,
				 struct ib_error *err);
void ib_tar_writer_free(struct ib_tar_writer *w);

void ib_tar_writer_put(struct ib_tar_writer *w, const struct ib_tar_piece *piece);

/* The two blocks of zeros. */
void ib_tar_writer_end(struct ib_tar_writer *w);

/* The run failed: see to it that the output ends inside a member. */
void ib_tar_writer_spoil(struct ib_tar_writer *w);

/* Makes members: one for many. */
struct ib_tar_maker;

enum ib_status ib_tar_maker_new(struct ib_tar_maker **out, struct ib_error *err);
void ib_tar_maker_free(struct ib_tar_maker *m);

/*
 * A plain file of mode 0644, owned by nobody in particular: its bytes, valid
 * until the next call.
 */
enum ib_status ib_tar_make(struct ib_tar_maker *m, struct ib_span path, int64_t mtime,
			   struct ib_span content, struct ib_tar_piece *piece,
			   struct ib_error *err);

#endif
