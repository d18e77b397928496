/* The header of an .npy array. */
#ifndef IB_IO_NPY_H
#define IB_IO_NPY_H

#include "io/npz_member.h"

#define IB_NPY_HEADER_MAX ((size_t)65536) /* of what is read */

/*
 * Write the .npy header of a one-dimensional array of n items. It ends at a
 * multiple of 64 bytes. Returns its length, which is at most 128.
 */
size_t ib_npy_header(char header[128], const char *descr, uint64_t n);

/*
 * Understand the header at the beginning of a member of m->whole bytes, of
 * which p are the first n, all or at least IB_NPY_HEADER_MAX: fill in what the
 * header says, m->array included. False: m is left a plain member.
 */
bool ib_npy_parse(const char *p, size_t n, struct ib_npz_member *m);

#endif
