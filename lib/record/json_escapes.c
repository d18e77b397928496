/* Decode the escapes of JSON strings (record/json_escapes.h). */
#include "record/json_escapes.h"

#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

static unsigned
hex4(const char *p)
{
	unsigned u = 0;
	int i;

	for (i = 0; i < 4; i++)
		u = u << 4 | (unsigned)ib_hex_value(p[i]);
	return u;
}

/*
 * Decode the \u escape at p into b, and set *n to the number of decoded bytes. If the escape
 * begins a surrogate pair, decode both escapes of the pair. Returns the number of bytes of the
 * escape or of both escapes, or 0 if a surrogate is not part of a pair.
 */
static size_t
unescape_unicode(const char *p, const char *end, char b[4], size_t *n)
{
	unsigned c = hex4(p + 2), low;

	if (c >= 0xdc00 && c < 0xe000)
		return 0;
	if (c < 0xd800 || c >= 0xe000) {
		*n = ib_utf8_append(b, c);
		return 6;
	}
	if (end - p < 12 || p[6] != '\\' || p[7] != 'u')
		return 0;
	low = hex4(p + 8);
	if (low < 0xdc00 || low >= 0xe000)
		return 0;
	*n = ib_utf8_append(b, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
	return 12;
}

/*
 * Remove the next piece from the string. A piece is a run of bytes without an escape, or one
 * escape, which is decoded into b. Returns false if a surrogate is not part of a pair.
 */
static bool
next_piece(struct ib_span *s, char b[4], struct ib_span *piece)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *slash = memchr(s->p, '\\', s->n);
	size_t used = slash ? (size_t)(slash - s->p) : s->n;

	if (used > 0) {
		*piece = (struct ib_span){ s->p, used };
	} else if (s->p[1] == 'u') {
		piece->p = b;
		used = unescape_unicode(s->p, s->p + s->n, b, &piece->n);
	} else {
		b[0] = to[strchr(from, s->p[1]) - from];
		*piece = (struct ib_span){ b, 1 };
		used = 2;
	}
	s->p += used;
	s->n -= used;
	return used > 0;
}

bool
ib_json_unescape(struct ib_span s, struct ib_bytes *out)
{
	struct ib_span piece;
	char b[4];

	while (s.n > 0) {
		if (!next_piece(&s, b, &piece))
			return false;
		ib_bytes_append(out, piece.p, piece.n);
	}
	return true;
}

bool
ib_json_has_paired_surrogates(struct ib_span s)
{
	struct ib_span piece;
	char b[4];

	while (s.n > 0)
		if (!next_piece(&s, b, &piece))
			return false;
	return true;
}

bool
ib_json_string_equals(struct ib_span s, struct ib_span bytes)
{
	struct ib_span piece;
	char b[4];

	while (s.n > 0) {
		if (!next_piece(&s, b, &piece) || piece.n > bytes.n ||
		    memcmp(piece.p, bytes.p, piece.n) != 0)
			return false;
		bytes.p += piece.n;
		bytes.n -= piece.n;
	}
	return bytes.n == 0;
}
