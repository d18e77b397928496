/* Write the data of an output to a descriptor, compressed or not. */
#ifndef IB_IO_COMPRESSOR_H
#define IB_IO_COMPRESSOR_H

#include "io/codec.h"

struct ib_compressor;

/*
 * Create a compressor for fd, which the caller closes. `name` is used in messages, and must
 * outlive the compressor. Set `ahead` to true for a new file that will be synced, so that the
 * system starts writing the data to disk early.
 */
enum ib_status ib_compressor_new(const char *name, int fd, bool ahead, enum ib_codec codec,
				 struct ib_compressor **out, struct ib_error *err);

enum ib_status ib_compressor_write(struct ib_compressor *s, const void *p, size_t n,
				   struct ib_error *err);

/* End the compressed stream. Does nothing for an output that is not compressed. */
enum ib_status ib_compressor_finish(struct ib_compressor *s, struct ib_error *err);
void ib_compressor_free(struct ib_compressor *s);

/*
 * Create a zstd compressor whose output depends neither on the number of threads nor on the sizes
 * of the writes. The caller frees it with ZSTD_freeCCtx(). Returns NULL if out of memory.
 */
struct ZSTD_CCtx_s *ib_zstd_new(int level);

#endif
