#include "record/spill_file.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "io/descriptor.h"
#include "io/temp_file.h"

#define MEMORY ((size_t)32 << 20) /* bytes kept in memory before writing to a file */
#define PIECE ((size_t)256 << 10) /* a longer piece is split */

/* Precedes each piece. */
struct frame {
	uint32_t kind, n, from, to;
};

struct ib_spill_file {
	const char *beside;
	struct ib_bytes text; /* pieces that are not in the file yet */
	uint64_t filed;	      /* bytes in the file */
	int fd;		      /* -1 if there is no file yet */
	struct ib_error failed;
	/* For reading: */
	uint64_t at;		/* position of the next piece */
	struct ib_bytes window; /* bytes of the file from window_at on */
	uint64_t window_at;
};

enum ib_status
ib_spill_file_new(const char *beside, struct ib_spill_file **out, struct ib_error *err)
{
	struct ib_spill_file *s = calloc(1, sizeof(*s));

	if (!s)
		return ib_fail_memory(err);
	s->beside = beside;
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
	ib_bytes_release(&s->text);
	ib_bytes_release(&s->window);
	free(s);
}

static void
spill(struct ib_spill_file *s)
{
	if (s->fd < 0)
		s->failed.code = ib_temp_file_scratch(s->beside, &s->fd, &s->failed);
	if (s->failed.code == IB_OK &&
	    ib_fd_pwrite(s->fd, s->text.p, s->text.n, (off_t)s->filed) != 0)
		s->failed.code = ib_fail_errno(&s->failed, IB_E_IO, "a temporary file", "write");
	s->filed += s->text.n;
	s->text.n = 0;
}

/* Return x relative to `from`, limited to 0..n. */
static uint32_t
clamp(size_t x, size_t from, size_t n)
{
	return (uint32_t)(x < from ? 0 : x - from > n ? n : x - from);
}

void
ib_spill_file_put(struct ib_spill_file *s, unsigned kind, const struct ib_tar_piece *piece)
{
	struct frame f = { .kind = kind };
	size_t at = 0, n;

	do {
		n = piece->n - at < PIECE ? piece->n - at : PIECE;
		f.n = (uint32_t)n;
		f.from = clamp(piece->from, at, n);
		f.to = clamp(piece->to, at, n);
		ib_bytes_put(&s->text, &f, sizeof(f));
		ib_bytes_put(&s->text, piece->p + at, n);
		at += n;
		if (s->text.n >= MEMORY && s->failed.code == IB_OK)
			spill(s);
	} while (at < piece->n);
	if (s->text.failed && s->failed.code == IB_OK)
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
ib_spill_file_end(const struct ib_spill_file *s)
{
	return s->filed + s->text.n;
}

void
ib_spill_file_seek(struct ib_spill_file *s, uint64_t place)
{
	s->at = place;
}

void
ib_spill_file_empty(struct ib_spill_file *s)
{
	s->filed = s->at = 0;
	s->text.n = s->window.n = 0;
}

/* Return n contiguous bytes at a position, or NULL with s->failed set. */
static const char *
read_at(struct ib_spill_file *s, uint64_t at, size_t n)
{
	uint64_t left = s->filed - at;
	size_t want = 4 * PIECE;
	ssize_t got;

	if (at >= s->filed)
		return s->text.p + (at - s->filed);
	if (at >= s->window_at && at + n <= s->window_at + s->window.n)
		return s->window.p + (at - s->window_at);
	want = want < left ? want : (size_t)left;
	s->window.n = 0;
	if (!ib_bytes_reserve(&s->window, want)) {
		s->failed.code = ib_fail_memory(&s->failed);
		return NULL;
	}
	got = ib_fd_pread(s->fd, s->window.p, want, (off_t)at);
	if (got != (ssize_t)want) {
		errno = got < 0 ? errno : EIO;
		s->failed.code = ib_fail_errno(&s->failed, IB_E_IO, "a temporary file", "read");
		return NULL;
	}
	s->window.n = want;
	s->window_at = at;
	return s->window.p;
}

enum ib_status
ib_spill_file_get(struct ib_spill_file *s, unsigned *kind, struct ib_tar_piece *piece,
		  struct ib_error *err)
{
	const char *p;
	struct frame f;

	if (s->failed.code != IB_OK)
		return ib_spill_file_status(s, err);
	if (s->at == ib_spill_file_end(s))
		return IB_EOF;
	p = read_at(s, s->at, sizeof(f));
	if (p) {
		memcpy(&f, p, sizeof(f));
		p = read_at(s, s->at, sizeof(f) + f.n);
	}
	if (!p)
		return ib_spill_file_status(s, err);
	s->at += sizeof(f) + f.n;
	*kind = f.kind;
	*piece = (struct ib_tar_piece){ .p = p + sizeof(f), .n = f.n, .from = f.from, .to = f.to };
	return IB_OK;
}
