/*
 * Map files into memory for reading. If a mapped file becomes shorter, reading the lost bytes
 * raises SIGBUS. The signal handler calls ib_mapped_file() (infobatch_run.h) to get the name of the
 * file.
 */
#ifndef IB_IO_MAPPING_H
#define IB_IO_MAPPING_H

#include "infobatch_run.h"

/* Map the complete file, which has n > 0 bytes. Returns NULL if it cannot be mapped. */
const char *ib_mapping_new(int fd, uint64_t n, const char *name);
void ib_mapping_free(const char *p); /* NULL is allowed */

#endif
