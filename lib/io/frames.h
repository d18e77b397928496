/*
 * Reading a log of zstd frames, each with a text of its own: what stands in
 * it, what was left unfinished, what is corrupt. It knows nothing of what the
 * texts mean, but for the few questions of struct ib_frame_kind.
 *
 * Between the frames there may be skippable ones, which are passed over. One
 * kind of them is the index, see ib_frame_index.
 */
#ifndef IB_IO_FRAMES_H
#define IB_IO_FRAMES_H

#include "infobatch.h"

#define IB_FRAME_NAME 80

struct ib_frame_kind {
	const char *what;   /* "an audit log" */
	const char *begins; /* how the text of every frame begins */
	/*
	 * Is a frame whole whose text ends so (its last 64 KiB, or all)? *mark
	 * is what the frame is known by.
	 */
	bool (*whole)(struct ib_span end, uint64_t *mark);
	/* What messages call the frame whose text begins so. */
	void (*name)(struct ib_span begin, char name[IB_FRAME_NAME]);
};

enum ib_frame_state {
	IB_FRAME_OPEN, /* there is more of its text */
	IB_FRAME_DONE, /* it ended where it should */
	IB_FRAME_CUT   /* the file ends in it: a writer was killed */
};

struct ib_frames;

/* path "-" is standard input. The file as it is long now. */
enum ib_status ib_frames_open(const char *path,
			      const struct ib_frame_kind *kind,
			      struct ib_frames **out, struct ib_error *err);
/* The same on a descriptor, which stays the caller's. */
enum ib_status ib_frames_attach(int fd, const char *path,
				const struct ib_frame_kind *kind,
				struct ib_frames **out, struct ib_error *err);
void ib_frames_close(struct ib_frames *f); /* NULL is fine */
const char *ib_frames_name(const struct ib_frames *f); /* the path, for messages */

/*
 * Go to the next frame; what is left of the current one's text is read over.
 * IB_EOF at the end. IB_E_DATA, naming the frame, where something is corrupt:
 * a frame that does not decode, one that is cut with others behind it, bytes
 * that are no frame, a text that begins otherwise.
 */
enum ib_status ib_frames_next(struct ib_frames *f, struct ib_error *err);

/* Read up to cap bytes of its text; *n < cap at its end. IB_E_DATA as above. */
enum ib_status ib_frames_read(struct ib_frames *f, char *buf, size_t cap,
			      size_t *n, struct ib_error *err);

/* Go back to a frame that began at `start`: ib_frames_next finds it next. */
void ib_frames_seek(struct ib_frames *f, uint64_t start, uint64_t number);

/* Of the current frame. */
enum ib_frame_state ib_frames_state(const struct ib_frames *f);
uint64_t ib_frames_start(const struct ib_frames *f); /* offset in the file */
uint64_t ib_frames_number(const struct ib_frames *f); /* from 1 */

/* Bytes of the file read so far. */
uint64_t ib_frames_position(const struct ib_frames *f);

/* Bytes of the file. */
uint64_t ib_frames_size(const struct ib_frames *f);

/*
 * After IB_EOF: where the last frame, skippable ones included, ended that was
 * whole in form. What is behind is a rest that a killed writer left.
 */
uint64_t ib_frames_sound(const struct ib_frames *f);

/*
 * The index: a skippable frame of 56 bytes behind a frame that was appended.
 * It says how long the file was before it, how long the frame is, and the
 * frame's mark; so the next append need read nothing else.
 */
#define IB_FRAME_INDEX_BYTES 56
struct ib_frame_index {
	uint64_t size;  /* of the file up to the index */
	uint64_t frame; /* length of the frame right before it */
	uint64_t mark;
};
void ib_frame_index_put(char out[IB_FRAME_INDEX_BYTES],
			const struct ib_frame_index *index);
bool ib_frame_index_get(const char bytes[IB_FRAME_INDEX_BYTES],
			struct ib_frame_index *index);

#endif
