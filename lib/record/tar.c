/* Read the members of a tar and resolve its links (record/tar.h). */
#include "record/tar.h"

#include <stdlib.h>

#include "base/error.h"
#include "record/tar_links.h"

struct ib_tar {
	struct ib_input *in;
	struct ib_tar_archive *archive;
	struct ib_tar_member member;	    /* the current member */
	uint64_t number;		    /* number of the next member, from 0 */
	struct ib_tar_links *links;	    /* NULL until the first link */
	const struct ib_tar_target *target; /* target of the current member, if it is a link */
};

enum ib_status
ib_tar_open(struct ib_input *in, const struct ib_tar_options *options, struct ib_tar **out,
	    struct ib_error *err)
{
	struct ib_tar *t = calloc(1, sizeof(*t));
	enum ib_status st;

	if (!t)
		return ib_fail_memory(err);
	t->in = in;
	st = ib_tar_archive_open(in, options, &t->archive, err);
	if (st) {
		free(t);
		return st;
	}
	*out = t;
	return IB_OK;
}

void
ib_tar_close(struct ib_tar *t)
{
	if (!t)
		return;
	ib_tar_archive_close(t->archive);
	ib_tar_links_free(t->links);
	free(t);
}

static enum ib_status
follow_link(struct ib_tar *t, struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	struct ib_tar_resolution resolution;

	if (!t->links)
		st = ib_tar_links_read(t->in, &t->links, err);
	if (!st)
		st = ib_tar_links_resolve(t->links, m, t->number, &resolution, err);
	if (st)
		return st;
	t->target = resolution.content;
	if (resolution.content)
		m->size = resolution.size;
	else
		m->key.p = NULL;
	m->target_key = resolution.target_key;
	return IB_OK;
}

enum ib_status
ib_tar_next(struct ib_tar *t, struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st = ib_tar_archive_next(t->archive, m, err);

	if (st)
		return st;
	t->target = NULL;
	if (m->link.p)
		st = follow_link(t, m, err);
	t->member = *m;
	t->number++;
	return st;
}

enum ib_status
ib_tar_pass_member(struct ib_tar *t, ib_tar_piece_handler *take, void *ctx, struct ib_error *err)
{
	enum ib_status st;

	if (!t->target)
		return ib_tar_archive_pass_member(t->archive, take, ctx, err);
	/* Skip the blocks of the link itself, because the target's bytes replace them. */
	st = ib_tar_archive_pass_member(t->archive, NULL, NULL, err);
	return st ? st
		  : ib_tar_links_pass_target(t->links, t->target, t->member.path, t->member.mtime,
					     take, ctx, err);
}
