/* Open an input, decompress it, and compute its digest (io/input.h). */
#include "io/input.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "io/decode.h"

struct ib_input {
	struct ib_file_source source;
	struct ib_decoder *decoder; /* NULL if the input is not compressed */
	/* the bytes that were peeked; the first head_pos of these bytes are consumed */
	struct ib_bytes head;
	size_t head_pos;
	XXH3_state_t *digest;
	bool no_digest;		/* true if the digest's state could not be allocated */
	struct ib_error failed; /* first error; its code is IB_OK if there is none */
	/*
	 * The function passed to ib_input_generate(), or NULL for any other input. If it is not
	 * NULL, only the name of `source` is used.
	 */
	size_t (*generate)(void *ctx, char *buf, size_t cap);
	void *ctx;
};

enum ib_status
ib_input_open(const char *path, struct ib_input **out, struct ib_error *err)
{
	struct ib_input *in = calloc(1, sizeof(*in));
	enum ib_codec codec;
	enum ib_status st;

	if (!in)
		return ib_fail_memory(err);
	st = ib_file_source_open(&in->source, path, err);
	if (!st)
		st = ib_file_source_probe(&in->source, IB_CODEC_PROBE, err);
	if (st)
		goto done;
	codec = ib_codec_detect(&in->source);
	if (codec != IB_CODEC_NONE)
		st = ib_decoder_new(codec, &in->source, &in->decoder, err);
	if (st)
		goto done;
	*out = in;
	in = NULL;
done:
	ib_input_close(in);
	return st;
}

enum ib_status
ib_input_generate(const char *name, size_t (*generate)(void *ctx, char *buf, size_t cap), void *ctx,
		  struct ib_input **out, struct ib_error *err)
{
	struct ib_input *in = calloc(1, sizeof(*in));

	if (in)
		in->source.name = strdup(name);
	if (!in || !in->source.name) {
		free(in);
		free(ctx);
		return ib_fail_memory(err);
	}
	in->source.fd = -1;
	in->generate = generate;
	in->ctx = ctx;
	*out = in;
	return IB_OK;
}

void
ib_input_close(struct ib_input *in)
{
	if (!in)
		return;
	ib_decoder_free(in->decoder);
	ib_file_source_close(&in->source);
	ib_bytes_release(&in->head);
	XXH3_freeState(in->digest);
	free(in->ctx);
	free(in);
}

bool
ib_input_is_file(const struct ib_input *in)
{
	return in->source.regular && in->source.start == 0;
}

enum ib_status
ib_input_open_again(const struct ib_input *in, struct ib_input **out, struct ib_error *err)
{
	return ib_input_open(in->source.opened ? in->source.name : "/dev/stdin", out, err);
}

const char *
ib_input_name(const struct ib_input *in)
{
	return in->source.name;
}

/* ---- reading ----------------------------------------------------------- */

static enum ib_status
read_plain(struct ib_file_source *source, char *buf, size_t cap, size_t *n, struct ib_error *err)
{
	size_t got = source->n - source->pos;
	enum ib_status st;

	*n = got < cap ? got : cap;
	memcpy(buf, source->block + source->pos, *n);
	source->pos += *n;
	while (*n < cap) {
		st = ib_file_source_read(source, buf + *n, cap - *n, &got, err);
		if (st)
			return st;
		if (got == 0)
			break;
		*n += got;
	}
	return IB_OK;
}

/*
 * Read from the file, after all peeked bytes were consumed. *n < cap only at the end of the file.
 */
static enum ib_status
read_file(struct ib_input *in, char *buf, size_t cap, size_t *n, struct ib_error *err)
{
	enum ib_status st;

	*n = 0;
	if (in->generate) {
		*n = in->generate(in->ctx, buf, cap);
		return IB_OK;
	}
	if (in->failed.code == IB_OK) {
		if (in->decoder)
			st = ib_decoder_read(in->decoder, buf, cap, n, &in->failed);
		else
			st = read_plain(&in->source, buf, cap, n, &in->failed);
		if (!st)
			return IB_OK;
		in->failed.code = st;
	}
	*n = 0;
	if (err)
		*err = in->failed;
	return in->failed.code;
}

