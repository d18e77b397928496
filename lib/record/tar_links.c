/* Find the targets of links in a tar, and keep what the links need (record/tar_links.h). */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "record/tar_links.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "record/pieces.h"
#include "record/tar_header.h"
#include "record/tar_writer.h"

#define HOPS_MAX 32 /* a longer chain of links is assumed to be a cycle */

/* An entry of the list of members: a plain file or a link. */
struct ib_tar_target {
	XXH128_hash_t path;
	XXH128_hash_t to; /* hash of the path of the target, if the member is a link */
	uint64_t number;  /* number of the member in the archive, from 0 */
	uint64_t size;	  /* length of a file's content in bytes */
	uint64_t place;	  /* position of the content in the spill file */
	size_t key;	  /* offset of the member's key in `keys` */
	uint32_t key_n;	  /* length of the key; 0 if the member has none */
	bool link;
	bool symbolic;
	bool in_sample; /* true if the link is inside a sample that has the link's own key */
	bool content;	/* true if a link whose in_sample is true needs the content */
	bool shared;	/* true if a link is kept or dropped together with this member's sample */
};

struct ib_tar_links {
	const char *name;
	bool pipe;
	struct ib_tar_target *v; /* the list, sorted by path, then by number */
	size_t n, cap;
	size_t pending; /* v[pending..n) are the links after the most recent file */
	struct ib_bytes last_file_key;
	struct ib_bytes keys;
	struct ib_pieces *contents; /* the contents that links need */
	struct ib_tar_maker *maker;
	struct ib_bytes path; /* scratch, for normalized paths */
	struct ib_bytes header;
};

/* ---- paths ---------------------------------------------------------------------- */

static XXH128_hash_t
hash_path(struct ib_tar_links *l, struct ib_span folder, struct ib_span path)
{
	ib_tar_normalize_path(&l->path, folder, path);
	return XXH3_128bits(l->path.p, l->path.n);
}

/*
 * Return the hash of the path of a link's target. The target of a symbolic link is relative to
 * the link's folder. The target of a hard link is relative to the root of the archive.
 */
static XXH128_hash_t
hash_target(struct ib_tar_links *l, const struct ib_tar_member *m)
{
	struct ib_span folder = m->path;

	while (folder.n > 0 && folder.p[folder.n - 1] != '/')
		folder.n--;
	if (!m->symbolic)
		folder.n = 0;
	return hash_path(l, folder, m->link);
}

static int
compare_targets(const void *x, const void *y)
{
	const struct ib_tar_target *a = x, *b = y;
	int order = XXH128_cmp(&a->path, &b->path);

	return order ? order : (a->number > b->number) - (a->number < b->number);
}

