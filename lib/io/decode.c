/*
 * Decompress each format with its own library. The filters of libarchive (3.6.2) are not used,
 * because they accept damaged files. The gzip filter of libarchive checks neither the CRC nor
 * the length nor the data after the end. The xz and bzip2 filters treat a truncated or invalid
 * second stream as the end of the file. The lz4 filter fails at an empty frame. For the speeds,
 * see tests/PERFORMANCE.md.
 */
#include "io/decode.h"

#include <bzlib.h>
#include <limits.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/bytes.h"
#include "base/error.h"

/* The input and the output of one decompression step, which advances both. */
struct flow {
	const unsigned char *in;
	size_t in_n;
	unsigned char *out;
	size_t out_n;
};

struct ib_decoder {
	const struct format *format;
	struct ib_file_source *source;
	bool within; /* true inside a frame or member; if the file ends there, it is truncated */
	bool more;   /* true if the library may hold output that did not fit into the buffer */
	bool begun;  /* true if the library's state is allocated; begin() then only resets it */
	bool end;    /* true if the file has ended */
	union {
		ZSTD_DCtx *zstd;
		z_stream gzip;
		lzma_stream xz;
		bz_stream bzip2;
		LZ4F_dctx *lz4;
	} u;
};

/*
 * A compression format. begin() is called before each member, and returns false if out of memory.
 * step() returns IB_OK inside a member, IB_EOF at the end of a member, IB_E_DATA for invalid
 * data, or IB_E_IO if out of memory.
 */
struct format {
	const char *name;
	/* The padding after a member has a multiple of this many bytes; 0: no padding. */
	size_t padding;
	bool (*begin)(struct ib_decoder *d);
	enum ib_status (*step)(struct ib_decoder *d, struct flow *f);
	void (*release)(struct ib_decoder *d);
};

/* ---- detection -------------------------------------------------------- */

struct magic {
	enum ib_codec codec;
	size_t n;
	unsigned char bytes[6], mask[6];
};

static const struct magic magics[] = {
	{ IB_CODEC_ZSTD, 4, { 0x28, 0xb5, 0x2f, 0xfd }, { 0xff, 0xff, 0xff, 0xff } },
	{ IB_CODEC_ZSTD,
	  4,
	  { 0x50, 0x2a, 0x4d, 0x18 }, /* skippable frame */
	  { 0xf0, 0xff, 0xff, 0xff } },
	{ IB_CODEC_GZIP, 2, { 0x1f, 0x8b }, { 0xff, 0xff } },
	{ IB_CODEC_XZ, 6, { 0xfd, '7', 'z', 'X', 'Z', 0 }, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	{ IB_CODEC_BZIP2, 4, { 'B', 'Z', 'h', '0' }, { 0xff, 0xff, 0xff, 0xf0 } },
	{ IB_CODEC_LZ4, 4, { 0x04, 0x22, 0x4d, 0x18 }, { 0xff, 0xff, 0xff, 0xff } },
};

static bool
has_magic(const unsigned char *p, size_t n, const struct magic *m)
{
	size_t i;

	for (i = 0; i < n && i < m->n; i++)
		if ((p[i] & m->mask[i]) != m->bytes[i])
			return false;
	return true;
}

/*
 * A text file may begin with "BZh9". So also check the bytes after "BZh9", which in a bzip2 file
 * are the magic number of a block or of the end of the stream.
 */
static bool
is_bzip2_block(const unsigned char *p, size_t n)
{
	static const unsigned char block[6] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 };
	static const unsigned char end[6] = { 0x17, 0x72, 0x45, 0x38, 0x50, 0x90 };
	size_t rest = n - 4 < 6 ? n - 4 : 6;

	return memcmp(p + 4, block, rest) == 0 || memcmp(p + 4, end, rest) == 0;
}

/*
 * True if the file begins with this magic number. A file that ends inside the magic number is
 * treated as a truncated compressed file only if its name has the suffix of the format.
 */
static bool
is_codec(const struct magic *m, const struct ib_file_source *source)
{
	const unsigned char *p = (const unsigned char *)source->block;
	size_t least = m->codec == IB_CODEC_BZIP2 ? 10 : m->n;

	if (source->n == 0 || !has_magic(p, source->n, m))
		return false;
	if (source->n < least && ib_codec_of_name(ib_span_of(source->name)) != m->codec)
		return false;
	return m->codec != IB_CODEC_BZIP2 || source->n <= 4 || is_bzip2_block(p, source->n);
}

enum ib_codec
ib_codec_detect(const struct ib_file_source *source)
{
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (is_codec(&magics[i], source))
			return magics[i].codec;
	return IB_CODEC_NONE;
}

/* ---- the formats -------------------------------------------------------- */

