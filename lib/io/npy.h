/* Write and parse the header of an .npy array. */
#ifndef IB_IO_NPY_H
#define IB_IO_NPY_H

#include "io/npz_member.h"

#define IB_NPY_HEADER_MAX ((size_t)65536) /* longer headers are not parsed */

/*
 * Write the .npy header of a one-dimensional array of n items. The length of the header is a
 * multiple of 64 bytes and at most 128 bytes. Returns the length.
 */
size_t ib_npy_header(char header[128], const char *descr, uint64_t n);

/*
 * Write a complete .npy file that holds one number, as an array without dimensions. Returns the
 * length of the file.
 */
#define IB_NPY_SCALAR (128 + sizeof(double))
size_t ib_npy_scalar(char scalar[IB_NPY_SCALAR], double value);

/*
 * Pass n items of `size` bytes each to take(), converted from the byte order of this machine to
 * little-endian. take() is called for one or more pieces.
 */
void ib_npy_items(const void *items, uint64_t n, size_t size,
		  void (*take)(void *ctx, const void *p, size_t n), void *ctx);

/*
 * Parse the .npy header at the start of a member of m->uncompressed_size bytes. Sets m->array and
 * the fields that the header defines. p[0..n) is the complete member, or at least its first
 * IB_NPY_HEADER_MAX bytes. Returns false and leaves m unchanged if the header is not valid.
 */
bool ib_npy_parse(const char *p, size_t n, struct ib_npz_member *m);

#endif
