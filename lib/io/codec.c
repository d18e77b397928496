/* The suffixes of compression formats (io/codec.h). */
#include "io/codec.h"

#include "base/bytes.h"

static const char *const suffixes[] = {
	[IB_CODEC_NONE] = "",  [IB_CODEC_ZSTD] = ".zst",  [IB_CODEC_GZIP] = ".gz",
	[IB_CODEC_XZ] = ".xz", [IB_CODEC_BZIP2] = ".bz2", [IB_CODEC_LZ4] = ".lz4",
};

const char *
ib_codec_suffix(enum ib_codec codec)
{
	return suffixes[codec];
}

enum ib_codec
ib_codec_of_name(struct ib_span name)
{
	enum ib_codec codec = IB_CODEC_LZ4;

	while (!ib_span_ends_with(name, suffixes[codec]))
		codec--;
	return codec;
}
