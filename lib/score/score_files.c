/* Write score files as JSON lines, and choose the format of a score file by its name. */
#include "score/scores.h"

#include "base/json_writer.h"

static void
write_row(struct ib_bytes *b, const struct ib_row *r, bool previous)
{
	struct ib_json_writer w = { .out = b };

	ib_json_begin_object(&w, NULL);
	ib_json_write_string(&w, "id", r->id);
	ib_json_write_float(&w, "score", r->score);
	ib_json_write_unsigned(&w, "epoch", (uint64_t)r->epoch);
	ib_json_write_unsigned(&w, "visits", r->visits);
	if (previous)
		ib_json_write_float(&w, "prev", r->previous);
	ib_json_end_object(&w);
	ib_bytes_append_char(b, '\n');
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
		write_row(&b, &row, s->has_previous);
		if (b.n > 256 << 10) {
			ib_output_write_bytes(out, &b);
			st = ib_output_status(out, err);
		}
	}
	return ib_output_write_last(out, &b, err);
}

bool
ib_scores_name_is_npz(const char *path, bool update)
{
	struct ib_span stem = ib_input_stem(path);

	return update ? !ib_span_ends_with(stem, ".jsonl") : ib_span_ends_with(stem, ".npz");
}
