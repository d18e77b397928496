/* The table of formats, and helpers that formats share. */
#include "record/format.h"

#include "base/system.h"

/* To add a format, declare its functions here and add a row to the table. */
extern const struct ib_record_format ib_format_array, ib_format_csv, ib_format_tsv, ib_format_list;

const struct ib_record_format *const ib_record_formats[] = {
	&ib_format_jsonl, &ib_format_array, &ib_format_tsv, &ib_format_csv, &ib_format_list, NULL,
};

const struct ib_record_format *
ib_record_format_find(enum ib_format format)
{
	const struct ib_record_format *const *f = ib_record_formats;

	while (*f && (*f)->format != format)
		f++;
	return *f;
}

void
ib_cut_lines(const char *p, size_t n, bool last, struct ib_block_cut *cut)
{
	const char *end = last ? NULL : ib_system_find_last(p, '\n', n);

	cut->n = last ? n : end ? (size_t)(end + 1 - p) : 0;
}

const char *
ib_skip_byte_order_mark(const char *p, const char *end)
{
	while (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	return p;
}

const char *
ib_skip_nuls(const char *p, const char *end)
{
	while (p < end && *p == '\0')
		p++;
	return p;
}
