/* Read any bytes as a totals file. If it is accepted, its parts are the same when written and read.
 */
#include <stdlib.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "fuzz/text.h"
#include "score/totals_file.h"

static char *
parts_text(const struct ib_part_set *p)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_part_set_write(&w, NULL, p);
	return fuzz_text(&b);
}

static void
check_parts(const struct ib_part_set *p)
{
	char *text = parts_text(p);
	cJSON *json = cJSON_Parse(text);
	struct ib_part_set back = { 0 };
	struct ib_error err;

	if (ib_part_set_parse(json, "parts", &back, &err))
		abort();
	fuzz_same_text(parts_text(&back), text);
	cJSON_Delete(json);
	ib_part_set_release(&back);
}

static void
check_refined(const struct ib_totals_file *s)
{
	char *text = fuzz_counts_text(s->bins);
	cJSON *json = cJSON_Parse(text);
	struct ib_bin_counts *back = NULL;
	struct ib_error err;

	if (ib_bin_counts_parse(json, "counts", &s->totals, &back, &err) || !back)
		abort();
	fuzz_same_text(fuzz_counts_text(back), text);
	cJSON_Delete(json);
	ib_bin_counts_free(back);
}

/* Merge the totals with themselves: this succeeds or returns IB_E_DATA. */
static void
merge_twice(const char *path, struct ib_totals_file *s)
{
	struct ib_totals_file *other = NULL;
	struct ib_input *in = NULL;
	struct ib_error err;
	enum ib_status st;

	if (ib_input_open(path, &in, &err) || ib_totals_file_read(in, &other, &err))
		abort(); /* the same file has been read before */
	st = ib_totals_file_merge(s, other, "again", &err);
	if (st && st != IB_E_DATA)
		abort();
	if (!st && (st = ib_totals_file_check(s, "both", &err)) && st != IB_E_DATA)
		abort();
	ib_totals_file_free(other);
	ib_input_close(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ib_totals_file *s = NULL;
	struct ib_input *in = NULL;
	struct ib_error err;
	enum ib_status st;
	char path[32];
	int fd = fuzz_file(data, n, path);

	if (ib_input_open(path, &in, &err))
		abort(); /* a file in memory can always be opened */
	st = ib_totals_file_read(in, &s, &err);
	if (st && (st != IB_E_DATA || err.code != st))
		abort();
	if (!st) {
		if (s->parts.count > 0)
			check_parts(&s->parts);
		if (s->bins)
			check_refined(s);
		merge_twice(path, s);
		ib_totals_file_free(s);
	}
	ib_input_close(in);
	close(fd);
	return 0;
}
