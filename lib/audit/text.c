/* Show text on a terminal: escapes, widths, shortened ids, and wrapped sentences. */
#include "audit/text.h"

#include <utf8proc.h>

#include "base/hex.h"

void
ib_write_text(struct ib_bytes *out, struct ib_span text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 0x20 || c == 0x7f)
			ib_bytes_printf(out, "\\x%02x", c);
		else
			ib_bytes_append_char(out, text.p[i]);
	}
}

/* Return the byte whose escape \xNN begins at p, or -1 if no escape begins there. */
static int
escaped_byte(const char *p, size_t n)
{
	int high, low, byte;

	if (n < 4 || p[0] != '\\' || p[1] != 'x')
		return -1;
	high = ib_hex_value(p[2]);
	low = ib_hex_value(p[3]);
	byte = high * 16 + low;
	return high >= 0 && low >= 0 && (byte < 0x20 || byte >= 0x7f) ? byte : -1;
}

bool
ib_decode_text(struct ib_bytes *out, struct ib_span text)
{
	bool any = false;
	size_t i;
	int byte;

	for (i = 0; i < text.n; i++) {
		byte = escaped_byte(text.p + i, text.n - i);
		ib_bytes_append_char(out, byte < 0 ? text.p[i] : (char)byte);
		i += byte < 0 ? 0 : 3;
		any |= byte >= 0;
	}
	return any;
}

/*
 * Return the length in bytes of the character at p, and set *columns to its width. n is the number
 * of bytes from p to the end of the text.
 */
static size_t
measure_character(const char *p, size_t n, size_t *columns)
{
	utf8proc_int32_t code;
	utf8proc_ssize_t length;
	int width;

	*columns = 1;
	if ((unsigned char)*p < 0x80)
		return 1;
	length = utf8proc_iterate((const utf8proc_uint8_t *)p, (utf8proc_ssize_t)n, &code);
	if (length <= 0)
		return 1;
	width = utf8proc_charwidth(code);
	*columns = width > 0 ? (size_t)width : 0;
	return (size_t)length;
}

size_t
ib_text_columns(struct ib_span text)
{
	size_t i, one, n = 0;

	for (i = 0; i < text.n; n += one)
		i += measure_character(text.p + i, text.n - i, &one);
	return n;
}

/* Return the length in bytes of the longest prefix that has at most `width` columns. */
static size_t
prefix_bytes(struct ib_span text, size_t width)
{
	size_t i = 0, next, one, n = 0;

	while (i < text.n) {
		next = measure_character(text.p + i, text.n - i, &one);
		if (n + one > width)
			break;
		n += one;
		i += next;
	}
	return i;
}

void
ib_write_shortened(struct ib_bytes *out, struct ib_span text, size_t width, bool utf8)
{
	const char *more = utf8 ? "\xe2\x80\xa6" : "...";
	size_t columns = ib_text_columns(text), mark = utf8 ? 1 : 3, keep, from;

	if (columns <= width) {
		ib_bytes_append(out, text.p, text.n);
		return;
	}
	keep = width > mark ? width - mark : 0;
	ib_bytes_append(out, text.p, prefix_bytes(text, keep / 2));
	ib_bytes_append(out, more, strlen(more));
	keep -= keep / 2;
	from = prefix_bytes(text, columns - keep);
	/* If the cut is in the middle of a wide character, leave out this character. */
	while (ib_text_columns((struct ib_span){ text.p + from, text.n - from }) > keep)
		from += prefix_bytes((struct ib_span){ text.p + from, text.n - from }, 2);
	ib_bytes_append(out, text.p + from, text.n - from);
}

void
ib_write_sentence(struct ib_bytes *out, struct ib_span text, size_t width, bool utf8)
{
	struct ib_span word;
	size_t at = 0, columns;
	const char *space;

	while (width > 0 && text.n > 0) {
		space = memchr(text.p, ' ', text.n);
		word = (struct ib_span){ text.p, space ? (size_t)(space - text.p) : text.n };
		columns = ib_text_columns(word);
		columns = columns < width ? columns : width;
		if (at > 0 && at + 1 + columns > width) {
			ib_bytes_append_char(out, '\n');
			at = 0;
		}
		if (at > 0)
			ib_bytes_append_char(out, ' ');
		at += (at > 0) + columns;
		ib_write_shortened(out, word, width, utf8);
		text.p += word.n + (space != NULL);
		text.n -= word.n + (space != NULL);
	}
	ib_bytes_append(out, text.p, text.n);
	ib_bytes_append_char(out, '\n');
}
