/*
 * What the header blocks of one tar member say of its name, byte for byte: what
 * libarchive makes of names depends on the locale.
 */
#ifndef IB_RECORD_TAR_HEADER_H
#define IB_RECORD_TAR_HEADER_H

#include "base/bytes.h"

#define IB_TAR_BLOCK ((size_t)512)

#define IB_TAR_HARD_LINK '1'
#define IB_TAR_SYMBOLIC_LINK '2'

struct ib_tar_header {
	struct ib_bytes path;
	struct ib_bytes link; /* the target's path, of a link */
	char type;	      /* of the member itself */
};

/* Read blocks p[0..n), which libarchive has found sound; false: no memory. */
bool ib_tar_header_read(struct ib_tar_header *h, const char *p, size_t n);
void ib_tar_header_release(struct ib_tar_header *h);

/* A block of zeros, as they end an archive? */
bool ib_tar_is_end_block(const char *p);

/* Do p[0..n) begin as the header of a tar does, damaged or not? */
bool ib_tar_is_header(const char *p, size_t n);

/* Give a member's last header block another size of content. */
void ib_tar_header_set_size(char *block, uint64_t size);

/*
 * A path without "", "." and ".." components, as far as that goes: seen from
 * folder, unless it begins with a slash.
 */
void ib_tar_normalize_path(struct ib_bytes *out, struct ib_span folder, struct ib_span path);

#endif
