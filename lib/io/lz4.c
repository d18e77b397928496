/*
 * Our own, because libarchive 3.6.2 takes a frame cut inside its header for
 * the end, and fails at an empty frame among others.
 */
#include "io/lz4.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define WINDOW ((size_t)64 << 10)
#define BLOCK_MAX ((size_t)4 << 20)
#define MAGIC 0x184d2204u
#define SKIPPABLE 0x184d2a50u /* to ..5f */

/* What the bytes that are being gathered will be. */
enum part {
	PART_MAGIC,
	PART_FLAGS,  /* FLG and BD */
	PART_HEADER, /* the rest of the descriptor */
	PART_BLOCK_SIZE,
	PART_BLOCK,
	PART_CHECKSUM,
	PART_SKIP_SIZE,
	PART_SKIP
};

struct ib_lz4 {
	enum part part;
	size_t have, need; /* of the part, in `buf` */
	bool linked, block_sums, sized, summed;
	bool stored; /* the block at hand is not compressed */
	size_t block_max;
	uint64_t size, so_far; /* content of the frame, as promised; as seen */
	XXH32_state_t *sum;
	unsigned char *buf;    /* BLOCK_MAX + 4 */
	unsigned char *window; /* WINDOW of history, then a block */
	size_t history;	       /* bytes before `block` that may be referred to */
	size_t given, made;    /* of the block in the window, handed out; all */
};

