/* Compression undone, by content. Private to input.c. */
#ifndef IB_IO_DECODE_H
#define IB_IO_DECODE_H

#include "io/file_source.h"

enum ib_codec {
	IB_CODEC_NONE,
	IB_CODEC_ZSTD,
	IB_CODEC_GZIP,
	IB_CODEC_XZ,
	IB_CODEC_BZIP2,
	IB_CODEC_LZ4
};

/*
 * By the bytes that ib_file_source_probe() brought, IB_CODEC_PROBE of them or all; the
 * name decides nothing but whether a file of a few bytes is the stump of a
 * compressed one.
 */
#define IB_CODEC_PROBE ((size_t)16)
enum ib_codec ib_codec_detect(const struct ib_file_source *raw);

struct ib_decoder;

enum ib_status ib_decoder_new(enum ib_codec codec, struct ib_file_source *raw,
			      struct ib_decoder **out, struct ib_error *err);
void ib_decoder_free(struct ib_decoder *d);

/*
 * Decompress up to cap bytes: *n < cap only at the end, once all of the file
 * was found sound.
 */
enum ib_status ib_decoder_read(struct ib_decoder *d, char *buf, size_t cap, size_t *n,
			       struct ib_error *err);

#endif