static bool
zstd_begin(struct ib_decoder *d)
{
	ZSTD_bounds window = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);

	if (d->begun)
		return true;
	d->u.zstd = ZSTD_createDCtx();
	/*
	 * Also accept files that were written with `zstd --long=31`. For other files, the memory
	 * of the larger window is not touched and costs nothing.
	 */
	if (d->u.zstd && !ZSTD_isError(window.error))
		ZSTD_DCtx_setParameter(d->u.zstd, ZSTD_d_windowLogMax, window.upperBound);
	return d->u.zstd != NULL;
}

static enum ib_status
zstd_step(struct ib_decoder *d, struct flow *f)
{
	ZSTD_inBuffer in = { f->in, f->in_n, 0 };
	ZSTD_outBuffer out = { f->out, f->out_n, 0 };
	size_t left = ZSTD_decompressStream(d->u.zstd, &out, &in);

	if (ZSTD_isError(left))
		return ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation ? IB_E_IO
									       : IB_E_DATA;
	f->in += in.pos;
	f->in_n -= in.pos;
	f->out += out.pos;
	f->out_n -= out.pos;
	return left == 0 ? IB_EOF : IB_OK;
}

static void
zstd_release(struct ib_decoder *d)
{
	ZSTD_freeDCtx(d->u.zstd);
}

static bool
gzip_begin(struct ib_decoder *d)
{
	if (d->begun)
		return inflateReset(&d->u.gzip) == Z_OK;
	/* The window bits 15 + 16 make zlib expect a gzip header and trailer, and check them. */
	return inflateInit2(&d->u.gzip, 15 + 16) == Z_OK;
}

static unsigned
clip_to_int(size_t n)
{
	return n < INT_MAX ? (unsigned)n : INT_MAX;
}

static enum ib_status
gzip_step(struct ib_decoder *d, struct flow *f)
{
	z_stream *z = &d->u.gzip;
	int ret;

	z->next_in = (unsigned char *)(uintptr_t)f->in;
	z->avail_in = clip_to_int(f->in_n);
	z->next_out = f->out;
	z->avail_out = clip_to_int(f->out_n);
	ret = inflate(z, Z_NO_FLUSH);
	f->in_n -= (size_t)(z->next_in - f->in);
	f->in = z->next_in;
	f->out_n -= (size_t)(z->next_out - f->out);
	f->out = z->next_out;
	if (ret == Z_STREAM_END)
		return IB_EOF;
	if (ret == Z_MEM_ERROR)
		return IB_E_IO;
	return ret == Z_OK || ret == Z_BUF_ERROR ? IB_OK : IB_E_DATA;
}

static void
gzip_release(struct ib_decoder *d)
{
	inflateEnd(&d->u.gzip);
}

static bool
xz_begin(struct ib_decoder *d)
{
	if (!d->begun)
		d->u.xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&d->u.xz, UINT64_MAX, 0) == LZMA_OK;
}

static enum ib_status
xz_step(struct ib_decoder *d, struct flow *f)
{
	lzma_stream *z = &d->u.xz;
	lzma_ret ret;

	z->next_in = f->in;
	z->avail_in = f->in_n;
	z->next_out = f->out;
	z->avail_out = f->out_n;
	ret = lzma_code(z, LZMA_RUN);
	f->in = z->next_in;
	f->in_n = z->avail_in;
	f->out = z->next_out;
	f->out_n = z->avail_out;
	if (ret == LZMA_STREAM_END)
		return IB_EOF;
	if (ret == LZMA_MEM_ERROR)
		return IB_E_IO;
	return ret == LZMA_OK || ret == LZMA_BUF_ERROR ? IB_OK : IB_E_DATA;
}

static void
xz_release(struct ib_decoder *d)
{
	lzma_end(&d->u.xz);
}

static bool
bzip2_begin(struct ib_decoder *d)
{
	if (d->begun)
		BZ2_bzDecompressEnd(&d->u.bzip2);
	d->u.bzip2 = (bz_stream){ 0 };
	return BZ2_bzDecompressInit(&d->u.bzip2, 0, 0) == BZ_OK;
}

static enum ib_status
bzip2_step(struct ib_decoder *d, struct flow *f)
{
	bz_stream *z = &d->u.bzip2;
	int ret;

	z->next_in = (char *)(uintptr_t)f->in;
	z->avail_in = clip_to_int(f->in_n);
	z->next_out = (char *)f->out;
	z->avail_out = clip_to_int(f->out_n);
	ret = BZ2_bzDecompress(z);
	f->in_n -= (size_t)((unsigned char *)z->next_in - f->in);
	f->in = (unsigned char *)z->next_in;
	f->out_n -= (size_t)((unsigned char *)z->next_out - f->out);
	f->out = (unsigned char *)z->next_out;
	if (ret == BZ_STREAM_END)
		return IB_EOF;
	if (ret == BZ_MEM_ERROR)
		return IB_E_IO;
	return ret == BZ_OK ? IB_OK : IB_E_DATA;
}

