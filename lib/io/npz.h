/*
 * Read .npz archives (zip) of arrays, compatible with numpy: stored and deflated members, and
 * .npy versions 1 to 3.
 */
#ifndef IB_IO_NPZ_H
#define IB_IO_NPZ_H

#include "io/input.h"
#include "io/npz_member.h"

struct ib_npz; /* an open archive */

/*
 * Open the archive in `in`. An uncompressed file is read through its descriptor; any
 * other input is first read into memory. `in` must outlive the archive. Returns IB_E_DATA if the
 * input is not a zip archive or is truncated.
 */
enum ib_status ib_npz_open(struct ib_input *in, struct ib_npz **out, struct ib_error *err);
void ib_npz_close(struct ib_npz *z);

/* Returns the member of that name, or NULL. If there are several, the last one. */
const struct ib_npz_member *ib_npz_find(const struct ib_npz *z, const char *name);

/*
 * Read all items of an array, or all bytes of another member, into dst, which must have space for
 * m->nbytes. Returns IB_E_DATA if the CRC does not match.
 */
enum ib_status ib_npz_read(struct ib_npz *z, const struct ib_npz_member *m, void *dst,
			   struct ib_error *err);

/*
 * Map the items of a stored member, without checking them. Returns {NULL, 0} if that is not
 * possible. The items may be unaligned: copy them with memcpy. Valid until ib_npz_close().
 */
struct ib_span ib_npz_map(struct ib_npz *z, const struct ib_npz_member *m);

/* Returns the member `name`.npy, or NULL. */
const struct ib_npz_member *ib_npz_find_array(const struct ib_npz *z, struct ib_span name);

/* Check a mapped member against its CRC. Returns IB_E_DATA if it does not match. */
enum ib_status ib_npz_check(struct ib_npz *z, const struct ib_npz_member *m, struct ib_error *err);

/* Release the memory of a large mapping. The kernel reads the pages again if needed. */
void ib_npz_unload(struct ib_npz *z);

/*
 * Pass all bytes of the archive file to `take`, in order, piece by piece. Up to `threads` threads
 * read ahead; take is called by one thread at a time.
 */
enum ib_status ib_npz_feed(struct ib_npz *z, int threads,
			   void (*take)(void *ctx, const void *p, size_t n), void *ctx,
			   struct ib_error *err);

#endif
