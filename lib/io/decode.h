/* Decompress a file whose format is detected from its content. Private to input.c. */
#ifndef IB_IO_DECODE_H
#define IB_IO_DECODE_H

#include "io/codec.h"
#include "io/file_source.h"

/*
 * Detect the compression from the first bytes of the file: IB_CODEC_PROBE bytes, or the complete
 * file if it is shorter. ib_file_source_probe() must have read these bytes. If the file ends inside
 * what may be a magic number, the file name decides: a file with the suffix of the compression
 * format is a truncated compressed file.
 */
#define IB_CODEC_PROBE ((size_t)16)
enum ib_codec ib_codec_detect(const struct ib_file_source *raw);

struct ib_decoder;

enum ib_status ib_decoder_new(enum ib_codec codec, struct ib_file_source *raw,
			      struct ib_decoder **out, struct ib_error *err);
void ib_decoder_free(struct ib_decoder *d);

/* Decompress up to cap bytes. *n < cap only at the end, when the complete file has been checked. */
enum ib_status ib_decoder_read(struct ib_decoder *d, char *buf, size_t cap, size_t *n,
			       struct ib_error *err);

#endif
