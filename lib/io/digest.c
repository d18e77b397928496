#include "io/digest.h"

void
ib_digest_text(XXH128_hash_t hash, char out[33])
{
	static const char hex[] = "0123456789abcdef";
	XXH128_canonical_t canonical;
	size_t i;

	XXH128_canonicalFromHash(&canonical, hash);
	for (i = 0; i < sizeof(canonical.digest); i++) {
		out[2 * i] = hex[canonical.digest[i] >> 4];
		out[2 * i + 1] = hex[canonical.digest[i] & 15];
	}
	out[32] = '\0';
}
