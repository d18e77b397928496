/*
 * Files mapped to be read. One that becomes shorter meanwhile ends the process
 * by SIGBUS, unless a handler asks ib_mapped_file() (infobatch.h) which it was.
 */
#ifndef IB_IO_MAPPING_H
#define IB_IO_MAPPING_H

#include "infobatch.h"

/* All n > 0 bytes of a file; NULL where it cannot be mapped. */
const char *ib_mapping_new(int fd, uint64_t n, const char *name);
void ib_mapping_free(const char *p); /* NULL is fine */

#endif
