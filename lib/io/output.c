/* Write outputs to temporary files, and commit several outputs together (io/output.h). */
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "io/descriptor.h"
#include "io/files.h"
#include "io/folder.h"
#include "io/compressor.h"
#include "io/temp_file.h"

#define GATHER ((size_t)256 << 10) /* smaller writes are buffered */
#define PIECE ((size_t)1 << 20)	   /* number of bytes that are hashed and written at a time */

struct ib_output {
	char *name;		   /* name for messages */
	char *target;		   /* the file to replace; NULL if the output is written directly */
	struct ib_temp_file *temp; /* NULL before it is created, and once renamed or removed */
	int fd;
	bool standard; /* true if fd is standard output */
	bool existed;  /* true if the target existed when the output was opened */
	bool finished; /* true if all steps of the commit except the rename are done */
	unsigned flags;
	struct ib_compressor *compressor;
	char *buf; /* buffer of GATHER bytes; n are used */
	size_t n;
	XXH3_state_t *digest, *scratch; /* scratch is a copy for ib_output_digest() */
	struct ib_error failed;		/* first error; its code is IB_OK if there is none */
};

/* ---- opening ------------------------------------------------------------ */

static enum ib_status
cannot_create(const struct ib_output *o, struct ib_error *err)
{
	return ib_fail_errno(err, IB_E_CREATE, o->name, "create");
}

/*
 * Report that the rename failed. One possible cause is a bind-mounted file, which cannot be
 * replaced.
 */
static enum ib_status
cannot_replace(const struct ib_output *o, struct ib_error *err)
{
	if (errno == EBUSY)
		return ib_fail(err, IB_E_CREATE,
			       "%s: cannot create: it is a mount point, which cannot be replaced; "
			       "instead redirect standard output: > %s",
			       o->name, o->name);
	return cannot_create(o, err);
}

/* Open a FIFO or a device, which is written directly and not replaced. */
static enum ib_status
open_directly(struct ib_output *o, struct ib_error *err)
{
	o->fd = ib_fd_open(o->name, O_WRONLY, 0);
	return o->fd < 0 ? cannot_create(o, err) : IB_OK;
}

/* Write to an open descriptor, such as that of /dev/stdout, at its current position. */
static enum ib_status
open_descriptor(struct ib_output *o, int fd, struct ib_error *err)
{
	o->fd = ib_fd_duplicate(fd);
	return o->fd < 0 ? cannot_create(o, err) : IB_OK;
}

static enum ib_status
open_temporary(struct ib_output *o, const struct stat *old, struct ib_error *err)
{
	o->target = ib_links_follow(o->name);
	if (!o->target)
		return cannot_create(o, err);
	o->fd = ib_temp_file_create(o->target, &o->temp);
	if (o->fd < 0)
		return cannot_create(o, err);
	if (!old)
		return IB_OK;
	o->existed = true;
	/* Keep the owner and the mode of the old file, if this process is allowed to set them. */
	if (fchown(o->fd, old->st_uid, old->st_gid) != 0)
		errno = 0;
	if (fchmod(o->fd, old->st_mode & 0777) != 0)
		errno = 0;
	return IB_OK;
}

static enum ib_status
open_path(struct ib_output *o, struct ib_error *err)
{
	int fd = ib_fd_of_path(o->name);
	struct stat sb;
	size_t n = strlen(o->name);

	if (fd >= 0)
		return open_descriptor(o, fd, err);
	if (n == 0 || o->name[n - 1] == '/') {
		errno = n == 0 ? ENOENT : EISDIR;
		return cannot_create(o, err);
	}
	if (stat(o->name, &sb) != 0)
		return errno == ENOENT ? open_temporary(o, NULL, err) : cannot_create(o, err);
	if (S_ISDIR(sb.st_mode))
		return ib_fail(err, IB_E_CREATE, "%s: is a directory", o->name);
	return S_ISREG(sb.st_mode) ? open_temporary(o, &sb, err) : open_directly(o, err);
}

