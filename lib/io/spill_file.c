/* Keep bytes in memory, and move them to a temporary file if there are many (io/spill_file.h). */
#include "io/spill_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/huge_array.h"
#include "io/descriptor.h"
#include "io/folder.h"
#include "io/temp_file.h"

#define WINDOW ((size_t)1 << 20) /* number of bytes of the file that are read at a time */

struct ib_spill_file {
	const char *near;
	size_t memory;
	/*
	 * Bytes that are not in the temporary file yet. They are in huge pages, because tens of
	 * MB in pages of 4 KiB would cause thousands of page faults.
	 */
	struct ib_huge_array tail;
	size_t ntail;
	uint64_t nfile; /* bytes in the temporary file; the tail comes after them */
	int fd;		/* -1 until the temporary file is created */
	struct ib_error failed;
	struct ib_bytes window; /* bytes of the temporary file from window_at on */
	uint64_t window_at;
};

enum ib_status
ib_spill_file_new(const char *near, size_t memory, struct ib_spill_file **out, struct ib_error *err)
{
	struct ib_spill_file *s = calloc(1, sizeof(*s));

	if (!s)
		return ib_fail_memory(err);
	s->near = near;
	s->memory = memory;
	s->fd = -1;
	*out = s;
	return IB_OK;
}

void
ib_spill_file_free(struct ib_spill_file *s)
{
	if (!s)
		return;
	ib_fd_close(s->fd);
	ib_huge_array_release(&s->tail);
	ib_bytes_release(&s->window);
	free(s);
}

/* ---- writing -------------------------------------------------------------------- */

/* Report that no temporary file can be created in the folder of path. */
static enum ib_status
fail_create(const char *path, struct ib_error *err)
{
	int error = errno;
	char *folder = ib_folder_of(path);
	enum ib_status st;

	errno = folder ? error : ENOMEM;
	st = ib_fail_errno(err, IB_E_CREATE, folder, "create a temporary file in this folder");
	free(folder);
	return st;
}

/* Open a temporary file without a name. */
static enum ib_status
open_file(const char *near, int *fd, struct ib_error *err)
{
	const char *folder = getenv("TMPDIR");
	struct ib_bytes name = { 0 };
	enum ib_status st = IB_OK;

	if (folder && *folder)
		ib_bytes_printf(&name, "%s/scratch", folder);
	else
		ib_bytes_printf(&name, "%s",
				near && strcmp(near, "-") != 0 ? near : "/tmp/scratch");
	if (name.failed)
		st = ib_fail_memory(err);
	else if ((*fd = ib_temp_file_nameless(name.p)) < 0)
		st = fail_create(name.p, err);
	ib_bytes_release(&name);
	return st;
}

/* Move the tail to the temporary file. */
static void
spill(struct ib_spill_file *s)
{
	if (s->fd < 0)
		s->failed.code = open_file(s->near, &s->fd, &s->failed);
	if (s->failed.code == IB_OK &&
	    ib_fd_pwrite(s->fd, s->tail.p, s->ntail, (off_t)s->nfile) != 0)
		s->failed.code = ib_fail_errno(&s->failed, IB_E_IO, "a temporary file", "write");
	s->nfile += s->ntail;
	s->ntail = 0;
}

char *
ib_spill_file_reserve(struct ib_spill_file *s, size_t n, size_t *room)
{
	if (!ib_huge_array_grow(&s->tail, (uint64_t)s->ntail + n))
		ib_spill_file_fail_memory(s);
	if (s->failed.code != IB_OK)
		return NULL;
	*room = s->tail.cap - s->ntail;
	return (char *)s->tail.p + s->ntail;
}

void
ib_spill_file_add(struct ib_spill_file *s, size_t n)
{
	s->ntail += n;
	if (s->ntail >= s->memory)
		spill(s);
}

void
ib_spill_file_fail_memory(struct ib_spill_file *s)
{
	if (s->failed.code == IB_OK)
		s->failed.code = ib_fail_memory(&s->failed);
}

enum ib_status
ib_spill_file_status(const struct ib_spill_file *s, struct ib_error *err)
{
	if (s->failed.code != IB_OK && err)
		*err = s->failed;
	return s->failed.code;
}

uint64_t
ib_spill_file_size(const struct ib_spill_file *s)
{
	return s->nfile + s->ntail;
}

void
ib_spill_file_empty(struct ib_spill_file *s)
{
	s->nfile = 0;
	s->ntail = s->window.n = 0;
}

/* ---- reading -------------------------------------------------------------------- */

/* Fill the window with the bytes from position `at` on. */
static bool
read_window(struct ib_spill_file *s, uint64_t at)
{
	uint64_t left = s->nfile - at;
	size_t n = left < WINDOW ? (size_t)left : WINDOW;
	ssize_t got;

	s->window.n = 0;
	if (!ib_bytes_reserve(&s->window, n)) {
		ib_spill_file_fail_memory(s);
		return false;
	}
	got = ib_fd_pread(s->fd, s->window.p, n, (off_t)at);
	if (got != (ssize_t)n) {
		errno = got < 0 ? errno : EIO;
		s->failed.code = ib_fail_errno(&s->failed, IB_E_IO, "a temporary file", "read");
		return false;
	}
	s->window.n = n;
	s->window_at = at;
	return true;
}

struct ib_span
ib_spill_file_view(struct ib_spill_file *s, uint64_t at, size_t n)
{
	size_t from;

	if (s->failed.code != IB_OK)
		return (struct ib_span){ NULL, 0 };
	if (at >= s->nfile) {
		from = (size_t)(at - s->nfile);
		return (struct ib_span){ (char *)s->tail.p + from, s->ntail - from };
	}
	if (at < s->window_at || at + n > s->window_at + s->window.n)
		if (!read_window(s, at))
			return (struct ib_span){ NULL, 0 };
	from = (size_t)(at - s->window_at);
	return (struct ib_span){ s->window.p + from, s->window.n - from };
}
