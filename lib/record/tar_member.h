/*
 * A member of a tar, and the key of the WebDataset sample that it belongs to.
 *
 *   key        the path up to the first dot of its last component
 *   no sample  a member that is not a plain file; a last component without a
 *              dot, or one that begins with a dot; a path whose first
 *              component is __...__
 */
#ifndef IB_RECORD_TAR_MEMBER_H
#define IB_RECORD_TAR_MEMBER_H

#include "base/bytes.h"

struct ib_tar_member {
	struct ib_span path;	   /* as stored in the archive, never a path of this system */
	struct ib_span key;	   /* p is NULL if the member belongs to no sample */
	bool weight;		   /* the member is <key>.weight.json */
	bool file;		   /* the member is a plain file with content of its own */
	bool symbolic;		   /* the link is symbolic, not hard */
	struct ib_span link;	   /* path of the link's target; p is NULL if it is not a link */
	struct ib_span target_key; /* key of the sample that the link's target belongs to */
	int64_t mtime;		   /* seconds */
	uint64_t size;		   /* bytes of content */
};

/* Consecutive bytes of a member: header, content and padding. */
struct ib_tar_piece {
	const char *p;
	size_t n;
	size_t from, to; /* p[from..to) is content */
};
typedef void ib_tar_piece_handler(void *ctx, const struct ib_tar_piece *piece);

/* Find key and weight from the path of a plain file. */
void ib_tar_find_key(struct ib_tar_member *m);

/*
 * Read the number in a weight member's content: JSON, with optional space
 * around it. null is 1. Returns false if the content is not a number.
 */
bool ib_tar_parse_weight(struct ib_span content, double *weight);

#endif
