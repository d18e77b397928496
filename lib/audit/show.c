/* Show what happened to given ids in each epoch, and why. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/show.h"
#include "audit/stats.h"
#include "audit/text.h"
#include "audit/subcommands.h"
#include "base/array.h"
#include "base/error.h"
#include "score/load.h"

enum { ID, EPOCH, SCORE, THRESHOLD, PI, U, FATE, WHY, OUTCOME, WEIGHT, VISITS, NCOLUMNS };

static const struct ib_column columns[NCOLUMNS] = {
	[ID] = { "id", "id", .align_left = true },
	[EPOCH] = { .name = "epoch", .heading = "epoch" },
	[SCORE] = { .name = "score", .heading = "score", .drop_order = 1 },
	[THRESHOLD] = { "threshold", "threshold", .drop_order = 3 },
	[PI] = { "pi", "pi", IB_STYLE_SHORT, .drop_order = 4 },
	[U] = { "u", "u", .drop_order = 5 },
	[FATE] = { .name = "fate" },
	[WHY] = { .name = "why" },
	[OUTCOME] = { NULL, "outcome", .align_left = true },
	[WEIGHT] = { "weight", "weight", IB_STYLE_SHORT, .drop_order = 2 },
	[VISITS] = { "visits", "visits", .drop_order = 6 },
};

/* ---- search ------------------------------------------------------------------ */

uint32_t
ib_show_find(const struct ib_show *s, struct ib_span id)
{
	struct ib_id key = ib_id_of(id, s->ids.seed);

	return ib_table_find(&s->ids, &key);
}

/* Add the operands that have escapes to s->ids, with the escapes decoded. Sets s->decoded. */
static enum ib_status
index_decoded(struct ib_show *s, struct ib_error *err)
{
	struct ib_bytes text = { 0 };
	enum ib_status st = IB_OK;
	struct ib_id id;
	size_t i;

	for (i = 0; i < s->ntyped && !st; i++) {
		s->decoded[i] = IB_NO_ROW;
		text.n = 0;
		if (!ib_decode_text(&text, ib_table_id(&s->ids, i)))
			continue;
		id = ib_id_of(ib_bytes_span(&text), 0);
		st = text.failed ? ib_fail_memory(err)
				 : ib_table_intern_group(&s->ids, &id, 1, &s->decoded[i], err);
	}
	if (!st && text.failed)
		st = ib_fail_memory(err);
	ib_bytes_release(&text);
	return st;
}

/* Add the ids that the operands name to s->ids, and set s->row and s->decoded. */
static enum ib_status
index_ids(struct ib_show *s, struct ib_error *err)
{
	const struct ib_list *operands = &s->options->operands;
	enum ib_status st = IB_OK;
	struct ib_id id;
	size_t k;

	s->nids = operands->n - 1;
	s->row = calloc(s->nids + 1, sizeof(*s->row));
	s->decoded = calloc(s->nids + 1, sizeof(*s->decoded));
	if (!s->row || !s->decoded)
		return ib_fail_memory(err);
	for (k = 0; k < s->nids && !st; k++) {
		id = ib_id_of(ib_span_of(operands->v[k + 1]), 0);
		st = ib_table_intern_group(&s->ids, &id, 1, &s->row[k], err);
	}
	s->ntyped = s->ids.n;
	return st ? st : index_decoded(s, err);
}

/*
 * Set found[i] to the line of id i in one run, and s->known[i] to true if there is one. Takes one
 * hash lookup per line of the run.
 */
static enum ib_status
find_lines(struct ib_show *s, const struct ib_audit_run *run, struct ib_show_line *found,
	   struct ib_error *err)
{
	const struct ib_audit_line *line;
	enum ib_status st;
	uint32_t row;
	size_t n, i;

	st = ib_audit_lines_begin(s->log, run, false, err);
	while (!st && !(st = ib_audit_lines_next(s->log, &line, &n, err))) {
		for (i = 0; i < n; i++) {
			row = ib_show_find(s, line[i].id);
			if (row == IB_NO_ROW)
				continue;
			s->known[row] = true;
			found[row] = (struct ib_show_line){ true, line[i].kept, line[i].score,
							    line[i].pi };
		}
	}
	return st == IB_EOF ? IB_OK : st;
}

