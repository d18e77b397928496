/* Score files as JSON lines, and the choice of the format by file name. */
#include "score/scores.h"

#include <math.h>

#include "base/error.h"
#include "base/json_writer.h"
#include "base/numbers.h"

static void
put_score(struct ib_bytes *b, float score)
{
	char text[IB_NUMBER_MAX];

	if (isnan(score))
		ib_bytes_put(b, "null", 4);
	else
		ib_bytes_put(b, text, ib_number_put_float(text, score));
}

static void
put_count(struct ib_bytes *b, uint64_t n)
{
	char text[IB_NUMBER_MAX];

	ib_bytes_put(b, text, ib_number_put_unsigned(text, n));
}

static void
put_row(struct ib_bytes *b, const struct ib_row *r, bool previous)
{
	ib_bytes_put(b, "{\"id\":", 6);
	ib_json_quote(b, r->id);
	ib_bytes_put(b, ",\"score\":", 9);
	put_score(b, r->score);
	ib_bytes_put(b, ",\"epoch\":", 9);
	put_count(b, (uint64_t)r->epoch);
	ib_bytes_put(b, ",\"visits\":", 10);
	put_count(b, r->visits);
	if (previous) {
		ib_bytes_put(b, ",\"prev\":", 8);
		put_score(b, r->previous);
	}
	ib_bytes_put(b, "}\n", 2);
}

enum ib_status
ib_scores_write_jsonl(const struct ib_scores *s, struct ib_output *out, struct ib_error *err)
{
	struct ib_bytes b = { 0 };
	enum ib_status st = IB_OK;
	struct ib_row row;
	uint64_t i;

	for (i = 0; i < s->table.n && !st; i++) {
		row = ib_scores_row(s, i);
		put_row(&b, &row, s->has_previous);
		if (b.n > 256 << 10) {
			ib_output_write_bytes(out, &b);
			st = ib_output_status(out, err);
		}
	}
	ib_output_write_bytes(out, &b);
	ib_bytes_release(&b);
	return ib_output_status(out, err);
}

static bool
ends_in(struct ib_span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && memcmp(s.p + s.n - n, suffix, n) == 0;
}

bool
ib_scores_name_is_npz(const char *path, bool update)
{
	struct ib_span stem = ib_input_stem(path);

	return update ? !ends_in(stem, ".jsonl") : ends_in(stem, ".npz");
}
