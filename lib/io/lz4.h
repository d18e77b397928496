/* LZ4 frames undone, as the LZ4 frame format 1.6 has them. */
#ifndef IB_IO_LZ4_H
#define IB_IO_LZ4_H

#include "infobatch.h"

struct ib_lz4;

struct ib_lz4 *ib_lz4_new(void); /* NULL: memory ran out */
void ib_lz4_free(struct ib_lz4 *z);

/*
 * Take from [*in, *in + *in_n) and give to [*out, *out + *out_n), which both
 * advance. IB_OK: goes on. IB_EOF: a frame ended (a skippable one too); the
 * next call begins another. IB_E_DATA, or IB_E_IO where memory ran out.
 */
enum ib_status ib_lz4_step(struct ib_lz4 *z, const unsigned char **in, size_t *in_n,
			   unsigned char **out, size_t *out_n);

#endif
