/*
 * Read the names in the header blocks of a tar member, byte for byte. libarchive is not used for
 * this, because it converts names depending on the locale.
 */
#ifndef IB_RECORD_TAR_HEADER_H
#define IB_RECORD_TAR_HEADER_H

#include "base/bytes.h"

#define IB_TAR_BLOCK ((size_t)512)

#define IB_TAR_HARD_LINK '1'
#define IB_TAR_SYMBOLIC_LINK '2'

struct ib_tar_header {
	struct ib_bytes path;
	struct ib_bytes link; /* path of a link's target */
	char type;	      /* type byte of the member's own header block */
};

/*
 * Parse the header blocks p[0..n), which libarchive has accepted. Returns false if out of memory.
 */
bool ib_tar_header_read(struct ib_tar_header *h, const char *p, size_t n);
void ib_tar_header_release(struct ib_tar_header *h);

/* True if the block is all zeros, as at the end of an archive. */
bool ib_tar_is_end_block(const char *p);

/* True if p[0..n) begins like the header of a tar member, even if the header is damaged. */
bool ib_tar_is_header(const char *p, size_t n);

/* Set the content size in a member's last header block, and compute the checksum again. */
void ib_tar_header_set_size(char *block, uint64_t size);

/*
 * Write the path to out without empty, "." and ".." components. If the path does not begin with a
 * slash, it is relative to `folder`. A ".." component that leads above the start of the path is
 * kept.
 */
void ib_tar_normalize_path(struct ib_bytes *out, struct ib_span folder, struct ib_span path);

#endif
