/* Score files: .npz archives and JSON lines (infobatch-formats(5), SCORES). */
#include "score/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"
#include "record/json.h"

/* ---- writing -------------------------------------------------------------- */

static char *
meta_json(const struct ib_scores *s)
{
	struct ib_totals *t = malloc(sizeof(*t));
	cJSON *meta = cJSON_CreateObject(), *totals = NULL;
	char number[IB_NUMBER_MAX + 1], *text = NULL, part[64];

	if (!t || !meta)
		goto done;
	ib_scores_totals(s, t);
	totals = ib_totals_json(t);
	number[ib_number_put_unsigned(number, s->table.n)] = '\0';
	cJSON_AddStringToObject(meta, "format", IB_SCORES_FORMAT);
	cJSON_AddNumberToObject(meta, "version", IB_SCORES_VERSION);
	cJSON_AddStringToObject(meta, "tool", "infobatch " IB_VERSION);
	cJSON_AddRawToObject(meta, "n", number);
	if (t->newest == IB_NO_EPOCH)
		cJSON_AddNullToObject(meta, "newest_epoch");
	else
		cJSON_AddNumberToObject(meta, "newest_epoch",
					(double)t->newest);
	if (s->part.count > 0) {
		snprintf(part, sizeof(part), "%llu/%llu",
			 (unsigned long long)s->part.index,
			 (unsigned long long)s->part.count);
		cJSON_AddStringToObject(meta, "part", part);
	}
	if (totals && cJSON_AddItemToObject(meta, "totals", totals)) {
		totals = NULL;
		text = cJSON_PrintUnformatted(meta);
	}
done:
	cJSON_Delete(totals);
	cJSON_Delete(meta);
	free(t);
	return text;
}

enum ib_status
ib_scores_write_npz(const struct ib_scores *s, struct ib_output *out,
		    struct ib_error *err)
{
	const struct ib_table *t = &s->table;
	struct ib_npz_writer *w = NULL;
	char *meta = meta_json(s);
	enum ib_status st;

	if (!meta)
		return ib_fail_memory(err);
	st = ib_npz_writer_new(out, &w, err);
	if (st)
		goto done;
	ib_npz_put_bytes(w, "meta.json", ib_span_of(meta));
	ib_npz_put_array(w, "id_bytes.npy", "|u1", t->bytes.p,
			 ib_table_offsets(t)[t->n], 1);
	ib_npz_put_array(w, "id_offset.npy", "<i8", t->offset.p, t->n + 1, 8);
	ib_npz_put_array(w, "score.npy", "<f4", s->score.p, t->n, 4);
	ib_npz_put_array(w, "epoch.npy", "<i4", s->epoch.p, t->n, 4);
	ib_npz_put_array(w, "visits.npy", "<u4", s->visits.p, t->n, 4);
	if (s->has_previous)
		ib_npz_put_array(w, "prev.npy", "<f4", s->previous.p, t->n, 4);
	st = ib_npz_writer_end(w, err);
done:
	free(meta);
	return st;
}

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
	ib_json_put_string(b, r->id);
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
ib_scores_write_jsonl(const struct ib_scores *s, struct ib_output *out,
		      struct ib_error *err)
{
	struct ib_bytes b = { 0 };
	enum ib_status st = IB_OK;
	struct ib_row row;
	uint64_t i;

	for (i = 0; i < s->table.n && !st; i++) {
		row = ib_scores_row(s, i);
		put_row(&b, &row, s->has_previous);
		if (b.n > 256 << 10) {
			ib_output_write(out, b.p, b.n);
			b.n = 0;
			st = ib_output_status(out, err);
		}
	}
	ib_output_write(out, b.p, b.n);
	if (!st && b.failed)
		st = ib_fail_memory(err);
	if (!st)
		st = ib_output_status(out, err);
	ib_bytes_release(&b);
	return st;
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

/* ---- reading -------------------------------------------------------------- */

/* A member that must be there, one-dimensional, of that type. */
static enum ib_status
member(struct ib_npz *z, const char *file, const char *name, const char *descr,
       uint64_t n, const struct ib_npz_member **m, struct ib_error *err)
{
	*m = ib_npz_find(z, name);
	if (!*m)
		return ib_fail(err, IB_E_DATA,
			       "%s: no score file: it has no %s", file, name);
	if (!(*m)->array || (*m)->ndim != 1 ||
	    strcmp((*m)->descr, descr) != 0)
		return ib_fail(err, IB_E_DATA,
			       "%s: %s is no one-dimensional array of '%s'",
			       file, name, descr);
	if (n != UINT64_MAX && (*m)->n != n)
		return ib_fail(err, IB_E_DATA,
			       "%s: %s has %llu items, %llu expected", file,
			       name, (unsigned long long)(*m)->n,
			       (unsigned long long)n);
	return IB_OK;
}

static enum ib_status
column(struct ib_npz *z, const char *file, const char *name,
       const char *descr, uint64_t n, size_t size, struct ib_pages *to,
       struct ib_error *err)
{
	const struct ib_npz_member *m;
	enum ib_status st = member(z, file, name, descr, n, &m, err);

