/* Store pieces of tar members in a spill file (record/pieces.h). */
#include "record/pieces.h"

#include <stdlib.h>

#include "base/error.h"
#include "io/spill_file.h"

#define MEMORY ((size_t)32 << 20) /* maximum number of bytes kept in memory */
#define PIECE ((size_t)256 << 10) /* pieces with more bytes are split */

/* The header before each piece in the spill file. */
struct frame {
	uint32_t kind, n, from, to;
};

struct ib_pieces {
	struct ib_spill_file *file;
	uint64_t at; /* position of the next piece to read */
};

enum ib_status
ib_pieces_new(const char *near, struct ib_pieces **out, struct ib_error *err)
{
	struct ib_pieces *s = calloc(1, sizeof(*s));
	enum ib_status st;

	if (!s)
		return ib_fail_memory(err);
	st = ib_spill_file_new(near, MEMORY, &s->file, err);
	if (st) {
		free(s);
		return st;
	}
	*out = s;
	return IB_OK;
}

void
ib_pieces_free(struct ib_pieces *s)
{
	if (!s)
		return;
	ib_spill_file_free(s->file);
	free(s);
}

/* Return x - from, limited to [0, n]. */
static uint32_t
clamp(size_t x, size_t from, size_t n)
{
	return (uint32_t)(x < from ? 0 : x - from > n ? n : x - from);
}

void
ib_pieces_write(struct ib_pieces *s, unsigned kind, const struct ib_tar_piece *piece)
{
	struct frame f = { .kind = kind };
	size_t at = 0, n, room;
	char *p;

	do {
		n = piece->n - at < PIECE ? piece->n - at : PIECE;
		f.n = (uint32_t)n;
		f.from = clamp(piece->from, at, n);
		f.to = clamp(piece->to, at, n);
		p = ib_spill_file_reserve(s->file, sizeof(f) + n, &room);
		if (!p)
			return;
		memcpy(p, &f, sizeof(f));
		memcpy(p + sizeof(f), piece->p + at, n);
		ib_spill_file_add(s->file, sizeof(f) + n);
		at += n;
	} while (at < piece->n);
}

enum ib_status
ib_pieces_status(const struct ib_pieces *s, struct ib_error *err)
{
	return ib_spill_file_status(s->file, err);
}

uint64_t
ib_pieces_end(const struct ib_pieces *s)
{
	return ib_spill_file_size(s->file);
}

void
ib_pieces_seek(struct ib_pieces *s, uint64_t position)
{
	s->at = position;
}

void
ib_pieces_empty(struct ib_pieces *s)
{
	ib_spill_file_empty(s->file);
	s->at = 0;
}

enum ib_status
ib_pieces_get(struct ib_pieces *s, unsigned *kind, struct ib_tar_piece *piece, struct ib_error *err)
{
	struct ib_span view;
	struct frame f;

	if (ib_spill_file_status(s->file, err))
		return ib_spill_file_status(s->file, err);
	if (s->at == ib_spill_file_size(s->file))
		return IB_EOF;
	view = ib_spill_file_view(s->file, s->at, sizeof(f));
	if (view.p) {
		memcpy(&f, view.p, sizeof(f));
		view = ib_spill_file_view(s->file, s->at, sizeof(f) + f.n);
	}
	if (!view.p)
		return ib_spill_file_status(s->file, err);
	s->at += sizeof(f) + f.n;
	*kind = f.kind;
	*piece = (struct ib_tar_piece){
		.p = view.p + sizeof(f), .n = f.n, .from = f.from, .to = f.to
	};
	return IB_OK;
}
