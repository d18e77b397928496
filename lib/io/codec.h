/* Compression formats, and the suffixes of their files. */
#ifndef IB_IO_CODEC_H
#define IB_IO_CODEC_H

#include "infobatch_run.h"

enum ib_codec {
	IB_CODEC_NONE,
	IB_CODEC_ZSTD,
	IB_CODEC_GZIP,
	IB_CODEC_XZ,
	IB_CODEC_BZIP2,
	IB_CODEC_LZ4
};

/* Return the suffix of a format's files, such as ".zst", or "" for IB_CODEC_NONE. */
const char *ib_codec_suffix(enum ib_codec codec);

/* Return the compression format that belongs to a file name's suffix, or IB_CODEC_NONE. */
enum ib_codec ib_codec_of_name(struct ib_span name);

#endif