static enum ib_status
open_standard(struct ib_output *o)
{
	o->fd = STDOUT_FILENO;
	o->standard = true;
	return IB_OK;
}

static enum ib_status
compression_of(const char *path, enum ib_codec *codec, struct ib_error *err)
{
	*codec = ib_codec_of_name(ib_span_of(path));
	if (*codec > IB_CODEC_GZIP)
		return ib_fail(err, IB_E_MISUSE, "%s: cannot write %s files: use .zst or .gz", path,
			       ib_codec_suffix(*codec));
	return IB_OK;
}

static bool
start_digest(struct ib_output *o)
{
	if (!(o->flags & IB_OUTPUT_DIGEST))
		return true;
	o->digest = XXH3_createState();
	o->scratch = XXH3_createState();
	if (!o->digest || !o->scratch)
		return false;
	XXH3_128bits_reset(o->digest);
	return true;
}

enum ib_status
ib_output_open(const char *path, unsigned flags, struct ib_output **out, struct ib_error *err)
{
	bool standard = !path || strcmp(path, "-") == 0;
	enum ib_codec codec = IB_CODEC_NONE;
	struct ib_output *o;
	enum ib_status st;

	st = standard ? IB_OK : compression_of(path, &codec, err);
	if (st)
		return st;
	o = calloc(1, sizeof(*o));
	if (!o)
		return ib_fail_memory(err);
	o->fd = -1;
	o->flags = flags;
	o->name = ib_span_dup(ib_span_of(standard ? "standard output" : path));
	o->buf = malloc(GATHER);
	if (!o->name || !o->buf || !start_digest(o)) {
		st = ib_fail_memory(err);
		goto done;
	}
	st = standard ? open_standard(o) : open_path(o, err);
	if (!st)
		st = ib_compressor_new(o->name, o->fd, o->temp != NULL, codec, &o->compressor, err);
	if (st)
		goto done;
	*out = o;
	o = NULL;
done:
	ib_output_discard(&o);
	return st;
}

/* ---- writing ------------------------------------------------------------ */

static void
write_through(struct ib_output *o, const char *p, size_t n)
{
	size_t piece;

	for (; n > 0 && o->failed.code == IB_OK; p += piece, n -= piece) {
		piece = n < PIECE ? n : PIECE;
		if (o->digest)
			ib_hash128_update(o->digest, p, piece);
		o->failed.code = ib_compressor_write(o->compressor, p, piece, &o->failed);
	}
}

static void
flush_buffer(struct ib_output *o)
{
	size_t n = o->n;

	o->n = 0;
	write_through(o, o->buf, n);
}

void
ib_output_write(struct ib_output *o, const void *p, size_t n)
{
	if (n == 0)
		return;
	if (n > GATHER - o->n) {
		flush_buffer(o);
		if (n >= GATHER) {
			write_through(o, p, n);
			return;
		}
	}
	memcpy(o->buf + o->n, p, n);
	o->n += n;
}

void
ib_output_write_bytes(struct ib_output *o, struct ib_bytes *b)
{
	if (b->failed && o->failed.code == IB_OK)
		o->failed.code = ib_fail_memory(&o->failed);
	ib_output_write(o, b->p, b->n);
	b->n = 0;
}

enum ib_status
ib_output_status(struct ib_output *o, struct ib_error *err)
{
	if (o->failed.code != IB_OK && err)
		*err = o->failed;
	return o->failed.code;
}

enum ib_status
ib_output_write_last(struct ib_output *o, struct ib_bytes *b, struct ib_error *err)
{
	ib_output_write_bytes(o, b);
	ib_bytes_release(b);
	return ib_output_status(o, err);
}

enum ib_status
ib_output_flush(struct ib_output *o, struct ib_error *err)
{
	/* Do not flush the compressor, because its output must not depend on flushes. */
	flush_buffer(o);
	return ib_output_status(o, err);
}

