/*
 * --split: collect the records in a spill file, choose the output file of each record, and fill the
 * output files.
 */
#define XXH_INLINE_ALL
#include "prune/split.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/arena.h"
#include "base/huge_array.h"
#include "base/sort.h"
#include "io/files.h"
#include "prune/draw.h"
#include "record/pieces.h"

/*
 * Kinds of pieces in the spill file. A piece of the kind RECORD is the id of a record. All other
 * pieces are parts of a stream (prune/split.h). Each stream has two kinds, numbered from
 * FIRST_STREAM: pieces for one of the stream's K files, and pieces for all of its K files.
 */
enum { RECORD, FIRST_STREAM };

static unsigned
kind_of(unsigned stream, bool to_all_files)
{
	return FIRST_STREAM + 2 * stream + to_all_files;
}

struct ib_split {
	uint64_t key; /* result of ib_draw_key(), from which the second draws u' are computed */
	uint64_t files;
	struct ib_pieces *spill;
	/*
	 * struct ib_sort_item[n]: for each kept record, the second draw u', as returned by
	 * ib_draw_bits(), and the record's index in manifest order. When the records are sorted by
	 * u', record j goes to file j mod K.
	 */
	struct ib_huge_array draws;
	uint64_t n;
	uint32_t *file; /* file[i]: number of the output file of record i */
	bool failed;	/* true if memory ran out */
};

enum ib_status
ib_split_new(const struct ib_prune_options *o, struct ib_split **out, struct ib_error *err)
{
	struct ib_split *s;
	enum ib_status st;

	st = ib_split_check(o->split, err);
	if (st)
		return st;
	s = calloc(1, sizeof(*s));
	if (!s)
		return ib_fail_memory(err);
	s->key = ib_draw_key(o->rule.seed + 1, (uint64_t)o->rule.epoch);
	s->files = o->split;
	st = ib_pieces_new(o->output, &s->spill, err);
	if (st) {
		ib_split_free(s);
		return st;
	}
	*out = s;
	return IB_OK;
}

void
ib_split_free(struct ib_split *s)
{
	if (!s)
		return;
	ib_pieces_free(s->spill);
	ib_huge_array_release(&s->draws);
	free(s->file);
	free(s);
}

/* ---- gathering ------------------------------------------------------------------ */

void
ib_split_begin_record(struct ib_split *s, struct ib_span id)
{
	struct ib_tar_piece piece = { .p = id.p, .n = id.n };
	struct ib_sort_item *draw;

	if (!ib_huge_array_grow(&s->draws, (s->n + 1) * sizeof(*draw))) {
		s->failed = true;
		return;
	}
	draw = (struct ib_sort_item *)s->draws.p + s->n;
	*draw = (struct ib_sort_item){ .key = ib_draw_bits(s->key, id.p, id.n), .number = s->n };
	s->n++;
	ib_pieces_write(s->spill, RECORD, &piece);
}

void
ib_split_write(struct ib_split *s, unsigned stream, const struct ib_tar_piece *piece)
{
	if (piece->n > 0)
		ib_pieces_write(s->spill, kind_of(stream, false), piece);
}

void
ib_split_write_to_all(struct ib_split *s, unsigned stream, const struct ib_tar_piece *piece)
{
	if (piece->n > 0)
		ib_pieces_write(s->spill, kind_of(stream, true), piece);
}

enum ib_status
ib_split_status(const struct ib_split *s, struct ib_error *err)
{
	return s->failed ? ib_fail_memory(err) : ib_pieces_status(s->spill, err);
}

/* ---- the order ------------------------------------------------------------------ */

/* Sort the records by u'. Records with the same u' stay in the order of the manifest. */
static enum ib_status
sort_draws(struct ib_split *s, struct ib_error *err)
{
	struct ib_sort_item *from = s->draws.p;
	struct ib_huge_array room = { 0 };

	if (!ib_huge_array_grow(&room, (s->n + 1) * sizeof(*from)))
		return ib_fail_memory(err);
	if (ib_sort_items(from, room.p, s->n) == from) {
		ib_huge_array_release(&room);
		return IB_OK;
	}
	ib_huge_array_release(&s->draws);
	s->draws = room;
	return IB_OK;
}

/* A record whose u' is not unique: its index in manifest order, its u' as `bits`, and its id. */
struct tied {
	uint64_t index, bits;
	struct ib_span id;
};

