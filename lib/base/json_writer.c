#include "base/json_writer.h"

void
ib_json_quote(struct ib_bytes *out, struct ib_span text)
{
	static const char hex[] = "0123456789abcdef";
	const char *p = text.p, *end = text.p + text.n, *run = p;
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

void
ib_json_put_signed(struct ib_json_writer *w, const char *name, int64_t x)
{
	ib_json_begin_value(w, name);
	ib_bytes_printf(w->out, "%lld", (long long)x);
}

void
ib_json_put_part(struct ib_json_writer *w, const char *name, const struct ib_part *part)
{
	ib_json_begin_value(w, name);
	if (part->count > 0)
		ib_bytes_printf(w->out, "\"%llu/%llu\"", (unsigned long long)part->index,
				(unsigned long long)part->count);
	else
		ib_bytes_put(w->out, "null", 4);
}

void
ib_json_put_safe(struct ib_json_writer *w, const char *name, uint64_t x)
{
	char text[IB_NUMBER_MAX];

	if (x < IB_JSON_SAFE_END)
		ib_json_put_unsigned(w, name, x);
	else
		ib_json_put_string(w, name,
				   (struct ib_span){ text, ib_number_put_unsigned(text, x) });
}
