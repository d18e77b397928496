/* The index of a log of zstd frames (io/zstd_log_reader.h). */
#ifndef IB_IO_ZSTD_LOG_INDEX_H
#define IB_IO_ZSTD_LOG_INDEX_H

#include "infobatch_run.h"

/* The last three bytes of the magic number of a skippable frame. The first byte is 0x50 to 0x5f. */
extern const char ib_zstd_skippable_magic[3];

/* The magic number of the index. It is 8 bytes after the start of the index. */
extern const char ib_zstd_log_index_magic[8];

/*
 * The index is a skippable frame of 56 bytes that follows each appended frame. If the log ends
 * with an index, the next append does not have to read the log.
 */
#define IB_ZSTD_LOG_INDEX_BYTES 56
struct ib_zstd_log_index {
	uint64_t size;	       /* file size before the index was appended */
	uint64_t frame;	       /* length of the frame before the index */
	uint64_t run_checksum; /* checksum of the run in the frame before the index */
};
/* Encode an index as the bytes of its skippable frame. */
void ib_zstd_log_index_write(char out[IB_ZSTD_LOG_INDEX_BYTES],
			     const struct ib_zstd_log_index *index);
/* Decode an index. Returns false if the bytes are not a valid index. */
bool ib_zstd_log_index_get(const char bytes[IB_ZSTD_LOG_INDEX_BYTES],
			   struct ib_zstd_log_index *index);

#endif
