/* Group the members of a tar into samples (record/tar_samples.h). */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "record/tar_samples.h"

#include <stdlib.h>

#include "base/error.h"
#include "record/tar.h"

#define WEIGHT_MAX ((size_t)4096) /* a longer weight member cannot be a number */

struct ib_tar_samples {
	struct ib_tar *tar;
	const char *name;
	struct ib_bytes id, weight; /* buffers for the current sample */
	struct ib_bytes shard;	    /* "NAME/", or empty */
	struct ib_tar_member next;  /* first member of the next sample */
	bool more;		    /* true if `next` is set */
	uint64_t number;
	XXH3_state_t *digest;
	struct ib_bytes text; /* content of the weight member being read */
};

enum ib_status
ib_tar_samples_open(struct ib_input *in, const struct ib_span *shard,
		    const struct ib_context *context, struct ib_tar_samples **out,
		    struct ib_error *err)
{
	struct ib_tar_options options = { .context = context };
	struct ib_tar_samples *s = calloc(1, sizeof(*s));
	enum ib_status st;

	if (!s)
		return ib_fail_memory(err);
	s->name = ib_input_name(in);
	s->digest = XXH3_createState();
	if (shard) {
		ib_bytes_append(&s->shard, shard->p, shard->n);
		ib_bytes_append_char(&s->shard, '/');
	}
	st = s->digest ? ib_tar_open(in, &options, &s->tar, err) : ib_fail_memory(err);
	if (st) {
		ib_tar_samples_close(s);
		return st;
	}
	*out = s;
	return IB_OK;
}

void
ib_tar_samples_close(struct ib_tar_samples *s)
{
	if (!s)
		return;
	ib_tar_close(s->tar);
	XXH3_freeState(s->digest);
	ib_bytes_release(&s->id);
	ib_bytes_release(&s->weight);
	ib_bytes_release(&s->shard);
	ib_bytes_release(&s->text);
	free(s);
}

static void
append_text(void *ctx, const struct ib_tar_piece *piece)
{
	struct ib_tar_samples *s = ctx;

	if (s->text.n <= WEIGHT_MAX)
		ib_bytes_append(&s->text, piece->p + piece->from, piece->to - piece->from);
}

static void
hash_content(void *ctx, const struct ib_tar_piece *piece)
{
	struct ib_tar_samples *s = ctx;

	if (piece->to > piece->from)
		XXH3_128bits_update(s->digest, piece->p + piece->from, piece->to - piece->from);
}

static enum ib_status
read_member(struct ib_tar_samples *s, const struct ib_tar_member *m, struct ib_tar_sample *sample,
	    struct ib_error *err)
{
	uint64_t sizes[2] = { m->path.n, m->size };
	enum ib_status st;

	if (!m->weight) {
		XXH3_128bits_update(s->digest, sizes, sizeof(sizes));
		XXH3_128bits_update(s->digest, m->path.p, m->path.n);
		return ib_tar_pass_member(s->tar, hash_content, s, err);
	}
	if (sample->weighted)
		return ib_fail(err, IB_E_DATA, "%s: sample %llu has two weight members", s->name,
			       (unsigned long long)sample->number);
	s->text.n = 0;
	st = ib_tar_pass_member(s->tar, append_text, s, err);
	if (st)
		return st;
	sample->weighted = true;
	s->weight.n = 0;
	ib_bytes_append(&s->weight, s->text.p, s->text.n < WEIGHT_MAX ? s->text.n : WEIGHT_MAX);
	return IB_OK;
}

/* Read the next member that belongs to a sample. */
static enum ib_status
next_member(struct ib_tar_samples *s, struct ib_error *err)
{
	enum ib_status st;

	do
		st = ib_tar_next(s->tar, &s->next, err);
	while (!st && !s->next.key.p);
	s->more = st == IB_OK;
	return st;
}

enum ib_status
ib_tar_samples_next(struct ib_tar_samples *s, struct ib_tar_sample *sample, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	XXH128_canonical_t digest;
	struct ib_span key;

	if (!s->more)
		st = next_member(s, err);
	if (st)
		return st;
	*sample = (struct ib_tar_sample){ .number = ++s->number };
	s->id.n = 0;
	ib_bytes_append(&s->id, s->shard.p, s->shard.n);
	ib_bytes_append(&s->id, s->next.key.p, s->next.key.n);
	XXH3_128bits_reset(s->digest);
	do {
		st = read_member(s, &s->next, sample, err);
		if (!st)
			st = next_member(s, err);
		key = (struct ib_span){ s->id.p + s->shard.n, s->id.n - s->shard.n };
	} while (!st && ib_span_equal(key, s->next.key));
	if (st < 0)
		return st;
	if (s->id.failed || s->weight.failed || s->text.failed)
		return ib_fail_memory(err);
	sample->id = ib_bytes_span(&s->id);
	sample->weight = ib_bytes_span(&s->weight);
	XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(s->digest));
	memcpy(sample->digest, digest.digest, sizeof(sample->digest));
	return IB_OK;
}
