/* The bytes that a JSON string means, and back. */
#include "record/json.h"

#include <string.h>

#include "base/bytes.h"

static unsigned
hex4(const char *p)
{
	unsigned u = 0, d;
	int i;

	for (i = 0; i < 4; i++) {
		d = (unsigned char)p[i];
		u = u << 4 | (d <= '9' ? d - '0' : (d | 0x20) - 'a' + 10);
	}
	return u;
}

static void
put_utf8(struct ib_bytes *out, unsigned c)
{
	char b[4];
	size_t n;

	if (c < 0x80) {
		b[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6);
		b[1] = (char)(0x80 | (c & 0x3f));
		n = 2;
	} else if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 0x3f));
		b[2] = (char)(0x80 | (c & 0x3f));
		n = 3;
	} else {
		b[0] = (char)(0xf0 | c >> 18);
		b[1] = (char)(0x80 | (c >> 12 & 0x3f));
		b[2] = (char)(0x80 | (c >> 6 & 0x3f));
		b[3] = (char)(0x80 | (c & 0x3f));
		n = 4;
	}
	ib_bytes_put(out, b, n);
}

/* The \u escape at p (a pair of them for a surrogate); its length, or 0. */
static size_t
unescape_unicode(const char *p, const char *end, struct ib_bytes *out)
{
	unsigned c = hex4(p + 2), low;

	if (c >= 0xdc00 && c < 0xe000)
		return 0;
	if (c < 0xd800 || c >= 0xe000) {
		put_utf8(out, c);
		return 6;
	}
	if (end - p < 12 || p[6] != '\\' || p[7] != 'u')
		return 0;
	low = hex4(p + 8);
	if (low < 0xdc00 || low >= 0xe000)
		return 0;
	put_utf8(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
	return 12;
}

bool
ib_json_unescape(struct ib_span s, struct ib_bytes *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p = s.p, *end = s.p + s.n, *slash;
	size_t n;

	while (p < end) {
		slash = memchr(p, '\\', (size_t)(end - p));
		if (!slash) {
			ib_bytes_put(out, p, (size_t)(end - p));
			break;
		}
		ib_bytes_put(out, p, (size_t)(slash - p));
		p = slash;
		if (p[1] == 'u') {
			n = unescape_unicode(p, end, out);
			if (n == 0)
				return false;
			p += n;
			continue;
		}
		ib_bytes_put_char(out, to[strchr(from, p[1]) - from]);
		p += 2;
	}
	return true;
}

void
ib_json_put_string(struct ib_bytes *out, struct ib_span bytes)
{
	static const char hex[] = "0123456789abcdef";
	const char *p = bytes.p, *end = bytes.p + bytes.n, *run = p;
	char low[6] = "\\u00";

	ib_bytes_put_char(out, '"');
	for (; p < end; p++) {
		if ((unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')
			continue;
		ib_bytes_put(out, run, (size_t)(p - run));
		run = p + 1;
		if ((unsigned char)*p >= 0x20) {
			ib_bytes_put_char(out, '\\');
			ib_bytes_put_char(out, *p);
			continue;
		}
		low[4] = hex[(unsigned char)*p >> 4];
		low[5] = hex[*p & 15];
		ib_bytes_put(out, low, sizeof(low));
	}
	ib_bytes_put(out, run, (size_t)(p - run));
	ib_bytes_put_char(out, '"');
}