static bool
is_wanted(const struct ib_show *s, const struct ib_audit_run *run)
{
	int64_t epoch = s->options->epoch;

	return epoch == IB_NO_EPOCH || epoch == run->head.options.epoch;
}

/* True if every operand is known as typed. */
static bool
knows_operands(const struct ib_show *s)
{
	uint64_t i;

	for (i = 0; i < s->ntyped && s->known[i]; i++)
		continue;
	return i == s->ntyped;
}

/* Read the lines of the epoch that -e names (`wanted`), or of the other epochs. */
static enum ib_status
read_epochs(struct ib_show *s, bool wanted, struct ib_error *err)
{
	const struct ib_audit_run *run;
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < s->nepochs && !st; i++) {
		run = ib_audit_log_epoch(s->log, i);
		if (is_wanted(s, run) == wanted)
			st = find_lines(s, run, s->line + i * s->ids.n, err);
	}
	return st;
}

static enum ib_status
read_all(struct ib_show *s, struct ib_error *err)
{
	enum ib_status st = index_ids(s, err);

	if (st)
		return st;
	s->nepochs = ib_audit_log_epochs(s->log);
	s->line = ib_array_zeroed(s->nepochs * s->ids.n, sizeof(*s->line));
	s->known = ib_array_zeroed(s->ids.n, sizeof(*s->known));
	if (!s->line || !s->known)
		return ib_fail_memory(err);
	st = read_epochs(s, true, err);
	if (!st && !knows_operands(s)) /* does another epoch have the id? */
		st = read_epochs(s, false, err);
	return st;
}

/* ---- rows ----------------------------------------------------------------------- */

/*
 * Return the threshold that determined the pi of a line with this score. If the rule has several
 * thresholds, this is the smallest threshold above the score. Returns NaN if the rule has no
 * threshold.
 */
static double
threshold_of(const struct ib_run_header *h, float score)
{
	size_t i;

	for (i = 0; i < h->thresholds.n; i++)
		if ((double)score < h->thresholds.threshold[i])
			return h->thresholds.threshold[i];
	return h->solved.threshold;
}

static struct ib_show_row
row_of_line(const struct ib_run_header *h, const struct ib_audit_line *line)
{
	uint64_t key = ib_draw_key(h->options.seed, (uint64_t)h->options.epoch);

	return (struct ib_show_row){
		.head = h,
		.outcome = line->kept ? IB_OUTCOME_DRAWN : IB_OUTCOME_PRUNED,
		.score = line->score,
		.threshold = threshold_of(h, line->score),
		.pi = line->pi,
		.u = ib_draw_u(key, line->id),
		.weight = ib_audit_line_weight(h, line),
	};
}

/*
 * Return the table row of an id in a run that has no line for it. `at` is the row of the id in
 * s->ids.
 */
static struct ib_show_row
row_without_line(const struct ib_show *s, const struct ib_audit_run *run, uint32_t at)
{
	bool kept, unpruned;
	enum ib_reason reason;
	struct ib_show_row row = {
		.head = &run->head, .score = NAN, .threshold = NAN, .pi = NAN, .u = NAN
	};

	row.why = ib_show_explain(s, run, at, &kept);
	if (!s->known[at] && s->options->manifest.n > 0) {
		row.why = "not in the manifest";
		kept = false;
	}
	row.outcome = kept ? IB_OUTCOME_KEPT : IB_OUTCOME_NONE;
	row.weight = kept ? 1 : NAN;
	unpruned = ib_rule_epoch_is_unpruned(&run->head.options, &reason);
	if (kept && !unpruned)
		row.threshold = threshold_of(&run->head, INFINITY);
	return row;
}

/*
 * Fill row[] for the id in row `at` of s->ids: one row per epoch, or only the row of the epoch that
 * -e names. Returns the number of rows.
 */
