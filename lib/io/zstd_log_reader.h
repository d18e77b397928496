/*
 * Reading a log of zstd frames whose texts are lines: runs that were finished,
 * runs that were not, and what is corrupt. What the lines mean is known to
 * struct ib_zstd_log_kind alone.
 *
 * Skippable frames between the others are passed over. One kind of them is the
 * index, see ib_zstd_log_index.
 */
#ifndef IB_IO_ZSTD_LOG_READER_H
#define IB_IO_ZSTD_LOG_READER_H

#include "infobatch.h"

#define IB_ZSTD_LOG_NAME 80

enum ib_zstd_log_line {
	IB_LOG_LINE_OTHER,
	IB_LOG_LINE_BLANK,
	IB_LOG_LINE_HEAD, /* a run begins */
	IB_LOG_LINE_TAIL  /* it ends: it did finish */
};

struct ib_zstd_log_kind {
	const char *what;   /* "an audit log" */
	const char *begins; /* how the text of every frame begins */
	/*
	 * What is this line (without its end; of a very long one the first 64
	 * KiB)? Of a tail *mark is what the run is known by. IB_E_DATA, with a
	 * sentence that names no file: it is of a later version or invalid.
	 */
	enum ib_status (*line)(struct ib_span line, enum ib_zstd_log_line *what, uint64_t *mark,
			       struct ib_error *err);
	/* What messages call the frame whose text begins so. */
	void (*name)(struct ib_span begin, char name[IB_ZSTD_LOG_NAME]);
};

enum ib_frame_state {
	IB_FRAME_OPEN, /* there is more of its text */
	IB_FRAME_DONE, /* it ended where it should */
	IB_FRAME_CUT   /* the file ends in it: a writer was killed */
};

struct ib_zstd_log_reader;

/* path "-" is standard input. The file as it is long now. */
enum ib_status ib_zstd_log_reader_open(const char *path, const struct ib_zstd_log_kind *kind,
				       struct ib_zstd_log_reader **out, struct ib_error *err);
/* The same on a descriptor, which stays the caller's. */
enum ib_status ib_zstd_log_reader_attach(int fd, const char *path,
					 const struct ib_zstd_log_kind *kind,
					 struct ib_zstd_log_reader **out, struct ib_error *err);
void ib_zstd_log_reader_close(struct ib_zstd_log_reader *f); /* NULL is fine */
/* The path, for messages. */
const char *ib_zstd_log_reader_name(const struct ib_zstd_log_reader *f);

/*
 * Go to the next frame; what is left of the current one's text is read over.
 * IB_EOF at the end. IB_E_DATA, naming the frame, where something is corrupt:
 * a frame that does not decode, one that is cut with others behind it, bytes
 * that are no frame, a text that begins otherwise.
 */
enum ib_status ib_zstd_log_reader_next(struct ib_zstd_log_reader *f, struct ib_error *err);

/* Read up to cap bytes of its text; *n < cap at its end. IB_E_DATA as above. */
enum ib_status ib_zstd_log_reader_read(struct ib_zstd_log_reader *f, char *buf, size_t cap,
				       size_t *n, struct ib_error *err);

/* Go back to a frame that began at `start`: ib_zstd_log_reader_next finds it
 * next. */
void ib_zstd_log_reader_seek(struct ib_zstd_log_reader *f, uint64_t start, uint64_t number);

/* Of the current frame. */
enum ib_frame_state ib_zstd_log_reader_state(const struct ib_zstd_log_reader *f);
uint64_t ib_zstd_log_reader_start(const struct ib_zstd_log_reader *f);	/* offset in the file */
uint64_t ib_zstd_log_reader_number(const struct ib_zstd_log_reader *f); /* from 1 */

/*
 * Of a frame that is cut: how many bytes the decoder asked for last. The file
 * ends within them.
 */
size_t ib_zstd_log_reader_asked(const struct ib_zstd_log_reader *f);

/* Bytes of the file read so far. */
uint64_t ib_zstd_log_reader_position(const struct ib_zstd_log_reader *f);

/* Bytes of the file. */
uint64_t ib_zstd_log_reader_size(const struct ib_zstd_log_reader *f);

/*
 * After IB_EOF: where the last frame, skippable ones included, ended that was
 * whole in form. What is behind is a rest that a killed writer left.
 */
uint64_t ib_zstd_log_reader_sound(const struct ib_zstd_log_reader *f);

/*
 * The index: a skippable frame of 56 bytes behind a frame that was appended.
 * It says how long the file was before it, how long the frame is, and the
 * frame's mark; so the next append need read nothing else.
 */
#define IB_ZSTD_LOG_INDEX_BYTES 56
struct ib_zstd_log_index {
	uint64_t size;	/* of the file up to the index */
	uint64_t frame; /* length of the frame right before it */
	uint64_t mark;
};
void ib_zstd_log_index_put(char out[IB_ZSTD_LOG_INDEX_BYTES],
			   const struct ib_zstd_log_index *index);
bool ib_zstd_log_index_get(const char bytes[IB_ZSTD_LOG_INDEX_BYTES],
			   struct ib_zstd_log_index *index);

#endif
