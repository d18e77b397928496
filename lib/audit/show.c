/* The life of single ids. */
#include <math.h>
#include <stdlib.h>

#include "audit/verbs.h"
#include "base/error.h"
#include "score/load.h"

/* What one run says of one id. */
struct found {
	bool any, kept;
	float score;
	double pi;
};

static const struct ib_column columns[] = {
	{ "id", "id", .left = true },
	{ .name = "epoch", .heading = "epoch" },
	{ .name = "score", .heading = "score" },
	{ .name = "pi", .heading = "pi" },
	{ .name = "u", .heading = "u" },
	{ "fate", "fate", .left = true },
	{ .name = "visits", .heading = NULL },
};

static const struct ib_column columns_now[] = {
	{ "id", "id", .left = true },
	{ .name = "epoch", .heading = "epoch" },
	{ .name = "score", .heading = "score" },
	{ .name = "pi", .heading = "pi" },
	{ .name = "u", .heading = "u" },
	{ "fate", "fate", .left = true },
	{ .name = "visits", .heading = "visits" },
};

#define NCOLUMNS (sizeof(columns) / sizeof(*columns))

/* Find all ids in one run's lines: found[id]. */
static enum ib_status
search(struct ib_audit_log *log, const struct ib_audit_run *run,
       const struct ib_span *id, size_t nids, struct found *found,
       struct ib_error *err)
{
	const struct ib_audit_line *line;
	enum ib_status st;
	size_t n, i, k;

	st = ib_audit_lines_begin(log, run, false, err);
	while (!st && !(st = ib_audit_lines_next(log, &line, &n, err)))
		for (i = 0; i < n; i++)
			for (k = 0; k < nids; k++)
				if (ib_span_equal(line[i].id, id[k]))
					found[k] = (struct found){
						true, line[i].kept,
						line[i].score, line[i].pi
					};
	return st == IB_EOF ? IB_OK : st;
}

static void
put_epoch(struct ib_sheet *sheet, struct ib_span id,
	  const struct ib_audit_head *head, const struct found *f)
{
	double u = ib_draw_u(ib_draw_key(head->seed, (uint64_t)head->epoch),
			     id);
	struct ib_cell cell[NCOLUMNS] = {
		IB_TEXT(id), IB_COUNT((uint64_t)head->epoch), IB_NONE, IB_NONE,
		IB_NONE, IB_TEXT(ib_span_of("-")), IB_NONE,
	};

	if (f->any) {
		cell[2] = IB_SCORE(f->score);
		cell[3] = IB_REAL(f->pi);
		cell[4] = IB_REAL(u);
		cell[5] = IB_TEXT(ib_span_of(f->kept ? "drawn" : "pruned"));
	}
	ib_sheet_row(sheet, cell);
}

/* What the score file has of it. */
static void
put_now(struct ib_sheet *sheet, struct ib_span id, const struct ib_scores *s)
{
	struct ib_cell cell[NCOLUMNS] = {
		IB_TEXT(id), IB_NONE, IB_NONE, IB_NONE, IB_NONE,
		IB_TEXT(ib_span_of("now")), IB_COUNT(0),
	};
	struct ib_row row;
	uint64_t at;

	if (ib_scores_find(s, id, &at)) {
		row = ib_scores_row(s, at);
		cell[1] = IB_COUNT((uint64_t)row.epoch);
		cell[2] = IB_SCORE(row.score);
		cell[6] = IB_COUNT(row.visits);
	}
	ib_sheet_row(sheet, cell);
}

struct show {
	const struct ib_audit_options *options;
	const struct ib_context *context;
	struct ib_audit_log *log;
	struct ib_scores *scores; /* NULL: not asked for */
	struct ib_span *id;
	size_t nids, nepochs;
	struct found *found;      /* [nepochs * nids] */
};

static enum ib_status
read_all(struct show *s, struct ib_error *err)
{
	const struct ib_audit_options *o = s->options;
	enum ib_status st = IB_OK;
	const struct ib_audit_run *run;
	size_t i;

	s->nids = o->operands.n - 1;
	s->nepochs = ib_audit_log_epochs(s->log);
	s->id = calloc(s->nids + 1, sizeof(*s->id));
	s->found = calloc(s->nepochs * s->nids + 1, sizeof(*s->found));
	if (!s->id || !s->found)
		return ib_fail_memory(err);
	for (i = 0; i < s->nids; i++)
		s->id[i] = ib_span_of(o->operands.v[i + 1]);
	for (i = 0; i < s->nepochs && !st; i++) {
		run = ib_audit_log_epoch(s->log, i);
		if (o->epoch == IB_NO_EPOCH || o->epoch == run->head.epoch)
			st = search(s->log, run, s->id, s->nids,
				    s->found + i * s->nids, err);
	}
	return st;
}

static void
put_all(struct show *s, struct ib_sheet *sheet)
{
	const struct ib_audit_options *o = s->options;
	const struct ib_audit_run *run;
	char show[IB_SHOW_MAX];
	struct found *f;
	size_t i, k;
	bool any;

	for (k = 0; k < s->nids; k++) {
		for (any = false, i = 0; i < s->nepochs; i++) {
			run = ib_audit_log_epoch(s->log, i);
			if (o->epoch != IB_NO_EPOCH &&
			    o->epoch != run->head.epoch)
				continue;
			f = &s->found[i * s->nids + k];
			put_epoch(sheet, s->id[k], &run->head, f);
			any |= f->any;
		}
		if (s->scores)
			put_now(sheet, s->id[k], s->scores);
		if (!any)
			ib_warn(s->context, "%s: no line of %s: it was kept "
				"with pi 1, or is in no manifest",
				ib_audit_log_name(s->log),
				ib_show(show, s->id[k]));
	}
}

enum ib_status
ib_audit_show(const struct ib_audit_options *o,
	      const struct ib_context *context, struct ib_output *out,
	      struct ib_error *err)
{
	struct show s = { .options = o, .context = context };
	struct ib_look look = ib_audit_look(o);
	struct ib_sheet *sheet = NULL;
	enum ib_status st;

	st = ib_audit_log_open(o->operands.v[0], context, &s.log, err);
	if (!st && o->scores)
		st = ib_scores_load_any(o->scores, context, &s.scores, NULL,
					err);
	if (!st)
		st = read_all(&s, err);
	/* JSON has visits of `now` alone: without -s it has none. */
	if (!st)
		st = ib_sheet_new(o->scores ? columns_now : columns,
				  o->scores || !o->json ? NCOLUMNS
							: NCOLUMNS - 1,
				  &look, out, &sheet, err);
	if (!st) {
		put_all(&s, sheet);
		st = ib_sheet_end(sheet, err);
	}
	ib_sheet_free(sheet);
	ib_scores_free(s.scores);
	ib_audit_log_close(s.log);
	free(s.id);
	free(s.found);
	return st;
}