static size_t
fill_rows(const struct ib_show *s, uint32_t at, struct ib_show_row *row)
{
	struct ib_span id = ib_table_id(&s->ids, at);
	const struct ib_audit_run *run;
	const struct ib_show_line *f;
	size_t i, n = 0;

	for (i = 0; i < s->nepochs; i++) {
		run = ib_audit_log_epoch(s->log, i);
		f = &s->line[i * s->ids.n + at];
		if (!is_wanted(s, run))
			continue;
		if (f->exists)
			row[n++] = row_of_line(&run->head, &(struct ib_audit_line){
								   id, f->score, f->pi, f->kept });
		else
			row[n++] = row_without_line(s, run, at);
	}
	return n;
}

static void
write_row(struct ib_text_table *table, struct ib_span id, const struct ib_show_row *row)
{
	static const char *const outcome_name[] = { "pruned", "drawn", "kept", "-" };
	struct ib_cell cell[NCOLUMNS] = {
		[ID] = IB_TEXT(id),
		[EPOCH] = IB_COUNT((uint64_t)row->head->options.epoch),
		[SCORE] = IB_SCORE(row->score),
		[THRESHOLD] = IB_REAL(row->threshold),
		[PI] = IB_REAL(row->pi),
		[U] = IB_REAL(row->u),
		[FATE] = IB_TEXT(ib_span_of(outcome_name[row->outcome])),
		[WHY] = row->why ? IB_TEXT(ib_span_of(row->why)) : IB_NONE,
		[WEIGHT] = IB_REAL(row->weight),
	};
	char text[64];

	snprintf(text, sizeof(text), "%s%s%s",
		 row->outcome == IB_OUTCOME_NONE ? "" : outcome_name[row->outcome],
		 row->outcome == IB_OUTCOME_KEPT ? ": " : "", row->why ? row->why : "");
	cell[OUTCOME] = IB_TEXT(ib_span_of(text));
	ib_text_table_row(table, cell);
}

/* Write a row with the current score of an id. The row shows "now" instead of an epoch. */
static void
write_now(struct ib_text_table *table, struct ib_span id, const struct ib_scores *s)
{
	struct ib_span now = ib_span_of("now");
	struct ib_cell cell[NCOLUMNS] = { [ID] = IB_TEXT(id),
					  [FATE] = IB_TEXT(now),
					  [OUTCOME] = IB_TEXT(now),
					  [VISITS] = IB_COUNT(0) };
	struct ib_row row;
	uint64_t at;

	if (ib_scores_find(s, id, &at)) {
		row = ib_scores_row(s, at);
		cell[EPOCH] = IB_COUNT((uint64_t)row.epoch);
		cell[SCORE] = IB_SCORE(row.score);
		cell[VISITS] = IB_COUNT(row.visits);
	}
	ib_text_table_row(table, cell);
}

/* ---- the result -------------------------------------------------------------------- */

struct result {
	struct ib_text_table *table;
	struct ib_show_row *row; /* [nepochs] rows of the current id */
	/* the sentences about the ids, which are written after the table */
	struct ib_bytes sentences;
	uint64_t rows; /* number of rows of the table */
};

static bool
was_eligible(const struct ib_show_row *row, size_t n)
{
	while (n > 0 && row[n - 1].outcome != IB_OUTCOME_PRUNED &&
	       row[n - 1].outcome != IB_OUTCOME_DRAWN)
		n--;
	return n > 0;
}

/* Print the sentence about the id in row `at` of s->ids as a warning. */
static void
warn_not_eligible(struct ib_show *s, struct result *r, uint32_t at, size_t n)
{
	struct ib_bytes text = { 0 };
	char show[IB_SHOW_MAX];

	ib_show_write_outcomes(s, at, r->row, n, &text);
	if (!text.failed)
		ib_warn(s->context, "%s: %s %.*s", ib_audit_log_name(s->log),
			ib_show(show, ib_table_id(&s->ids, at)), (int)text.n, text.p);
	r->sentences.failed |= text.failed;
	ib_bytes_release(&text);
}

/*
 * Write the rows and the sentence of the id in row `at` of s->ids. In a text table, a sample that
 * was never eligible has no rows, because the sentence says why the sample was kept.
 */
