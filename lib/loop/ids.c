/* The ids of a run: decimal row numbers, or texts that the caller gives (loop/run.h). */
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/limit.h"
#include "base/row_id.h"
#include "loop/run.h"
#include "prune/range.h"

/* ---- texts ------------------------------------------------------------------- */

/* Check that an id can be one line of a list of ids, because the commands may read such a list. */
static enum ib_status
check_text(const struct ib_span *text, uint64_t row, struct ib_error *err)
{
	char show[IB_SHOW_MAX];

	if (text->n == 0)
		return ib_fail(err, IB_E_MISUSE, "the id of row %llu is empty",
			       (unsigned long long)row);
	if (text->n >= UINT32_MAX)
		return ib_fail(err, IB_E_MISUSE, "the id of row %llu is too long",
			       (unsigned long long)row);
	if (memchr(text->p, '\n', text->n) || text->p[text->n - 1] == '\r' ||
	    memchr(text->p, '\0', text->n))
		return ib_fail(err, IB_E_MISUSE,
			       "the id of row %llu contains a newline or a NUL, so it cannot be a "
			       "line of a list: %s",
			       (unsigned long long)row, ib_show(show, *text));
	return IB_OK;
}

/* Copy the ids as a list, one per line, and compute the digest of the list. */
static enum ib_status
copy_texts(struct ib_run_ids *ids, const struct ib_span *text, struct ib_error *err)
{
	uint64_t i, total = 0;
	enum ib_status st = IB_OK;
	char *to;

	for (i = 0; i < ids->n && !st; i++) {
		st = check_text(&text[i], i, err);
		total += text[i].n + 1;
	}
	if (st)
		return st;
	ids->text = ib_array(ids->n, sizeof(*ids->text));
	ids->bytes = to = ib_array(total, 1);
	if (!ids->text || !ids->bytes)
		return ib_fail_memory(err);
	for (i = 0; i < ids->n; i++) {
		memcpy(to, text[i].p, text[i].n);
		ids->text[i] = (struct ib_span){ to, text[i].n };
		to += text[i].n;
		*to++ = '\n';
	}
	ib_hex_xxh128(ids->digest, XXH3_128bits(ids->bytes, (size_t)total));
	return IB_OK;
}

/* Fail if an id occurs twice, because two rows would then be the same sample. */
static enum ib_status
check_unique(const struct ib_run_ids *ids, struct ib_error *err)
{
	struct ib_table t;
	struct ib_id id;
	char show[IB_SHOW_MAX];
	enum ib_status st = IB_OK;
	uint32_t row;
	uint64_t i;

	ib_table_init(&t);
	for (i = 0; i < ids->n && !st; i++) {
		id = ib_id_of(ids->text[i], 0);
		st = ib_table_intern_group(&t, &id, 1, &row, err);
		if (!st && row < i)
			st = ib_fail(err, IB_E_MISUSE,
				     "the id %s occurs twice, the second time in "
				     "row %llu",
				     ib_show(show, ids->text[i]), (unsigned long long)i);
	}
	ib_table_release(&t);
	return st;
}

/* ---- texts and row numbers --------------------------------------------------------------- */

enum ib_status
ib_run_ids_init(struct ib_run_ids *ids, const struct ib_span *text, uint64_t n,
		struct ib_error *err)
{
	enum ib_status st;

	*ids = (struct ib_run_ids){ .n = n };
	if (n == 0 || n > IB_RANGE_MAX)
		return ib_fail(err, IB_E_MISUSE, "n must be from 1 to %llu, not %llu",
			       (unsigned long long)IB_RANGE_MAX, (unsigned long long)n);
	if (!text)
		return ib_range_digest(n, ids->digest, err);
	st = copy_texts(ids, text, err);
	return st ? st : check_unique(ids, err);
}

void
ib_run_ids_release(struct ib_run_ids *ids)
{
	free(ids->text);
	free(ids->bytes);
	*ids = (struct ib_run_ids){ 0 };
}

/* Return how many ids of the run are in the scores. */
static uint64_t
count_known(const struct ib_run_ids *ids, const struct ib_scores *s)
{
	uint64_t known = 0, i, row;
	struct ib_span id;

	if (ids->text) {
		for (i = 0; i < ids->n; i++)
			known += ib_scores_find(s, ids->text[i], &row);
		return known;
	}
	if (s->table.range)
		return s->table.n < ids->n ? s->table.n : ids->n;
	for (i = 0; i < s->table.n; i++) {
		id = ib_table_id(&s->table, i);
		known += ib_row_id_parse(id.p, id.n, &row) && row < ids->n;
	}
	return known;
}

enum ib_status
ib_run_ids_check(const struct ib_run_ids *ids, const struct ib_scores *s, const char *path,
		 const struct ib_limit *unseen, struct ib_error *err)
{
	uint64_t known = count_known(ids, s);
	enum ib_status st;
	bool too_many;

	if (known < s->table.n)
		return ib_fail(err, IB_E_DATA,
			       "%s: %llu of %llu samples are not among the %llu ids of this run: "
			       "are these the scores of other data?",
			       path, (unsigned long long)(s->table.n - known),
			       (unsigned long long)s->table.n, (unsigned long long)ids->n);
	if (!unseen || known == 0)
		return IB_OK;
	st = ib_limit_check(unseen, "max-unseen", ids->n - known, ids->n, &too_many, err);
	if (st || !too_many)
		return st;
	return ib_fail(err, IB_E_DATA,
		       "%s: has only %llu of the %llu samples of this run: are these the scores of "
		       "other data? (to allow this, raise max-unseen)",
		       path, (unsigned long long)known, (unsigned long long)ids->n);
}