static void
bzip2_release(struct ib_decoder *d)
{
	BZ2_bzDecompressEnd(&d->u.bzip2);
}

static bool
lz4_begin(struct ib_decoder *d)
{
	if (d->begun)
		return true;
	return !LZ4F_isError(LZ4F_createDecompressionContext(&d->u.lz4, LZ4F_VERSION));
}

static enum ib_status
lz4_step(struct ib_decoder *d, struct flow *f)
{
	size_t in_n = f->in_n, out_n = f->out_n;
	size_t left = LZ4F_decompress(d->u.lz4, f->out, &out_n, f->in, &in_n, NULL);

	/* liblz4 exports the names of its errors, but not their numbers. */
	if (LZ4F_isError(left))
		return strcmp(LZ4F_getErrorName(left), "ERROR_allocation_failed") == 0 ? IB_E_IO
										       : IB_E_DATA;
	f->in += in_n;
	f->in_n -= in_n;
	f->out += out_n;
	f->out_n -= out_n;
	return left == 0 ? IB_EOF : IB_OK;
}

static void
lz4_release(struct ib_decoder *d)
{
	LZ4F_freeDecompressionContext(d->u.lz4);
}

static const struct format formats[] = {
	[IB_CODEC_ZSTD] = { "zstd", 0, zstd_begin, zstd_step, zstd_release },
	[IB_CODEC_GZIP] = { "gzip", 1, gzip_begin, gzip_step, gzip_release },
	[IB_CODEC_XZ] = { "xz", 4, xz_begin, xz_step, xz_release },
	[IB_CODEC_BZIP2] = { "bzip2", 0, bzip2_begin, bzip2_step, bzip2_release },
	[IB_CODEC_LZ4] = { "lz4", 0, lz4_begin, lz4_step, lz4_release },
};

/* ---- sequences of members --------------------------------------------------- */

enum ib_status
ib_decoder_new(enum ib_codec codec, struct ib_file_source *source, struct ib_decoder **out,
	       struct ib_error *err)
{
	struct ib_decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return ib_fail_memory(err);
	d->format = &formats[codec];
	d->source = source;
	*out = d;
	return IB_OK;
}

void
ib_decoder_free(struct ib_decoder *d)
{
	if (d && d->begun)
		d->format->release(d);
	free(d);
}

static enum ib_status
corrupt(const struct ib_decoder *d, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA, "%s: truncated or corrupt %s data", d->source->name,
		       d->format->name);
}

/* Skip the padding after a member, and begin the next member unless the file ends. */
static enum ib_status
next_member(struct ib_decoder *d, struct ib_error *err)
{
	size_t padding = d->begun ? d->format->padding : 0, zeros = 0;
	struct ib_file_source *source = d->source;
	enum ib_status st;

	while ((st = ib_file_source_fill(source, IB_FILE_SOURCE_BLOCK, err)) == IB_OK &&
	       padding > 0 && source->block[source->pos] == '\0') {
		zeros++;
		source->pos++;
	}
	if (st != IB_OK && st != IB_EOF)
		return st;
	if (padding > 0 && zeros % padding != 0)
		return corrupt(d, err);
	if (st == IB_EOF) {
		d->end = true;
		return IB_OK;
	}
	if (!d->format->begin(d))
		return ib_fail_memory(err);
	d->begun = d->within = true;
	return IB_OK;
}

static enum ib_status
step(struct ib_decoder *d, struct flow *f, struct ib_error *err)
{
	struct ib_file_source *source = d->source;
	enum ib_status st;

	st = d->more ? IB_OK : ib_file_source_fill(source, IB_FILE_SOURCE_BLOCK, err);
	if (st)
		return st == IB_EOF ? corrupt(d, err) : st;
	f->in = (unsigned char *)source->block + source->pos;
	f->in_n = source->n - source->pos;
	st = d->format->step(d, f);
	source->pos = source->n - f->in_n;
	d->within = st != IB_EOF;
	d->more = d->within && f->out_n == 0;
	if (st == IB_E_DATA)
		return corrupt(d, err);
	return st == IB_E_IO ? ib_fail_memory(err) : IB_OK;
}

enum ib_status
ib_decoder_read(struct ib_decoder *d, char *buf, size_t cap, size_t *n, struct ib_error *err)
{
	struct flow f = { .out = (unsigned char *)buf, .out_n = cap };
	enum ib_status st = IB_OK;

	while (!st && f.out_n > 0 && !d->end)
		st = d->within ? step(d, &f, err) : next_member(d, err);
	*n = cap - f.out_n;
	return st;
}