enum ib_status
ib_input_peek(struct ib_input *in, size_t want, struct ib_span *head, struct ib_error *err)
{
	size_t have = in->head.n - in->head_pos, got;
	enum ib_status st;

	if (have < want) {
		if (!ib_bytes_reserve(&in->head, want - have))
			return ib_fail_memory(err);
		st = read_file(in, in->head.p + in->head.n, want - have, &got, err);
		if (st)
			return st;
		in->head.n += got;
		have += got;
	}
	*head = (struct ib_span){ "", 0 };
	if (have > 0)
		*head = (struct ib_span){ in->head.p + in->head_pos, have < want ? have : want };
	return IB_OK;
}

enum ib_status
ib_input_read(struct ib_input *in, char *buf, size_t cap, size_t *n, struct ib_error *err)
{
	size_t have = in->head.n - in->head_pos, got;
	enum ib_status st;

	*n = have < cap ? have : cap;
	if (*n > 0)
		memcpy(buf, in->head.p + in->head_pos, *n);
	in->head_pos += *n;
	if (in->head_pos == in->head.n) {
		ib_bytes_release(&in->head);
		in->head_pos = 0;
	}
	if (*n < cap) {
		st = read_file(in, buf + *n, cap - *n, &got, err);
		if (st) {
			*n = 0;
			return st;
		}
		*n += got;
	}
	if (in->no_digest)
		return ib_fail_memory(err);
	if (in->digest)
		ib_hash128_update(in->digest, buf, *n);
	return *n > 0 || cap == 0 ? IB_OK : IB_EOF;
}

enum ib_status
ib_input_slurp(struct ib_input *in, char **p, size_t *n, struct ib_error *err)
{
	uint64_t size = in->decoder ? 0 : in->source.size;
	struct ib_bytes all = { 0 };
	enum ib_status st = IB_OK;
	size_t got = 0;

	/*
	 * Reserve one more byte, so that the first read of an uncompressed file reads the complete
	 * file and detects its end.
	 */
	if (size >= SIZE_MAX / 2 || !ib_bytes_reserve(&all, (size_t)size + 1))
		return ib_fail_memory(err);
	while (!st) {
		if (all.n == all.cap && !ib_bytes_reserve(&all, 1)) {
			st = ib_fail_memory(err);
			break;
		}
		st = ib_input_read(in, all.p + all.n, all.cap - all.n, &got, err);
		all.n += got;
	}
	if (st != IB_EOF) {
		ib_bytes_release(&all);
		return st;
	}
	*p = all.p;
	*n = all.n;
	return IB_OK;
}

enum ib_status
ib_input_drain(struct ib_input *in, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t n;
	char *buf;

	if (!in->digest && !in->no_digest)
		return IB_OK;
	buf = malloc(IB_FILE_SOURCE_BLOCK);
	if (!buf)
		return ib_fail_memory(err);
	while (!st)
		st = ib_input_read(in, buf, IB_FILE_SOURCE_BLOCK, &n, err);
	free(buf);
	return st == IB_EOF ? IB_OK : st;
}

/* ---- properties ------------------------------------------------ */

void
ib_input_want_digest(struct ib_input *in)
{
	if (in->digest)
		return;
	in->digest = XXH3_createState();
	in->no_digest = !in->digest;
	if (in->digest)
		XXH3_128bits_reset(in->digest);
}

void
ib_input_digest(const struct ib_input *in, char out[33])
{
	ib_hex_xxh128(out, in->digest ? XXH3_128bits_digest(in->digest) : XXH3_128bits("", 0));
}

uint64_t
ib_input_position(const struct ib_input *in)
{
	return atomic_load_explicit(&in->source.position, memory_order_relaxed);
}

uint64_t
ib_input_size(const struct ib_input *in)
{
	return in->source.size;
}

int
ib_input_plain_fd(const struct ib_input *in)
{
	/* Offsets in the input equal the offsets in the file only if reading began at 0. */
	if (in->decoder || !in->source.regular || in->source.start != 0)
		return -1;
	return in->source.fd;
}

struct ib_span
ib_input_stem(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct ib_span stem = ib_span_of(slash ? slash + 1 : path);
	size_t suffix = strlen(ib_codec_suffix(ib_codec_of_name(stem)));

	if (suffix < stem.n)
		stem.n -= suffix;
	return stem;
}
