/*
 * Write .npz archives (zip files) of one-dimensional arrays, compatible with numpy. Members are
 * stored uncompressed. The sizes and CRCs of the members precede the data, so that an archive
 * can be read as a stream. The writer uses zip64 if needed. The archive does not depend on the
 * current time.
 */
#ifndef IB_IO_NPZ_WRITER_H
#define IB_IO_NPZ_WRITER_H

#include "io/output.h"

struct ib_npz_writer;

/* Create a writer that writes to out. The caller commits out. */
enum ib_status ib_npz_writer_new(struct ib_output *out, struct ib_npz_writer **w,
				 struct ib_error *err);

/*
 * Write an array as the member `name`, which ends in ".npy". The array has n items of `size` bytes
 * each, in the byte order of this machine. In the file, the items are little-endian. descr is their
 * numpy type: "<f4", "<i8" or "|u1".
 */
void ib_npz_write_array(struct ib_npz_writer *w, const char *name, const char *descr,
			const void *items, uint64_t n, size_t size);

/* Write a member of plain bytes, such as meta.json. */
void ib_npz_write_bytes(struct ib_npz_writer *w, const char *name, struct ib_span bytes);

/* Return the CRC-32 of the member `name`, or 0 if this member was not written. */
uint32_t ib_npz_writer_crc(const struct ib_npz_writer *w, const char *name);

/* Write the central directory. Frees w even after an error. */
enum ib_status ib_npz_writer_end(struct ib_npz_writer *w, struct ib_error *err);
void ib_npz_writer_free(struct ib_npz_writer *w);

#endif
