/*
 * A member of a tar, and the key of the WebDataset sample to which it belongs.
 *
 * The key is the path up to the first dot of its last component. A member belongs to no sample if
 * it is not a plain file, if its last component has no dot or begins with a dot, or if its first
 * component has the form __...__.
 */
#ifndef IB_RECORD_TAR_MEMBER_H
#define IB_RECORD_TAR_MEMBER_H

#include "base/bytes.h"

struct ib_tar_member {
	struct ib_span path; /* as stored in the archive; no file of this name is ever opened */
	struct ib_span key;  /* p is NULL if the member does not belong to a sample */
	bool weight;	     /* true if the member is <key>.weight.json */
	bool file;	     /* true if the member is a plain file with content of its own */
	bool symbolic;	     /* true if the member is a symbolic link */
	struct ib_span link; /* path of the link's target; p is NULL if the member is not a link */
	struct ib_span target_key; /* key of the sample that the link's target belongs to */
	int64_t mtime;		   /* time of modification, in seconds since 1970 */
	uint64_t size;		   /* length of the content in bytes */
};

/* Consecutive bytes of a member: header, content and padding. */
struct ib_tar_piece {
	const char *p;
	size_t n;
	size_t from, to; /* p[from..to) is the content */
};
typedef void ib_tar_piece_handler(void *ctx, const struct ib_tar_piece *piece);

/* Set m->key and m->weight from m->path. Call this for a plain file or a link. */
void ib_tar_find_key(struct ib_tar_member *m);

/*
 * Read the number in the content of a weight member. The content is JSON with optional space
 * around it; null means 1. Returns false if the content is not a number.
 */
bool ib_tar_parse_weight(struct ib_span content, double *weight);

#endif
