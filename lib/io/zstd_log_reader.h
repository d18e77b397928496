/*
 * Read a log of zstd frames that contain lines of text, such as the audit log. The reader
 * distinguishes complete, truncated and corrupt frames. The functions in struct ib_zstd_log_kind
 * interpret the lines.
 *
 * Skippable frames are ignored. One kind of skippable frame is the index (io/zstd_log_index.h).
 */
#ifndef IB_IO_ZSTD_LOG_READER_H
#define IB_IO_ZSTD_LOG_READER_H

#include "infobatch_run.h"

#define IB_ZSTD_LOG_NAME 80

enum ib_zstd_log_line {
	IB_LOG_LINE_OTHER,
	IB_LOG_LINE_BLANK,
	IB_LOG_LINE_HEADER, /* header line: a run begins */
	IB_LOG_LINE_FOOTER  /* footer line: the run is finished */
};

struct ib_zstd_log_kind {
	const char *what;   /* what the log is, with "a" or "an": "an audit log" */
	const char *begins; /* the first bytes of the text of every frame */
	/*
	 * Classify a line, which is passed without its newline. If the line is longer than 64
	 * KiB, only the first 64 KiB are passed. For a footer, sets *run_checksum to the checksum
	 * of the run. Returns IB_E_DATA, with a message that does not name the file, if the line
	 * is invalid or has a format version that this library does not know.
	 */
	enum ib_status (*line)(struct ib_span line, enum ib_zstd_log_line *what,
			       uint64_t *run_checksum, struct ib_error *err);
	/*
	 * Guess the format of a file that is not a log of this kind. `head` holds the first bytes
	 * of the file. Returns what the file is, such as "a Parquet file", or NULL if the format
	 * is not known.
	 */
	const char *(*identify)(struct ib_span head, const char *path);
	/* Write the name of a frame for messages. The text of the frame begins with `begin`. */
	void (*name)(struct ib_span begin, char name[IB_ZSTD_LOG_NAME]);
};

enum ib_frame_state {
	IB_FRAME_OPEN,	   /* the frame has more text */
	IB_FRAME_DONE,	   /* the frame is complete */
	IB_FRAME_TRUNCATED /* the file ends inside the frame: its writer was killed */
};

struct ib_zstd_log_reader;

/* Open a log. Path "-" is standard input. Data that is appended later is not read. */
enum ib_status ib_zstd_log_reader_open(const char *path, const struct ib_zstd_log_kind *kind,
				       struct ib_zstd_log_reader **out, struct ib_error *err);
/* Open a log on a descriptor, which the caller closes. */
enum ib_status ib_zstd_log_reader_attach(int fd, const char *path,
					 const struct ib_zstd_log_kind *kind,
					 struct ib_zstd_log_reader **out, struct ib_error *err);
void ib_zstd_log_reader_close(struct ib_zstd_log_reader *f); /* NULL is allowed */
/* Return the path, for messages. */
const char *ib_zstd_log_reader_name(const struct ib_zstd_log_reader *f);

/*
 * Skip the rest of the current frame, and go to the next frame. Returns IB_EOF at the end of the
 * log. Returns IB_E_DATA if a frame is corrupt: it cannot be decoded, it is truncated but
 * followed by more data, it is not a zstd frame, or its text does not begin with kind->begins.
 */
enum ib_status ib_zstd_log_reader_next(struct ib_zstd_log_reader *f, struct ib_error *err);

/*
 * Read up to cap bytes of the frame's text. *n < cap only at the end of the text. Returns the
 * same errors as ib_zstd_log_reader_next().
 */
enum ib_status ib_zstd_log_reader_read(struct ib_zstd_log_reader *f, char *buf, size_t cap,
				       size_t *n, struct ib_error *err);

/*
 * Continue reading at offset `start`: the next call of ib_zstd_log_reader_next() reads the frame at
 * this offset. `number` is the number of this frame.
 */
void ib_zstd_log_reader_seek(struct ib_zstd_log_reader *f, uint64_t start, uint64_t number);

/* Return the state of the current frame. */
enum ib_frame_state ib_zstd_log_reader_state(const struct ib_zstd_log_reader *f);
/* Return the file offset of the current frame. */
uint64_t ib_zstd_log_reader_start(const struct ib_zstd_log_reader *f);
/* Return the number of the current frame, from 1. */
uint64_t ib_zstd_log_reader_number(const struct ib_zstd_log_reader *f);

/*
 * For a truncated frame, return the number of bytes that the decoder requested last. The file ends
 * within these bytes.
 */
size_t ib_zstd_log_reader_requested(const struct ib_zstd_log_reader *f);

/* Return the number of bytes of the file that were read so far. */
uint64_t ib_zstd_log_reader_position(const struct ib_zstd_log_reader *f);

/* Return the time of the last modification, in seconds since 1970, or -1 if the log is a pipe. */
int64_t ib_zstd_log_reader_modified(const struct ib_zstd_log_reader *f);

/* Return the size of the file. */
uint64_t ib_zstd_log_reader_size(const struct ib_zstd_log_reader *f);

/*
 * After IB_EOF, return the end of the last complete frame (zstd or skippable). The bytes after
 * this offset were left by a killed writer.
 */
uint64_t ib_zstd_log_reader_valid_end(const struct ib_zstd_log_reader *f);

#endif
