/* Encode and check UTF-8. */
#include "base/utf8.h"

size_t
ib_utf8_append(char out[4], uint32_t c)
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (i = len; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[len] | c);
	return len;
}

size_t
ib_utf8_length(const unsigned char *p, size_t n)
{
	size_t len, i;

	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > n)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool
ib_utf8_is_text(const char *bytes, size_t n, bool truncated)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t i = 0, len;

	while (i < n) {
		if (p[i] == 0)
			return false;
		len = p[i] < 0x80 ? 1 : ib_utf8_length(p + i, n - i);
		if (len == 0)
			return truncated && p[i] >= 0xc2 && p[i] <= 0xf4 && n - i < 4;
		i += len;
	}
	return true;
}