/* Return the last member with this path whose number is at most `number`, or NULL. */
static struct ib_tar_target *
find_path(const struct ib_tar_links *l, XXH128_hash_t path, uint64_t number)
{
	struct ib_tar_target wanted = { .path = path, .number = number };
	size_t from = 0, to = l->n, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (compare_targets(&l->v[middle], &wanted) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from > 0 && XXH128_isEqual(l->v[from - 1].path, path) ? &l->v[from - 1] : NULL;
}

/*
 * Return the member to which a link points. For a hard link, a member before the link is preferred
 * if several members have the path.
 */
static const struct ib_tar_target *
find_next(const struct ib_tar_links *l, const struct ib_tar_target *t)
{
	const struct ib_tar_target *to = NULL;

	if (!t->symbolic && t->number > 0)
		to = find_path(l, t->to, t->number - 1);
	return to ? to : find_path(l, t->to, UINT64_MAX);
}

/*
 * Follow a chain of links to a file. If stop_in_sample is true, also stop at a link that is read as
 * a file. Returns NULL if the chain ends at no member or is too long.
 */
static struct ib_tar_target *
follow(const struct ib_tar_links *l, const struct ib_tar_target *t, bool stop_in_sample)
{
	int hops;

	for (hops = 0; t && t->link && hops < HOPS_MAX; hops++) {
		t = find_next(l, t);
		if (stop_in_sample && t && t->in_sample)
			break;
	}
	return t && (!t->link || (stop_in_sample && t->in_sample))
		       ? (struct ib_tar_target *)(uintptr_t)t
		       : NULL;
}

/* Find the list entry of member `number` of the archive. */
static struct ib_tar_target *
find_member(struct ib_tar_links *l, const struct ib_tar_member *m, uint64_t number)
{
	struct ib_tar_target *t =
		find_path(l, hash_path(l, (struct ib_span){ "", 0 }, m->path), number);

	return t && t->number == number ? t : NULL;
}

/* ---- reading -------------------------------------------------------------------- */

static struct ib_span
key_of(const struct ib_tar_links *l, const struct ib_tar_target *t)
{
	return t->key_n > 0 ? (struct ib_span){ l->keys.p + t->key, t->key_n }
			    : (struct ib_span){ "", 0 };
}

/*
 * Set in_sample of each link that is inside a sample with the key of the link. If the new member is
 * a link, compare its key with the key of the file before it. If the new member is a file, compare
 * its key with the keys of the links before the file.
 */
static void
mark_links_in_samples(struct ib_tar_links *l, const struct ib_tar_member *m)
{
	struct ib_tar_target *t = &l->v[l->n - 1];
	size_t i;

	if (t->link) {
		t->in_sample = ib_span_equal(ib_bytes_span(&l->last_file_key), m->key);
		return;
	}
	for (i = l->pending; i < l->n; i++)
		if (l->v[i].link && ib_span_equal(key_of(l, &l->v[i]), m->key))
			l->v[i].in_sample = true;
	l->pending = l->n;
	l->keys.n = 0; /* the keys of the links before the file are no longer needed */
	l->last_file_key.n = 0;
	ib_bytes_append(&l->last_file_key, m->key.p, m->key.n);
}

static void
store_key(struct ib_tar_links *l, struct ib_tar_target *t, struct ib_span key)
{
	t->key = l->keys.n;
	t->key_n = (uint32_t)key.n;
	ib_bytes_append(&l->keys, key.p, key.n);
}

static enum ib_status
add_member(struct ib_tar_links *l, const struct ib_tar_member *m, uint64_t number,
	   struct ib_error *err)
{
	struct ib_tar_target *v;

	if (!ib_array_reserve(&l->v, &l->cap, l->n + 1, sizeof(*v)))
		return ib_fail_memory(err);
	v = &l->v[l->n++];
	*v = (struct ib_tar_target){ .number = number,
				     .link = m->link.p != NULL,
				     .symbolic = m->symbolic };
	v->path = hash_path(l, (struct ib_span){ "", 0 }, m->path);
	if (v->link) {
		v->to = hash_target(l, m);
		store_key(l, v, m->key);
	}
	if (m->key.p)
		mark_links_in_samples(l, m);
	return l->path.failed || l->keys.failed || l->last_file_key.failed ? ib_fail_memory(err)
									   : IB_OK;
}

static void
keep_content(void *ctx, const struct ib_tar_piece *piece)
{
	struct ib_tar_links *l = ctx;
	struct ib_tar_piece content = { .p = piece->p + piece->from, .n = piece->to - piece->from };

	content.to = content.n;
	if (content.n > 0)
		ib_pieces_write(l->contents, 0, &content);
}

/* If a link needs the key or the content of the member, store the key or the content. */
static enum ib_status
keep_member(struct ib_tar_links *l, struct ib_tar_archive *tar, const struct ib_tar_member *m,
	    uint64_t number, struct ib_error *err)
{
	struct ib_tar_target *t = find_member(l, m, number);
	enum ib_status st;

	if (t && t->shared)
		store_key(l, t, m->key);
	if (l->path.failed || l->keys.failed)
		return ib_fail_memory(err);
	if (!t || !t->content)
		return IB_OK;
	t->size = m->size;
	t->place = ib_pieces_end(l->contents);
	st = ib_tar_archive_pass_member(tar, keep_content, l, err);
	return st ? st : ib_pieces_status(l->contents, err);
}

/*
 * Read all members from the start of the input. If `keep` is false, add the members to the list. If
 * `keep` is true, store the keys and the contents that links need.
 */
static enum ib_status
read_members(struct ib_tar_links *l, const struct ib_input *in, bool keep, struct ib_error *err)
{
	struct ib_input *again = NULL;
	struct ib_tar_archive *tar = NULL;
	struct ib_tar_member m;
	uint64_t number = 0;
	enum ib_status st;

	st = ib_input_open_again(in, &again, err);
	if (!st)
		st = ib_tar_archive_open(again, NULL, &tar, err);
	for (; !st && !(st = ib_tar_archive_next(tar, &m, err)); number++)
		if (keep)
			st = keep_member(l, tar, &m, number, err);
		else if (m.file || m.link.p)
			st = add_member(l, &m, number, err);
	ib_tar_archive_close(tar);
	ib_input_close(again);
	return st == IB_EOF ? IB_OK : st;
}

/* Mark the members that links need. Returns false if no link needs a member. */
static bool
mark_targets(struct ib_tar_links *l)
{
	struct ib_tar_target *t, *to;
	bool any = false;
	size_t i;

	for (i = 0; i < l->n; i++) {
		t = &l->v[i];
		to = t->in_sample ? follow(l, t, false) : NULL;
		t->in_sample = to != NULL;
		if (to)
			any = to->content = true;
	}
	for (i = 0; i < l->n; i++) {
		t = &l->v[i];
		to = t->link && !t->in_sample ? follow(l, t, true) : NULL;
		if (to)
			any = to->shared = true;
	}
	return any;
}

static enum ib_status
read_links(struct ib_tar_links *l, const struct ib_input *in, struct ib_error *err)
{
	enum ib_status st = ib_pieces_new(NULL, &l->contents, err);
	size_t i;

	if (!st)
		st = ib_tar_maker_new(&l->maker, err);
	if (!st)
		st = read_members(l, in, false, err);
	if (st)
		return st;
	l->keys.n = 0;
	for (i = 0; i < l->n; i++)
		l->v[i].key_n = 0;
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), compare_targets);
	return mark_targets(l) ? read_members(l, in, true, err) : IB_OK;
}

