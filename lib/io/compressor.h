/* Where an output's bytes go: a descriptor, by way of a compressor or not. */
#ifndef IB_IO_COMPRESSOR_H
#define IB_IO_COMPRESSOR_H

#include "infobatch.h"

struct ib_compressor;

enum ib_compression { IB_COMPRESSION_NONE, IB_COMPRESSION_ZSTD, IB_COMPRESSION_GZIP };

/*
 * name is borrowed; fd stays the caller's. ahead: of a file that will be
 * synced, from its beginning on: have the system begin with that at once.
 */
enum ib_status ib_compressor_new(const char *name, int fd, bool ahead, enum ib_compression packing,
				 struct ib_compressor **out, struct ib_error *err);

enum ib_status ib_compressor_write(struct ib_compressor *s, const void *p, size_t n,
				   struct ib_error *err);

/* The end of a compressed stream. */
enum ib_status ib_compressor_finish(struct ib_compressor *s, struct ib_error *err);
void ib_compressor_free(struct ib_compressor *s);

/* write(2) until all is written. IB_E_PIPE, or IB_E_IO "cannot write". */
enum ib_status ib_write_all(const char *name, int fd, const void *p, size_t n,
			    struct ib_error *err);

#endif