static uint32_t
le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t
le64(const unsigned char *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static void
expect(struct ib_lz4 *z, enum part part, size_t need)
{
	z->part = part;
	z->have = 0;
	z->need = need;
}

struct ib_lz4 *
ib_lz4_new(void)
{
	struct ib_lz4 *z = calloc(1, sizeof(*z));

	if (!z)
		return NULL;
	z->buf = malloc(BLOCK_MAX + 4);
	z->window = malloc(WINDOW + BLOCK_MAX);
	z->sum = XXH32_createState();
	if (!z->buf || !z->window || !z->sum) {
		ib_lz4_free(z);
		return NULL;
	}
	expect(z, PART_MAGIC, 4);
	return z;
}

void
ib_lz4_free(struct ib_lz4 *z)
{
	if (!z)
		return;
	XXH32_freeState(z->sum);
	free(z->window);
	free(z->buf);
	free(z);
}

/* ---- a block ------------------------------------------------------------ */

struct cursor {
	const unsigned char *p, *end;
};

/* A length whose nibble was 15 goes on in bytes until one is not 255. */
static bool
length(struct cursor *in, size_t *n)
{
	unsigned char more;

	if (*n != 15)
		return true;
	do {
		if (in->p == in->end)
			return false;
		more = *in->p++;
		*n += more;
	} while (more == 255);
	return true;
}

/* Copy a match, which may overlap what it makes: then it repeats. */
static void
copy_match(unsigned char *to, size_t offset, size_t n)
{
	const unsigned char *from = to - offset;

	for (; n > offset; n -= offset, to += offset)
		memcpy(to, from, offset);
	memcpy(to, from, n);
}

/*
 * Decompress a block to `to`, with room bytes of space and `history` bytes
 * before it. Returns the length, or SIZE_MAX for what is no block.
 */
static size_t
undo_block(const unsigned char *p, size_t n, unsigned char *to, size_t room, size_t history)
{
	struct cursor in = { p, p + n };
	size_t made = 0, literals, match, offset;

	while (in.p < in.end) {
		literals = *in.p >> 4;
		match = *in.p++ & 15;
		if (!length(&in, &literals) || literals > (size_t)(in.end - in.p) ||
		    literals > room - made)
			return SIZE_MAX;
		memcpy(to + made, in.p, literals);
		made += literals;
		in.p += literals;
		if (in.p == in.end)
			return made;
		if (in.end - in.p < 2)
			return SIZE_MAX;
		offset = (size_t)in.p[0] | (size_t)in.p[1] << 8;
		in.p += 2;
		if (!length(&in, &match))
			return SIZE_MAX;
		match += 4;
		if (offset == 0 || offset > history + made || match > room - made)
			return SIZE_MAX;
		copy_match(to + made, offset, match);
		made += match;
	}
	return SIZE_MAX; /* a block ends with literals */
}

/* Keep the last 64 KiB of what was made as the history of the next block. */
static void
slide(struct ib_lz4 *z)
{
	size_t all = z->history + z->made;
	size_t keep = all < WINDOW ? all : WINDOW;

	if (!z->linked)
		keep = 0;
	memmove(z->window + WINDOW - keep, z->window + WINDOW + z->made - keep, keep);
	z->history = keep;
	z->made = z->given = 0;
}

static enum ib_status
take_block(struct ib_lz4 *z)
{
	size_t n = z->need - (z->block_sums ? 4 : 0);
	unsigned char *to = z->window + WINDOW;

	if (z->block_sums && le32(z->buf + n) != XXH32(z->buf, n, 0))
		return IB_E_DATA;
	slide(z);
	if (z->stored) {
		memcpy(to, z->buf, n);
		z->made = n;
	} else {
		z->made = undo_block(z->buf, n, to, z->block_max, z->history);
	}
	if (z->made == SIZE_MAX) {
		z->made = 0;
		return IB_E_DATA;
	}
	z->so_far += z->made;
	if (z->summed)
		XXH32_update(z->sum, to, z->made);
	expect(z, PART_BLOCK_SIZE, 4);
	return IB_OK;
}

/* ---- a frame ------------------------------------------------------------ */

static enum ib_status
take_magic(struct ib_lz4 *z)
{
	uint32_t magic = le32(z->buf);

	if (magic == MAGIC)
		expect(z, PART_FLAGS, 2);
	else if ((magic & ~15u) == SKIPPABLE)
		expect(z, PART_SKIP_SIZE, 4);
	else
		return IB_E_DATA;
	return IB_OK;
}

static enum ib_status
take_flags(struct ib_lz4 *z)
{
	unsigned flags = z->buf[0], sizes = z->buf[1];
	unsigned code = sizes >> 4 & 7;

	/* Version 01; no reserved bit; no dictionary, which we have not. */
	if ((flags & 0xc3) != 0x40 || (sizes & 0x8f) != 0 || code < 4)
		return IB_E_DATA;
	z->linked = !(flags & 0x20);
	z->block_sums = flags & 0x10;
	z->sized = flags & 0x08;
	z->summed = flags & 0x04;
	z->block_max = (size_t)1 << (8 + 2 * code);
	z->need = 2 + (z->sized ? 8 : 0) + 1; /* what is there stays */
	z->part = PART_HEADER;
	return IB_OK;
}

static enum ib_status
take_header(struct ib_lz4 *z)
{
	size_t n = z->need - 1;

	if (z->buf[n] != (XXH32(z->buf, n, 0) >> 8 & 0xff))
		return IB_E_DATA;
	z->size = z->sized ? le64(z->buf + 2) : 0;
	z->so_far = 0;
	z->history = z->made = z->given = 0;
	XXH32_reset(z->sum, 0);
	expect(z, PART_BLOCK_SIZE, 4);
	return IB_OK;
}

static enum ib_status
end_frame(struct ib_lz4 *z)
{
	expect(z, PART_MAGIC, 4);
	return z->sized && z->size != z->so_far ? IB_E_DATA : IB_EOF;
}

static enum ib_status
take_block_size(struct ib_lz4 *z)
{
	uint32_t word = le32(z->buf);
	size_t n = word & 0x7fffffff;

	if (word == 0) {
		if (!z->summed)
			return end_frame(z);
		expect(z, PART_CHECKSUM, 4);
		return IB_OK;
	}
	if (n > z->block_max || n == 0)
		return IB_E_DATA;
	z->stored = word >> 31;
	expect(z, PART_BLOCK, n + (z->block_sums ? 4 : 0));
	return IB_OK;
}

static enum ib_status
take_part(struct ib_lz4 *z)
{
	switch (z->part) {
	case PART_MAGIC:
		return take_magic(z);
	case PART_FLAGS:
		return take_flags(z);
	case PART_HEADER:
		return take_header(z);
	case PART_BLOCK_SIZE:
		return take_block_size(z);
	case PART_BLOCK:
		return take_block(z);
	case PART_CHECKSUM:
		if (le32(z->buf) != XXH32_digest(z->sum))
			return IB_E_DATA;
		return end_frame(z);
	case PART_SKIP_SIZE:
		expect(z, PART_SKIP, le32(z->buf));
		return IB_OK;
	case PART_SKIP:
		break;
	}
	expect(z, PART_MAGIC, 4);
	return IB_EOF;
}

enum ib_status
ib_lz4_step(struct ib_lz4 *z, const unsigned char **in, size_t *in_n, unsigned char **out,
	    size_t *out_n)
{
	enum ib_status st = IB_OK;
	size_t n;

	while (!st) {
		n = z->made - z->given < *out_n ? z->made - z->given : *out_n;
		if (n > 0)
			memcpy(*out, z->window + WINDOW + z->given, n);
		z->given += n;
		*out += n;
		*out_n -= n;
		if (z->given < z->made)
			return IB_OK;
		n = z->need - z->have < *in_n ? z->need - z->have : *in_n;
		if (z->part != PART_SKIP && n > 0)
			memcpy(z->buf + z->have, *in, n);
		z->have += n;
		*in += n;
		*in_n -= n;
		if (z->have < z->need)
			return IB_OK;
		st = take_part(z);
	}
	return st;
}