void
ib_output_digest(const struct ib_output *o, char digest[33])
{
	if (!o->digest) {
		ib_hex_xxh128(digest, XXH3_128bits("", 0));
		return;
	}
	XXH3_copyState(o->scratch, o->digest);
	if (o->n > 0)
		ib_hash128_update(o->scratch, o->buf, o->n);
	ib_hex_xxh128(digest, XXH3_128bits_digest(o->scratch));
}

/* ---- committing ------------------------------------------------------------ */

void
ib_output_discard(struct ib_output **out)
{
	struct ib_output *o = *out;

	*out = NULL;
	if (!o)
		return;
	ib_compressor_free(o->compressor);
	if (o->temp)
		ib_temp_file_remove(o->temp);
	else if (!o->standard)
		ib_fd_close(o->fd);
	XXH3_freeState(o->digest);
	XXH3_freeState(o->scratch);
	free(o->buf);
	free(o->target);
	free(o->name);
	free(o);
}

static enum ib_status
write_failed(const struct ib_output *o, struct ib_error *err)
{
	return ib_fail_errno(err, errno == EPIPE ? IB_E_PIPE : IB_E_IO, o->name, "write");
}

/* True if the temporary file has the same contents as the target. */
static bool
has_same_contents(const struct ib_output *o)
{
	int fd = ib_fd_open(o->target, O_RDONLY | O_NONBLOCK, 0);
	char *a = malloc(PIECE), *b = malloc(PIECE);
	struct stat old, new;
	bool same = fd >= 0 && a && b && fstat(fd, &old) == 0 && fstat(o->fd, &new) == 0 &&
		    S_ISREG(old.st_mode) && old.st_size == new.st_size;
	off_t at = 0;
	ssize_t n = 1;

	while (same && n > 0) {
		n = ib_fd_pread(fd, a, PIECE, at);
		same = n >= 0 && ib_fd_pread(o->fd, b, PIECE, at) == n &&
		       memcmp(a, b, (size_t)n) == 0;
		at += n;
	}
	ib_fd_close(fd);
	free(a);
	free(b);
	return same;
}

/*
 * Close the descriptor. On a network file system, close(2) may report that earlier writes failed.
 */
static enum ib_status
close_direct(struct ib_output *o, struct ib_error *err)
{
	int fd = o->standard ? dup(o->fd) : o->fd;

	o->fd = -1;
	if (fd < 0 || ib_fd_close(fd) != 0)
		return write_failed(o, err);
	return IB_OK;
}

/* Give the temporary file its name, and close it. Call this function in a critical section. */
static enum ib_status
close_temp(struct ib_output *o, struct ib_error *err)
{
	if (!ib_temp_file_link(o->temp))
		return cannot_create(o, err);
	o->fd = -1;
	return ib_temp_file_close(o->temp) == 0 ? IB_OK : write_failed(o, err);
}

/*
 * Close the temporary file if more than half of the process's descriptors are in use. Otherwise
 * keep it open, so that it needs no name yet or, if it has a name, stays locked.
 */
static enum ib_status
close_early(struct ib_output *o, struct ib_error *err)
{
	long limit = sysconf(_SC_OPEN_MAX);
	enum ib_status st;
	sigset_t old;

	if (limit < 0 || o->fd < limit / 2)
		return IB_OK;
	if (!ib_temp_file_begin_critical(&old))
		return ib_fail(err, IB_E_IO, "cannot write: interrupted by a signal");
	st = close_temp(o, err);
	ib_temp_file_end_critical(&old);
	return st;
}

