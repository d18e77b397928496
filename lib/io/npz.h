/*
 * .npy arrays and .npz archives (zip) of one-dimensional arrays, as numpy
 * reads and writes them. Writing: stored members, sizes and CRC known before
 * each (so a stream reader can follow), zip64 where needed, bytes the same in
 * every time zone and at every time. Reading: stored and deflated members,
 * .npy versions 1 to 3.
 */
#ifndef IB_IO_NPZ_H
#define IB_IO_NPZ_H

#include "io/input.h"
#include "io/npz_member.h"
#include "io/output.h"

/* ---- writing ---------------------------------------------------------- */

struct ib_npz_writer;

/* Writes to out, which stays the caller's to commit. */
enum ib_status ib_npz_writer_new(struct ib_output *out, struct ib_npz_writer **w,
				 struct ib_error *err);

/*
 * One member NAME (".npy" included) of n items of `size` bytes each, little
 * endian as they lie in memory. descr as numpy has it: "<f4", "<i8", "|u1".
 */
void ib_npz_put_array(struct ib_npz_writer *w, const char *name, const char *descr,
		      const void *items, uint64_t n, size_t size);

/* One member of plain bytes (meta.json). */
void ib_npz_put_bytes(struct ib_npz_writer *w, const char *name, struct ib_span bytes);

/* CRC-32 of a member that was put (0 if there is none of that name). */
uint32_t ib_npz_writer_crc(const struct ib_npz_writer *w, const char *name);

/* The central directory. Frees w whatever the result. */
enum ib_status ib_npz_writer_end(struct ib_npz_writer *w, struct ib_error *err);
void ib_npz_writer_free(struct ib_npz_writer *w);

/* ---- reading ---------------------------------------------------------- */

struct ib_npz; /* an open archive: its directory, and access to its bytes */

/*
 * Open the archive that `in` begins (its first bytes are "PK"). A plain file
 * is read in place by its descriptor; anything else is read into memory. in
 * must outlive the archive. IB_E_DATA for what is no zip archive, or is cut.
 */
enum ib_status ib_npz_open(struct ib_input *in, struct ib_npz **out, struct ib_error *err);
void ib_npz_close(struct ib_npz *z);

/* The member of that name, or NULL. */
const struct ib_npz_member *ib_npz_find(const struct ib_npz *z, const char *name);

/*
 * Read all items of a member (or a plain member's bytes) into dst, which has
 * room for nbytes. Checks the CRC: IB_E_DATA "FILE: score.npy is corrupt".
 */
enum ib_status ib_npz_read(struct ib_npz *z, const struct ib_npz_member *m, void *dst,
			   struct ib_error *err);

/*
 * The items of a stored member in place, without reading or checking them
 * (mapped); {NULL, 0} where that cannot be had. Unaligned: memcpy out of it.
 * Valid until ib_npz_close.
 */
struct ib_span ib_npz_map(struct ib_npz *z, const struct ib_npz_member *m);

/* The array of that name, which is a member's less its ".npy". */
const struct ib_npz_member *ib_npz_find_array(const struct ib_npz *z, struct ib_span name);

/* What is mapped of a member, against its CRC: IB_E_DATA as ib_npz_read. */
enum ib_status ib_npz_check(struct ib_npz *z, const struct ib_npz_member *m, struct ib_error *err);

/* Let go of a large mapping's pages; they come back when they are read. */
void ib_npz_unload(struct ib_npz *z);

/*
 * All bytes of the archive as it stands, in order, piece by piece; `threads`
 * of them read ahead. What takes is called by one at a time.
 */
enum ib_status ib_npz_feed(struct ib_npz *z, int threads,
			   void (*take)(void *ctx, const void *p, size_t n), void *ctx,
			   struct ib_error *err);

#endif
