/*
 * Read .npz archives (zip files that hold arrays), compatible with numpy. Members may be stored
 * or deflated, and .npy headers may have versions 1 to 3.
 */
#ifndef IB_IO_NPZ_H
#define IB_IO_NPZ_H

#include "io/input.h"
#include "io/npz_member.h"

struct ib_npz; /* an open archive */

/*
 * Open the archive in `in`. If `in` is an uncompressed file, it is read through its descriptor.
 * Any other input is first read into memory. `in` must outlive the archive. Returns IB_E_DATA if
 * the input is not a zip archive or is truncated.
 */
enum ib_status ib_npz_open(struct ib_input *in, struct ib_npz **out, struct ib_error *err);
/*
 * Open a file of one array (.npy) as if it were an archive. The array is the only member, and the
 * member has no name. Returns IB_E_DATA if the header is malformed or does not match the length of
 * the file.
 */
enum ib_status ib_npz_open_array(struct ib_input *in, struct ib_npz **out, struct ib_error *err);
void ib_npz_close(struct ib_npz *z);

/* Return the only array of a file that ib_npz_open_array() opened, or NULL if z is an archive. */
const struct ib_npz_member *ib_npz_single(const struct ib_npz *z);

/*
 * Return the member with the name `name`, or NULL. If several members have this name, return the
 * last of these members.
 */
const struct ib_npz_member *ib_npz_find(const struct ib_npz *z, const char *name);

/*
 * Read all items of an array into dst, which must have space for m->nbytes. If the member is not
 * an array, read all its bytes. Returns IB_E_DATA if the CRC does not match.
 */
enum ib_status ib_npz_read(struct ib_npz *z, const struct ib_npz_member *m, void *dst,
			   struct ib_error *err);

/*
 * Map the items of a stored member without checking its CRC. Returns {NULL, 0} if the member cannot
 * be mapped. The items may be unaligned, so copy them with memcpy(). The mapping is valid until
 * ib_npz_close().
 */
struct ib_span ib_npz_map(struct ib_npz *z, const struct ib_npz_member *m);

/* Return the member `name`.npy, or NULL. */
const struct ib_npz_member *ib_npz_find_array(const struct ib_npz *z, struct ib_span name);

/*
 * Write the names of the first arrays to `text`: "id", "loss", ... At least one name must fit
 * (IB_SHOW_MAX) with ", ..." after it.
 */
void ib_npz_list_arrays(const struct ib_npz *z, char *text, size_t size);

/*
 * Check the CRC of a mapped member. Returns IB_E_DATA if the CRC does not match. Does nothing if
 * the member cannot be mapped.
 */
enum ib_status ib_npz_check(struct ib_npz *z, const struct ib_npz_member *m, struct ib_error *err);

/*
 * Release the memory of a large mapping. The mapping stays valid: if a released page is used, the
 * kernel reads the page from the file.
 */
void ib_npz_unload(struct ib_npz *z);

/*
 * Pass all bytes of the archive file to `take`, in order and in pieces. Up to `threads` threads
 * read ahead, but only one thread at a time calls take.
 */
enum ib_status ib_npz_feed(struct ib_npz *z, int threads,
			   void (*take)(void *ctx, const void *p, size_t n), void *ctx,
			   struct ib_error *err);

#endif
