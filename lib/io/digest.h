/* XXH3-128 as files and messages have it. */
#ifndef IB_IO_DIGEST_H
#define IB_IO_DIGEST_H

#include <xxhash.h>

/* Canonical (big endian), 32 lower-case hex digits and a NUL. */
void ib_digest_text(XXH128_hash_t hash, char out[33]);

#endif