static void
write_id(struct ib_show *s, struct result *r, uint32_t at)
{
	struct ib_span id = ib_table_id(&s->ids, at);
	size_t n = fill_rows(s, at, r->row), width = (size_t)s->options->width, i;
	bool eligible = was_eligible(r->row, n), rows = eligible || s->options->json;
	struct ib_bytes sentence = { 0 };

	for (i = 0; i < n && rows; i++, r->rows++)
		write_row(r->table, id, &r->row[i]);
	if (s->scores && rows) {
		write_now(r->table, id, s->scores);
		r->rows++;
	}
	if (s->options->json) {
		if (!eligible && !ib_show_is_unknown(s, at))
			warn_not_eligible(s, r, at, n);
		return;
	}
	ib_show_write_sentence(s, at, r->row, n, width / 2, &sentence);
	ib_write_sentence(&r->sentences, ib_bytes_span(&sentence), width, s->options->utf8);
	r->sentences.failed |= sentence.failed;
	ib_bytes_release(&sentence);
}

static enum ib_status
write_result(struct ib_show *s, struct result *r, struct ib_output *out, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t k;

	for (k = 0; k < s->nids; k++)
		if (s->options->json || !ib_show_is_unknown(s, s->row[k]))
			write_id(s, r, s->row[k]);
	if (s->options->json || r->rows > 0)
		st = ib_text_table_end(&r->table, err);
	if (!st && r->rows > 0 && r->sentences.n > 0)
		ib_output_write(out, "\n", 1);
	if (!st)
		ib_output_write_bytes(out, &r->sentences);
	return st || !r->sentences.failed ? st : ib_fail_memory(err);
}

static enum ib_status
show_ids(struct ib_show *s, struct ib_output *out, struct ib_error *err)
{
	const struct ib_audit_options *o = s->options;
	struct ib_column column[NCOLUMNS];
	struct result r = { .row = calloc(s->nepochs + 1, sizeof(*r.row)) };
	enum ib_status st = r.row ? IB_OK : ib_fail_memory(err);

	memcpy(column, columns, sizeof(column));
	column[VISITS].hidden = !o->scores;
	if (s->ntyped == 1) /* no id column, because the sentence names the only id */
		column[ID].heading = NULL;
	r.table = ib_text_table_new("show", column, NCOLUMNS,
				    &(struct ib_table_target){ o, out, NULL });
	if (!st)
		st = write_result(s, &r, out, err);
	ib_text_table_discard(r.table);
	ib_bytes_release(&r.sentences);
	free(r.row);
	return st;
}

/* Open the log. If the file does not exist, the user may have swapped the log and an id. */
static enum ib_status
open_log(struct ib_show *s, struct ib_error *err)
{
	struct ib_error why;
	enum ib_status st;

	st = ib_audit_log_open(s->options->operands.v[0], s->context, &s->log, &why);
	if (st == IB_E_NOINPUT)
		return ib_fail(err, st, "%s; the first operand must be the audit log", why.text);
	if (st)
		*err = why;
	return st;
}

enum ib_status
ib_audit_show(const struct ib_audit_options *o, const struct ib_context *context,
	      struct ib_output *out, struct ib_error *err)
{
	struct ib_show s = { .options = o, .context = context };
	struct ib_error unknown = { IB_OK, "" };
	enum ib_status st, check = IB_OK;

	ib_table_init(&s.ids);
	st = open_log(&s, err);
	if (!st && o->scores)
		st = ib_scores_load_any(o->scores, context, &s.scores, s.digest, err);
	if (!st)
		st = read_all(&s, err);
	if (!st)
		check = ib_show_check_ids(&s, &unknown);
	if (check && check != IB_E_CHECK) {
		*err = unknown;
		st = check;
	}
	if (!st)
		st = show_ids(&s, out, err);
	if (!st && check) {
		*err = unknown;
		st = check;
	}
	ib_scores_free(s.scores);
	ib_audit_log_close(s.log);
	ib_table_release(&s.ids);
	free(s.row);
	free(s.decoded);
	free(s.line);
	free(s.known);
	return st;
}
