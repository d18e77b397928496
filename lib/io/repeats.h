/*
 * A text, and where it repeats itself, as whoever writes it knows: compressed
 * without a search, into blocks of a zstd frame that others may stand before
 * and behind, each made by another thread.
 *
 * Such blocks are independent of those before: no repeat reaches out of its
 * text. What a zstd decoder carries from block to block, the distances that it
 * met last, is 1, 4 and 8 at the start of a frame and anything later; none of
 * ours is shorter than IB_REPEAT_NEAREST, so no code for an old distance is
 * used before our own have taken its place.
 */
#ifndef IB_IO_REPEATS_H
#define IB_IO_REPEATS_H

#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_Sequence, ZSTD_compressSequences */
#include <zstd.h>

#include "base/bytes.h"

#define IB_REPEAT_NEAREST 16
#define IB_REPEATS_WINDOW_LOG 17 /* of the frame that the blocks are for */

/* Start from {0}; ib_repeats_release. */
struct ib_repeats {
	struct ib_bytes text;
	ZSTD_Sequence *of;  /* [n], room for one more */
	size_t n, cap;
	size_t covered;     /* up to the end of the last repeat */
	bool failed;        /* memory ran out; text.failed apart */
	ZSTD_CCtx *zstd;    /* of ib_repeats_pack; NULL: none yet */
};

void ib_repeats_release(struct ib_repeats *r);
void ib_repeats_clear(struct ib_repeats *r);

/* The last repeat goes on, as far as text that came since does. */
void ib_repeats_go_on(struct ib_repeats *r);

/*
 * Does the text at `at` repeat what stands at `from`, before it? sure: for so
 * many bytes it does. False: it does not (or not for long enough), or a repeat
 * covers it already.
 */
bool ib_repeats_look(struct ib_repeats *r, size_t at, size_t from,
		     size_t sure);

static inline bool
ib_repeats_at(struct ib_repeats *r, size_t at, size_t from, size_t sure)
{
	return at >= r->covered && ib_repeats_look(r, at, from, sure);
}

/* The same, with the distance of the repeat before: the cheapest to encode. */
bool ib_repeats_again(struct ib_repeats *r, size_t at);

/*
 * Append the text's blocks to out, none of them a frame's last; the repeats
 * are used up. False: memory ran out.
 */
bool ib_repeats_pack(struct ib_repeats *r, struct ib_bytes *out);

#endif
