/* Where an output's bytes go: a descriptor, by way of a compressor or not. */
#ifndef IB_IO_SINK_H
#define IB_IO_SINK_H

#include "infobatch.h"

struct ib_sink;

enum ib_packing { IB_PACKING_NONE, IB_PACKING_ZSTD, IB_PACKING_GZIP };

/*
 * name is borrowed; fd stays the caller's. ahead: of a file that will be
 * synced, from its beginning on: have the system begin with that at once.
 */
enum ib_status ib_sink_new(const char *name, int fd, bool ahead, enum ib_packing packing,
			   struct ib_sink **out, struct ib_error *err);

enum ib_status ib_sink_write(struct ib_sink *s, const void *p, size_t n, struct ib_error *err);

/* The end of a compressed stream. */
enum ib_status ib_sink_finish(struct ib_sink *s, struct ib_error *err);
void ib_sink_free(struct ib_sink *s);

/* write(2) until all is written. IB_E_PIPE, or IB_E_IO "cannot write". */
enum ib_status ib_write_all(const char *name, int fd, const void *p, size_t n,
			    struct ib_error *err);

#endif
