/* Write strings and special values as JSON. */
#include "base/json_writer.h"

#include "base/hex.h"
#include "base/part.h"

/* Return nonzero if at least one of the eight bytes of x must be escaped in a JSON string. */
static inline uint64_t
escapes(uint64_t x)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t bad;

	bad = (x - ones * 0x20) & ~x; /* bytes below 0x20 */
	bad |= ((x ^ ones * '"') - ones) & ~(x ^ ones * '"');
	bad |= ((x ^ ones * '\\') - ones) & ~(x ^ ones * '\\');
	return bad & ones << 7;
}

/*
 * Copy a text, eight bytes at a time. The last eight bytes may overlap the eight bytes
 * before them. At least eight bytes are written. Returns false if a byte of the text must be
 * escaped; the caller must then ignore the copy.
 */
static inline bool
copy_plain(char *p, struct ib_span text)
{
	uint64_t x, bad = 0;
	size_t i;

	if (text.n < 8) {
		x = 0x2020202020202020u;
		if (text.n > 0)
			memcpy(&x, text.p, text.n);
		memcpy(p, &x, 8);
		return escapes(x) == 0;
	}
	for (i = 0; i + 8 <= text.n; i += 8) {
		memcpy(&x, text.p + i, 8);
		memcpy(p + i, &x, 8);
		bad |= escapes(x);
	}
	memcpy(&x, text.p + text.n - 8, 8);
	memcpy(p + text.n - 8, &x, 8);
	return (bad | escapes(x)) == 0;
}

/* Append the contents of a string that has bytes to escape. */
static void
write_escaped(struct ib_bytes *out, struct ib_span text)
{
	const char *p = text.p, *end = text.p + text.n, *run = p;
	char low[6] = "\\u00";

	for (; p < end; p++) {
		if ((unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')
			continue;
		ib_bytes_append(out, run, (size_t)(p - run));
		run = p + 1;
		if ((unsigned char)*p >= 0x20) {
			ib_bytes_append_char(out, '\\');
			ib_bytes_append_char(out, *p);
			continue;
		}
		ib_hex_byte(low + 4, *p);
		ib_bytes_append(out, low, sizeof(low));
	}
	ib_bytes_append(out, run, (size_t)(p - run));
}

void
ib_json_quote(struct ib_bytes *out, struct ib_span text)
{
	char *p;

	if (!ib_bytes_reserve(out, text.n + 10))
		return;
	p = out->p + out->n;
	*p++ = '"';
	if (copy_plain(p, text)) {
		p[text.n] = '"';
		out->n += text.n + 2;
		return;
	}
	out->n++;
	write_escaped(out, text);
	ib_bytes_append_char(out, '"');
}

void
ib_json_write_signed(struct ib_json_writer *w, const char *name, int64_t x)
{
	ib_json_begin_value(w, name);
	ib_bytes_printf(w->out, "%lld", (long long)x);
}

void
ib_json_write_part(struct ib_json_writer *w, const char *name, const struct ib_part *part)
{
	char text[IB_PART_TEXT_MAX];

	ib_json_write_text(w, name, part->count > 0 ? ib_part_text(text, part) : NULL);
}

void
ib_json_write_safe(struct ib_json_writer *w, const char *name, uint64_t x)
{
	char text[IB_NUMBER_MAX];

	if (x < IB_JSON_SAFE_END)
		ib_json_write_unsigned(w, name, x);
	else
		ib_json_write_string(w, name,
				     (struct ib_span){ text, ib_number_write_unsigned(text, x) });
}