enum ib_status
ib_output_finish(struct ib_output *o, struct ib_error *err)
{
	if (o->finished)
		return ib_output_status(o, err);
	flush_buffer(o);
	if (o->failed.code == IB_OK)
		o->failed.code = ib_compressor_finish(o->compressor, &o->failed);
	if (o->failed.code != IB_OK)
		return ib_output_status(o, err);
	o->finished = true;
	ib_compressor_free(o->compressor);
	o->compressor = NULL;
	free(o->buf);
	o->buf = NULL;
	if (o->temp && (o->flags & IB_OUTPUT_IF_CHANGED) && o->existed && has_same_contents(o)) {
		ib_temp_file_remove(o->temp);
		o->temp = NULL;
		o->fd = -1;
		return IB_OK;
	}
	if (o->temp && !ib_fd_sync(o->fd))
		o->failed.code = write_failed(o, &o->failed);
	if (o->failed.code == IB_OK)
		o->failed.code = o->temp ? close_early(o, &o->failed) : close_direct(o, &o->failed);
	return ib_output_status(o, err);
}

static bool
same_folder(const char *a, const char *b)
{
	const char *x = strrchr(a, '/'), *y = strrchr(b, '/');

	if (!x || !y)
		return !x && !y;
	return x - a == y - b && memcmp(a, b, (size_t)(x - a)) == 0;
}

/* Rename one temporary file to its target. Returns false with errno. */
static bool
rename_output(struct ib_output *o)
{
	if (!o->temp)
		return true;
	if (ib_temp_file_rename(o->temp, o->target) != 0)
		return false;
	o->temp = NULL;
	return true;
}

/* Sync the folders of the outputs. If adjacent outputs have the same folder, sync it once. */
static void
sync_folders(struct ib_output **outs, size_t n)
{
	const char *last = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!outs[i] || !outs[i]->target || (last && same_folder(last, outs[i]->target)))
			continue;
		last = outs[i]->target;
		ib_folder_sync(last);
	}
}

/* Rename all temporary files. The last one is renamed only after the other renames are durable. */
static enum ib_status
rename_all(struct ib_output **outs, size_t n, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < n && !st; i++) {
		if (i > 0 && i == n - 1)
			sync_folders(outs, i);
		if (outs[i] && !rename_output(outs[i]))
			st = cannot_replace(outs[i], err);
	}
	if (!st) {
		sync_folders(outs + n - 1, 1);
		return IB_OK;
	}
	/* After a failed rename, remove the targets that did not exist before. */
	while (i-- > 0)
		if (outs[i] && outs[i]->target && !outs[i]->temp && !outs[i]->existed)
			unlink(outs[i]->target);
	return st;
}

/* Name and close all temporary files, so that only the renames remain to be done. */
static enum ib_status
close_all(struct ib_output **outs, size_t n, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < n && !st; i++)
		if (outs[i] && outs[i]->temp && outs[i]->fd >= 0)
			st = close_temp(outs[i], err);
	return st;
}

/* Do the steps of a commit that no signal may interrupt. */
static enum ib_status
commit_atomically(struct ib_output **outs, size_t n, const struct ib_output_also *also,
		  struct ib_error *err)
{
	enum ib_status st;
	sigset_t old;

	if (!ib_temp_file_begin_critical(&old))
		return ib_fail(err, IB_E_IO, "cannot write: interrupted by a signal");
	st = close_all(outs, n, err);
	if (!st && also)
		st = also->append(also->ctx, err);
	if (!st && n > 0) {
		st = rename_all(outs, n, err);
		if (st && also)
			also->undo(also->ctx);
	}
	ib_temp_file_end_critical(&old);
	return st;
}

enum ib_status
ib_outputs_commit(struct ib_output **outs, size_t n, const struct ib_output_also *also,
		  struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < n && !st; i++)
		if (outs[i])
			st = ib_output_finish(outs[i], err);
	if (!st && also)
		st = also->ready(also->ctx, err);
	if (!st && (n > 0 || also))
		st = commit_atomically(outs, n, also, err);
	for (i = 0; i < n; i++)
		ib_output_discard(&outs[i]);
	return st;
}

enum ib_status
ib_output_commit(struct ib_output **out, struct ib_error *err)
{
	return ib_outputs_commit(out, 1, NULL, err);
}
