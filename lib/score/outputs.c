/* Write the score file, or its partitions, and the totals file of one run of ib-score. */
#include "score/outputs.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/part.h"
#include "base/pipeline.h"
#include "base/sort.h"
#include "score/load.h"

static enum ib_status
write_scores(const struct ib_score_outputs *o, struct ib_scores *s, bool npz, struct ib_output *out,
	     struct ib_error *err)
{
	uint64_t bytes = s->table.nbytes + s->table.n * sizeof(struct ib_row);
	int threads = ib_pipeline_threads_for(o->context, bytes);

	return npz ? ib_scores_write_npz(s, threads, out, err) : ib_scores_write_jsonl(s, out, err);
}

static enum ib_status
write_totals_file(const struct ib_score_outputs *o, unsigned flags, struct ib_output **out,
		  struct ib_error *err)
{
	enum ib_status st = ib_output_open(o->options->write_totals, flags, out, err);

	return st ? st : ib_totals_file_write(o->totals, *out, err);
}

/*
 * Sort the row numbers by partition. The rows of partition k are row[first[k]]
 * to row[first[k + 1] - 1]. part[n] is working space. IB_SPLIT_MAX ensures that
 * a partition number fits into an item of part[].
 */
static void
sort_by_part(const struct ib_scores *s, uint64_t parts, uint32_t *part, uint32_t *row,
	     uint64_t *first)
{
	uint64_t i, n = s->table.n;

	for (i = 0; i < n; i++)
		part[i] = (uint32_t)ib_part_of_hash(ib_table_hash(ib_table_id(&s->table, i), 0),
						    parts);
	ib_sort_index(part, n, (uint32_t)parts, first, row);
}

static enum ib_status
write_part(const struct ib_score_outputs *o, uint64_t k, const uint32_t *row, uint64_t n,
	   unsigned flags, struct ib_scores **room, struct ib_output **out, struct ib_error *err)
{
	struct ib_scores *part;
	char *name = ib_name_for_number(o->options->output, k);
	enum ib_status st;

	if (!name)
		return ib_fail_memory(err);
	st = ib_scores_extract(o->scores, row, n, room, err);
	if (!st)
		st = ib_output_open(name, flags, out, err);
	if (!st) {
		part = *room;
		part->part = (struct ib_part){ k, o->options->split };
		st = write_scores(o, part, ib_scores_name_is_npz(name, false), *out, err);
	}
	if (!st) /* close the file, because there may be more partitions than file descriptors */
		st = ib_output_finish(*out, err);
	free(name);
	return st;
}

static enum ib_status
write_split(const struct ib_score_outputs *o, unsigned flags, struct ib_output **out,
	    struct ib_error *err)
{
	uint64_t parts = o->options->split, k;
	struct ib_scores *room = NULL; /* working table, reused for each partition */
	uint32_t *row = ib_array_zeroed(o->scores->table.n + 1, sizeof(*row));
	uint32_t *part = ib_array_zeroed(o->scores->table.n + 1, sizeof(*part));
	uint64_t *first = ib_array_zeroed(parts + 1, sizeof(*first));
	enum ib_status st = row && part && first ? IB_OK : ib_fail_memory(err);

	if (!st)
		st = ib_table_make_ids(&o->scores->table, err);
	if (!st)
		sort_by_part(o->scores, parts, part, row, first);
	free(part);
	for (k = 0; k < parts && !st; k++)
		st = write_part(o, k, row + first[k], first[k + 1] - first[k], flags, &room,
				&out[k], err);
	ib_scores_free(room);
	free(row);
	free(first);
	return st;
}

enum ib_status
ib_score_outputs_write(const struct ib_score_outputs *outputs, struct ib_error *err)
{
	const struct ib_score_options *o = outputs->options;
	unsigned flags = o->if_changed ? IB_OUTPUT_IF_CHANGED : 0;
	const char *path = o->update ? o->update : o->output;
	size_t n = 1 + (size_t)(o->split ? o->split : 1), i;
	struct ib_output **out = calloc(n, sizeof(*out));
	enum ib_status st = out ? IB_OK : ib_fail_memory(err);
	bool npz = path && ib_scores_name_is_npz(path, o->update != NULL);

	if (!st && outputs->totals)
		st = write_totals_file(outputs, flags, &out[0], err);
	if (!st && o->split > 0)
		st = write_split(outputs, flags, out + 1, err);
	else if (!st && (path || !o->bins))
		st = ib_output_open(path, flags, &out[1], err);
	if (!st && o->split == 0 && out[1])
		st = write_scores(outputs, outputs->scores, npz, out[1], err);
	if (!st)
		st = ib_outputs_commit(out, n, NULL, err);
	for (i = 0; out && i < n; i++)
		if (out[i])
			ib_output_discard(&out[i]);
	free(out);
	return st;
}