	if (st)
		return st;
	if (!ib_pages_grow(to, (n + 1) * size))
		return ib_fail_memory(err);
	return ib_npz_read(z, m, to->p, err);
}

/* What a stranger may have put into the arrays must not harm anybody. */
static enum ib_status
check_rows(struct ib_scores *s, uint64_t total, const char *file,
	   struct ib_error *err)
{
	uint64_t *offset = s->table.offset.p, n = s->table.n, i;
	float *score = s->score.p, *previous = s->previous.p;
	const int32_t *epoch = s->epoch.p;
	bool fine = offset[0] == 0 && offset[n] == total;

	for (i = 0; i < n; i++)
		fine &= offset[i] <= offset[i + 1] &&
			offset[i + 1] - offset[i] < UINT32_MAX;
	if (!fine)
		return ib_fail(err, IB_E_DATA, "%s: id_offset.npy is corrupt",
			       file);
	for (i = 0; i < n; i++)
		fine &= epoch[i] >= 0;
	if (!fine)
		return ib_fail(err, IB_E_DATA, "%s: a negative epoch", file);
	for (i = 0; i < n; i++)
		score[i] = isfinite(score[i]) ? score[i] + 0.0f : NAN;
	for (i = 0; i < n && s->has_previous; i++)
		previous[i] = isfinite(previous[i]) ? previous[i] + 0.0f : NAN;
	return IB_OK;
}

static enum ib_status
read_meta(struct ib_npz *z, const char *file, struct ib_scores *s,
	  struct ib_error *err)
{
	const struct ib_npz_member *m = ib_npz_find(z, "meta.json");
	enum ib_status st = IB_OK;
	const cJSON *format, *version, *part;
	unsigned long long index, count;
	cJSON *meta = NULL;
	char *text;

	if (!m || m->nbytes > 16 << 20)
		return IB_OK; /* somebody rewrote the file: the rows count */
	text = malloc(m->nbytes + 1);
	if (!text)
		return ib_fail_memory(err);
	st = ib_npz_read(z, m, text, err);
	if (!st) {
		text[m->nbytes] = '\0';
		meta = cJSON_Parse(text);
	}
	format = cJSON_GetObjectItemCaseSensitive(meta, "format");
	version = cJSON_GetObjectItemCaseSensitive(meta, "version");
	part = cJSON_GetObjectItemCaseSensitive(meta, "part");
	if (cJSON_IsString(format) && cJSON_IsNumber(version) &&
	    strcmp(format->valuestring, IB_SCORES_FORMAT) == 0 &&
	    version->valuedouble > IB_SCORES_VERSION)
		st = ib_fail(err, IB_E_DATA,
			     "%s: a score file of version %.0f, newer than "
			     "this program's %d", file, version->valuedouble,
			     IB_SCORES_VERSION);
	if (cJSON_IsString(part) &&
	    sscanf(part->valuestring, "%llu/%llu", &index, &count) == 2)
		s->part = (struct ib_part){ index, count };
	cJSON_Delete(meta);
	free(text);
	return st;
}

static enum ib_status
read_columns(struct ib_npz *z, const char *file, struct ib_scores *s,
	     struct ib_error *err)
{
	const struct ib_npz_member *bytes, *offset;
	enum ib_status st;
	uint64_t n;

	st = member(z, file, "id_offset.npy", "<i8", UINT64_MAX, &offset, err);
	if (!st)
		st = member(z, file, "id_bytes.npy", "|u1", UINT64_MAX, &bytes,
			    err);
	if (st)
		return st;
	if (offset->n == 0 || offset->n >= UINT32_MAX)
		return ib_fail(err, IB_E_DATA, "%s: id_offset.npy has %llu "
			       "items", file, (unsigned long long)offset->n);
	n = offset->n - 1;
	if (!ib_pages_grow(&s->table.bytes, bytes->n + 16) ||
	    !ib_pages_grow(&s->table.offset, offset->n * 8))
		return ib_fail_memory(err);
	st = ib_npz_read(z, bytes, s->table.bytes.p, err);
	if (!st)
		st = ib_npz_read(z, offset, s->table.offset.p, err);
	if (!st)
		st = column(z, file, "score.npy", "<f4", n, 4, &s->score, err);
	if (!st)
		st = column(z, file, "epoch.npy", "<i4", n, 4, &s->epoch, err);
	if (!st)
		st = column(z, file, "visits.npy", "<u4", n, 4, &s->visits,
			    err);
	s->has_previous = ib_npz_find(z, "prev.npy") != NULL;
	if (!st && s->has_previous)
		st = column(z, file, "prev.npy", "<f4", n, 4, &s->previous,
			    err);
	s->table.n = st ? 0 : n;
	return st ? st : check_rows(s, bytes->n, file, err);
}

enum ib_status
ib_scores_from_npz(struct ib_npz *z, const char *file, struct ib_scores *s,
		   struct ib_error *err)
{
	char show[IB_SHOW_MAX];
	enum ib_status st;
	uint64_t twice = UINT64_MAX;

	st = read_meta(z, file, s, err);
	if (!st)
		st = read_columns(z, file, s, err);
	if (st)
		return st;
	st = ib_table_index(&s->table, &twice, err);
	if (st == IB_E_DATA)
		return ib_fail(err, st, "%s: the id %s stands twice", file,
			       ib_show(show, ib_table_id(&s->table, twice)));
	return st;
}
