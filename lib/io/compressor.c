/* Write data to a descriptor, compressed by zstd or gzip, or uncompressed (io/compressor.h). */
#include "io/compressor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/error.h"
#include "base/system.h"
#include "io/descriptor.h"

#define ZSTD_LEVEL 3 /* for outputs; audit logs use LEVEL of io/zstd_log_writer.c */
#define PACKED_BLOCK ((size_t)256 << 10)
/*
 * After each AHEAD bytes, the system is asked to start writing them to disk, so that fsync() at
 * the end does not have to wait. See tests/PERFORMANCE.md.
 */
#define AHEAD ((off_t)16 << 20)

struct ib_compressor {
	const char *name;
	int fd;
	bool ahead;
	off_t written; /* bytes written to fd */
	off_t begun;   /* bytes that the system was asked to write to disk */
	enum ib_codec codec;
	ZSTD_CCtx *zstd;
	z_stream gzip;
	bool gzip_ready;
	char *packed; /* buffer of PACKED_BLOCK bytes */
};

/* Write all n bytes to fd. Returns IB_E_PIPE or IB_E_IO on errors. */
static enum ib_status
write_all(const char *name, int fd, const void *p, size_t n, struct ib_error *err)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	const char *at = p;
	ssize_t done;

	while (n > 0) {
		done = ib_fd_write(fd, at, n < SSIZE_MAX ? n : SSIZE_MAX);
		if (done >= 0) {
			at += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			poll(&wait, 1, -1);
		} else {
			return ib_fail_errno(err, errno == EPIPE ? IB_E_PIPE : IB_E_IO, name,
					     "write");
		}
	}
	return IB_OK;
}

/*
 * Use one worker thread. With libzstd 1.5.4, the output is the same for one or more workers, but
 * different without workers or with a pledged size.
 */
ZSTD_CCtx *
ib_zstd_new(int level)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();

	if (!zstd)
		return NULL;
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_nbWorkers, 1);
	return zstd;
}

static bool
start_zstd(struct ib_compressor *s)
{
	s->zstd = ib_zstd_new(ZSTD_LEVEL);
	return s->zstd != NULL;
}

/* The window bits 15 + 16 make zlib write a gzip header, with an empty name and time. */
static bool
start_gzip(struct ib_compressor *s)
{
	s->gzip_ready = deflateInit2(&s->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
				     Z_DEFAULT_STRATEGY) == Z_OK;
	return s->gzip_ready;
}

enum ib_status
ib_compressor_new(const char *name, int fd, bool ahead, enum ib_codec codec,
		  struct ib_compressor **out, struct ib_error *err)
{
	struct ib_compressor *s = calloc(1, sizeof(*s));
	bool ok = s != NULL;

	if (s) {
		s->name = name;
		s->fd = fd;
		s->ahead = ahead;
		s->codec = codec;
	}
	if (s && codec != IB_CODEC_NONE) {
		s->packed = malloc(PACKED_BLOCK);
		ok = s->packed && (codec == IB_CODEC_ZSTD ? start_zstd(s) : start_gzip(s));
	}
	if (!ok) {
		ib_compressor_free(s);
		return ib_fail_memory(err);
	}
	*out = s;
	return IB_OK;
}

void
ib_compressor_free(struct ib_compressor *s)
{
	if (!s)
		return;
	ZSTD_freeCCtx(s->zstd);
	if (s->gzip_ready)
		deflateEnd(&s->gzip);
	free(s->packed);
	free(s);
}

static enum ib_status
write_packed(struct ib_compressor *s, const void *p, size_t n, struct ib_error *err)
{
	enum ib_status st = write_all(s->name, s->fd, p, n, err);

	s->written += (off_t)n;
	if (!st && s->ahead && s->written - s->begun >= AHEAD) {
		/* If writing fails, fsync() will report the error. */
		ib_system_write_soon(s->fd, s->begun, s->written - s->begun);
		s->begun = s->written;
	}
	return st;
}

static enum ib_status
zstd_write(struct ib_compressor *s, const void *p, size_t n, bool end, struct ib_error *err)
{
	ZSTD_inBuffer in = { p, n, 0 };
	ZSTD_outBuffer out;
	enum ib_status st;
	size_t left;

	do {
		out = (ZSTD_outBuffer){ s->packed, PACKED_BLOCK, 0 };
		left = ZSTD_compressStream2(s->zstd, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
			return ib_fail_memory(err);
		if (ZSTD_isError(left))
			return ib_fail(err, IB_E_IO, "%s: cannot compress: %s", s->name,
				       ZSTD_getErrorName(left));
		st = write_packed(s, s->packed, out.pos, err);
		if (st)
			return st;
	} while (end ? left > 0 : in.pos < in.size);
	return IB_OK;
}

static enum ib_status
gzip_write(struct ib_compressor *s, const char *p, size_t n, bool end, struct ib_error *err)
{
	z_stream *z = &s->gzip;
	enum ib_status st;
	uInt piece;
	int ret;

	do {
		piece = n < INT_MAX ? (uInt)n : INT_MAX;
		z->next_in = (unsigned char *)(uintptr_t)p;
		z->avail_in = piece;
		z->next_out = (unsigned char *)s->packed;
		z->avail_out = (uInt)PACKED_BLOCK;
		ret = deflate(z, end ? Z_FINISH : Z_NO_FLUSH);
		if (piece > 0)
			p += piece - z->avail_in;
		n -= piece - z->avail_in;
		st = write_packed(s, s->packed, PACKED_BLOCK - z->avail_out, err);
		if (st)
			return st;
	} while (end ? ret != Z_STREAM_END : n > 0);
	return IB_OK;
}

enum ib_status
ib_compressor_write(struct ib_compressor *s, const void *p, size_t n, struct ib_error *err)
{
	if (n == 0)
		return IB_OK;
	if (s->codec == IB_CODEC_ZSTD)
		return zstd_write(s, p, n, false, err);
	if (s->codec == IB_CODEC_GZIP)
		return gzip_write(s, p, n, false, err);
	return write_packed(s, p, n, err);
}

enum ib_status
ib_compressor_finish(struct ib_compressor *s, struct ib_error *err)
{
	if (s->codec == IB_CODEC_ZSTD)
		return zstd_write(s, NULL, 0, true, err);
	if (s->codec == IB_CODEC_GZIP)
		return gzip_write(s, NULL, 0, true, err);
	return IB_OK;
}
