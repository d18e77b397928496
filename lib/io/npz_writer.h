/*
 * Write .npz archives (zip) of one-dimensional arrays, compatible with numpy. Members are stored
 * uncompressed, with size and CRC before the data, so that a stream can be read. The writer
 * uses zip64 if needed. The archive does not depend on the time.
 */
#ifndef IB_IO_NPZ_WRITER_H
#define IB_IO_NPZ_WRITER_H

#include "io/output.h"

struct ib_npz_writer;

/* Create a writer to out. The caller commits out. */
enum ib_status ib_npz_writer_new(struct ib_output *out, struct ib_npz_writer **w,
				 struct ib_error *err);

/*
 * Write an array as the member `name` (with ".npy"): n little-endian items of `size` bytes.
 * descr is numpy's item type: "<f4", "<i8", "|u1".
 */
void ib_npz_put_array(struct ib_npz_writer *w, const char *name, const char *descr,
		      const void *items, uint64_t n, size_t size);

/* Write a member of plain bytes, such as meta.json. */
void ib_npz_put_bytes(struct ib_npz_writer *w, const char *name, struct ib_span bytes);

/* Returns the CRC-32 of a written member, or 0 if there is no member of that name. */
uint32_t ib_npz_writer_crc(const struct ib_npz_writer *w, const char *name);

/* Write the central directory. Frees w, whatever the result. */
enum ib_status ib_npz_writer_end(struct ib_npz_writer *w, struct ib_error *err);
void ib_npz_writer_free(struct ib_npz_writer *w);

#endif
