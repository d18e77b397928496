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