static int
by_index(const void *a, const void *b)
{
	const struct tied *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static int
by_id(const void *a, const void *b)
{
	const struct tied *x = a, *y = b;
	int order;

	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	order = ib_span_compare(x->id, y->id);
	return order ? order : by_index(a, b);
}

/* Read the ids of the tied records. tied[] must be in the order of the manifest. */
static enum ib_status
read_ids(struct ib_split *s, struct tied *tied, size_t n, struct ib_arena *arena,
	 struct ib_error *err)
{
	struct ib_tar_piece piece;
	uint64_t index = 0;
	unsigned kind;
	enum ib_status st = IB_OK;
	size_t k = 0;
	char *p;

	ib_pieces_seek(s->spill, 0);
	while (k < n && !(st = ib_pieces_get(s->spill, &kind, &piece, err))) {
		if (kind != RECORD || index++ != tied[k].index)
			continue;
		p = ib_arena_allocate(arena, piece.n + 1);
		if (!p)
			return ib_fail_memory(err);
		memcpy(p, piece.p, piece.n);
		tied[k++].id = (struct ib_span){ p, piece.n };
	}
	return st < 0 ? st : IB_OK;
}

static bool
is_tied(const struct ib_sort_item *p, uint64_t n, uint64_t i)
{
	return (i > 0 && p[i - 1].key == p[i].key) || (i + 1 < n && p[i + 1].key == p[i].key);
}

/*
 * Among records with the same second draw (u'), sort by id. Few records have the same u', unless
 * the manifest has duplicates.
 */
static enum ib_status
sort_ties(struct ib_split *s, struct ib_error *err)
{
	struct ib_sort_item *p = s->draws.p;
	struct ib_arena arena = { 0 };
	struct tied *tied;
	uint64_t i;
	size_t n = 0;
	enum ib_status st;

	for (i = 0; i < s->n; i++)
		n += is_tied(p, s->n, i);
	if (n == 0)
		return IB_OK;
	tied = ib_array_zeroed(n, sizeof(*tied));
	if (!tied)
		return ib_fail_memory(err);
	for (i = n = 0; i < s->n; i++)
		if (is_tied(p, s->n, i))
			tied[n++] = (struct tied){ .index = p[i].number, .bits = p[i].key };
	qsort(tied, n, sizeof(*tied), by_index);
	st = read_ids(s, tied, n, &arena, err);
	if (!st)
		qsort(tied, n, sizeof(*tied), by_id);
	for (i = s->n; i-- > 0 && !st;)
		if (is_tied(p, s->n, i))
			p[i].number = tied[--n].index;
	ib_arena_release(&arena);
	free(tied);
	return st;
}

enum ib_status
ib_split_assign(struct ib_split *s, struct ib_error *err)
{
	enum ib_status st = ib_split_status(s, err);
	const struct ib_sort_item *p;
	uint64_t j;

	if (!st)
		st = sort_draws(s, err);
	if (!st)
		st = sort_ties(s, err);
	if (st)
		return st;
	s->file = ib_array(s->n + 1, sizeof(*s->file));
	if (!s->file)
		return ib_fail_memory(err);
	p = s->draws.p;
	for (j = 0; j < s->n; j++)
		s->file[p[j].number] = (uint32_t)(j % s->files);
	ib_huge_array_release(&s->draws);
	return IB_OK;
}

enum ib_status
ib_split_fill(struct ib_split *s, uint64_t from, uint64_t to, struct ib_record_writer *writer,
	      size_t nstreams, struct ib_error *err)
{
	struct ib_tar_piece piece;
	uint64_t index = 0, file = 0, first, last, k;
	enum ib_status st;
	unsigned kind;
	bool to_all_files;

	ib_pieces_seek(s->spill, 0);
	while (!(st = ib_pieces_get(s->spill, &kind, &piece, err))) {
		if (kind == RECORD) {
			file = s->file[index++];
			continue;
		}
		kind -= FIRST_STREAM;
		to_all_files = kind % 2;
		first = to_all_files || file < from ? from : file;
		last = to_all_files ? to : file + 1;
		for (k = first; k < last && k < to; k++)
			ib_record_writer_write(&writer[(k - from) * nstreams + kind / 2], &piece);
	}
	return st == IB_EOF ? IB_OK : st;
}
