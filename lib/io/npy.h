/* Write and parse the header of an .npy array. */
#ifndef IB_IO_NPY_H
#define IB_IO_NPY_H

#include "io/npz_member.h"

#define IB_NPY_HEADER_MAX ((size_t)65536) /* longer headers are not parsed */

/*
 * Write the .npy header of a one-dimensional array of n items. It ends at a
 * multiple of 64 bytes. Returns its length, which is at most 128.
 */
size_t ib_npy_header(char header[128], const char *descr, uint64_t n);

/*
 * Parse the .npy header at the start of a member of m->whole bytes, and set m->array and the
 * fields that the header gives. p[0..n) is the complete member or its first bytes, at least
 * IB_NPY_HEADER_MAX. Returns false and leaves m unchanged if there is no valid header.
 */
bool ib_npy_parse(const char *p, size_t n, struct ib_npz_member *m);

#endif
