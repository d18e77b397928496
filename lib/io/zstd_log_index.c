/* Encode and decode the index of a log of zstd frames (io/zstd_log_index.h). */
#include "io/zstd_log_index.h"

#include <string.h>
#include <xxhash.h>

#include "base/little_endian.h"

const char ib_zstd_skippable_magic[3] = { '\x2a', '\x4d', '\x18' };
const char ib_zstd_log_index_magic[8] = { 'i', 'b', 'f', 'r', 'a', 'm', 'e', '1' };

/*
 * An index consists of the header of a skippable frame (magic, length), the magic of the index,
 * three numbers, eight reserved bytes, and the XXH3-64 of all these bytes.
 */
void
ib_zstd_log_index_write(char out[IB_ZSTD_LOG_INDEX_BYTES], const struct ib_zstd_log_index *index)
{
	memset(out, 0, IB_ZSTD_LOG_INDEX_BYTES);
	out[0] = '\x5b';
	memcpy(out + 1, ib_zstd_skippable_magic, 3);
	out[4] = IB_ZSTD_LOG_INDEX_BYTES - 8;
	memcpy(out + 8, ib_zstd_log_index_magic, 8);
	ib_little_endian_write(out + 16, index->size, 8);
	ib_little_endian_write(out + 24, index->frame, 8);
	ib_little_endian_write(out + 32, index->run_checksum, 8);
	ib_little_endian_write(out + 48, XXH3_64bits(out, 48), 8);
}

bool
ib_zstd_log_index_get(const char bytes[IB_ZSTD_LOG_INDEX_BYTES], struct ib_zstd_log_index *index)
{
	if (memcmp(bytes + 8, ib_zstd_log_index_magic, 8) != 0 ||
	    ib_little_endian_get(bytes + 48, 8) != XXH3_64bits(bytes, 48))
		return false;
	*index = (struct ib_zstd_log_index){ ib_little_endian_get(bytes + 16, 8),
					     ib_little_endian_get(bytes + 24, 8),
					     ib_little_endian_get(bytes + 32, 8) };
	return true;
}