enum ib_status
ib_tar_links_read(struct ib_input *in, struct ib_tar_links **out, struct ib_error *err)
{
	struct ib_tar_links *l = calloc(1, sizeof(*l));
	enum ib_status st = IB_OK;

	if (!l)
		return ib_fail_memory(err);
	l->name = ib_input_name(in);
	l->pipe = !ib_input_is_file(in);
	if (!l->pipe)
		st = read_links(l, in, err);
	if (st) {
		ib_tar_links_free(l);
		return st;
	}
	*out = l;
	return IB_OK;
}

void
ib_tar_links_free(struct ib_tar_links *l)
{
	if (!l)
		return;
	ib_pieces_free(l->contents);
	ib_tar_maker_free(l->maker);
	ib_bytes_release(&l->path);
	ib_bytes_release(&l->header);
	ib_bytes_release(&l->last_file_key);
	ib_bytes_release(&l->keys);
	free(l->v);
	free(l);
}

/* ---- a link --------------------------------------------------------------------- */

/* Fail if the target of the link is needed: the input is a pipe, which cannot be read twice. */
static enum ib_status
check_in_pipe(const struct ib_tar_links *l, const struct ib_tar_member *link, struct ib_error *err)
{
	struct ib_tar_member target = { .path = link->link };
	char show[IB_SHOW_MAX];

	ib_tar_find_key(&target);
	if (!link->key.p && !target.key.p)
		return IB_OK;
	return ib_fail(err, IB_E_DATA,
		       "%s: %s is a link, and a pipe cannot be read again to find its target: pass "
		       "the tar by name, or create the tar with --dereference --hard-dereference",
		       l->name, ib_show(show, link->path));
}

enum ib_status
ib_tar_links_resolve(struct ib_tar_links *l, const struct ib_tar_member *link, uint64_t number,
		     struct ib_tar_resolution *resolution, struct ib_error *err)
{
	const struct ib_tar_target *t, *to;

	*resolution = (struct ib_tar_resolution){ 0 };
	if (l->pipe)
		return check_in_pipe(l, link, err);
	t = find_member(l, link, number);
	if (l->path.failed)
		return ib_fail_memory(err);
	to = t && t->link ? follow(l, t, !t->in_sample) : NULL;
	if (to && t->in_sample) {
		resolution->content = to;
		resolution->size = to->size;
	} else if (to && to->key_n > 0) {
		resolution->target_key = key_of(l, to);
	}
	return IB_OK;
}

/*
 * Create the header blocks of a plain file: create the blocks of an empty file, and then set the
 * size.
 */
static enum ib_status
make_header(struct ib_tar_links *l, const struct ib_tar_target *target, struct ib_span path,
	    int64_t mtime, struct ib_error *err)
{
	struct ib_tar_piece piece;
	enum ib_status st;

	st = ib_tar_make(l->maker, path, mtime, (struct ib_span){ "", 0 }, &piece, err);
	if (st)
		return st;
	l->header.n = 0;
	ib_bytes_append(&l->header, piece.p, piece.n);
	if (l->header.failed)
		return ib_fail_memory(err);
	ib_tar_header_set_size(l->header.p + l->header.n - IB_TAR_BLOCK, target->size);
	return IB_OK;
}

static void
pass_bytes(const char *p, size_t n, bool content, ib_tar_piece_handler *take, void *ctx)
{
	struct ib_tar_piece piece = { .p = p, .n = n, .from = n, .to = n };

	if (content)
		piece.from = 0;
	if (n > 0)
		take(ctx, &piece);
}

enum ib_status
ib_tar_links_pass_target(struct ib_tar_links *l, const struct ib_tar_target *target,
			 struct ib_span path, int64_t mtime, ib_tar_piece_handler *take, void *ctx,
			 struct ib_error *err)
{
	static const char zeros[IB_TAR_BLOCK];
	enum ib_status st = make_header(l, target, path, mtime, err);
	struct ib_tar_piece content;
	uint64_t left;
	unsigned kind;

	if (st)
		return st;
	pass_bytes(l->header.p, l->header.n, false, take, ctx);
	ib_pieces_seek(l->contents, target->place);
	for (left = target->size; left > 0; left -= content.n) {
		st = ib_pieces_get(l->contents, &kind, &content, err);
		if (st || content.n > left)
			break;
		pass_bytes(content.p, content.n, true, take, ctx);
	}
	pass_bytes(zeros, (size_t)(-target->size % IB_TAR_BLOCK), false, take, ctx);
	return st < 0 ? st : IB_OK;
}
