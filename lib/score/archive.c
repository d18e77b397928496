/*
 * Score files as .npz archives (infobatch-formats(5), SCORE FILES). An archive
 * contains the columns, an index of the ids, and meta.json.
 *
 * The index (index.npy) contains the table's slots in the order of
 * ib_table_sort_slots(). Thanks to the index, a reader does not have to hash
 * every id, and a run that needs few rows can look up these rows in the mapped
 * file. meta.json is written last and contains the CRCs of the columns from
 * which the index was computed. If another tool rewrites the rows, the CRCs
 * differ and readers ignore the index.
 *
 * Every file is untrusted. For a file that is read, check_rows() checks the
 * offsets and epochs, and ib_table_is_sorted() checks the index. A mapped file
 * is not checked in advance; ib_table_is() checks each row that is looked up.
 *
 * All items in a file are little-endian. A big-endian machine reads and converts
 * the arrays, and cannot map a file.
 */
#include "io/npz_writer.h"
#include "score/scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/background.h"
#include "base/error.h"
#include "base/little_endian.h"
#include "io/json_doc.h"

/*
 * The members whose CRCs are stored in meta.json. If the ids are the row numbers (a range), the
 * file has neither id arrays nor an index.
 */
static const char *const columns[] = { "id_bytes.npy", "id_offset.npy", "score.npy", "epoch.npy",
				       "visits.npy" };
#define NCOLUMNS (sizeof(columns) / sizeof(*columns))
#define FIRST_COLUMN(range) ((range) ? (size_t)2 : (size_t)0)

/* ---- writing -------------------------------------------------------------- */

/*
 * Write the CRCs of the columns to meta.json. If another tool rewrites the columns, the CRCs
 * differ. Readers then ignore the index and do not map the file.
 */
static void
write_index_of(struct ib_json_writer *json, const struct ib_npz_writer *w, bool range)
{
	size_t i;

	ib_json_begin_object(json, "index_of");
	for (i = FIRST_COLUMN(range); i < NCOLUMNS; i++)
		ib_json_write_unsigned(json, columns[i], ib_npz_writer_crc(w, columns[i]));
	ib_json_end_object(json);
}

/* Results that are computed while the columns are written: the totals and the index. */
struct summary {
	struct ib_scores *scores;
	struct ib_totals totals;
	/* true if the slots are sorted; only sorted slots are written as the index */
	bool indexed;
	enum ib_status status;
	struct ib_error error;
};

static void
sum_up(void *arg)
{
	struct summary *sum = arg;

	ib_scores_totals(sum->scores, &sum->totals);
	sum->status = ib_table_sort_slots(&sum->scores->table, &sum->indexed, &sum->error);
}

/*
 * True if the scores will be written as a range, without ids. A table without rows is not written
 * as a range, so that programs that know only format version 1 can read the file.
 */
static bool
is_range(const struct ib_scores *s)
{
	return s->table.range && s->table.n > 0;
}

static void
write_meta(struct ib_bytes *b, const struct ib_scores *s, const struct ib_npz_writer *w,
	   const struct summary *sum)
{
	struct ib_json_writer json = { .out = b };

	ib_json_begin_object(&json, NULL);
	ib_json_write_text(&json, "format", IB_SCORES_FORMAT);
	ib_json_write_unsigned(&json, "version",
			       is_range(s) ? IB_SCORES_VERSION_RANGE : IB_SCORES_VERSION);
	ib_json_write_text(&json, "tool", "infobatch " IB_VERSION);
	ib_json_write_unsigned(&json, "n", s->table.n);
	if (is_range(s))
		ib_json_write_text(&json, "id", "range");
	ib_json_write_epoch(&json, "newest_epoch", sum->totals.newest);
	if (s->part.count > 0)
		ib_json_write_part(&json, "part", &s->part);
	if (s->key)
		ib_json_write_text(&json, "key", s->key);
	if (sum->indexed || is_range(s))
		write_index_of(&json, w, is_range(s));
	ib_json_begin_object(&json, "totals");
	ib_totals_write(&json, &sum->totals);
	ib_json_end_object(&json);
	ib_json_end_object(&json);
}

static void
write_columns(struct ib_npz_writer *w, const struct ib_scores *s)
{
	const struct ib_table *t = &s->table;
	const uint64_t none = 0;

	if (!is_range(s)) {
		ib_npz_write_array(w, "id_bytes.npy", "|u1", t->bytes.p, t->nbytes, 1);
		ib_npz_write_array(w, "id_offset.npy", "<i8", t->n > 0 ? t->offset.p : &none,
				   t->n + 1, 8);
	}
	ib_npz_write_array(w, "score.npy", "<f4", s->score.p, t->n, 4);
	ib_npz_write_array(w, "epoch.npy", "<i4", s->epoch.p, t->n, 4);
	ib_npz_write_array(w, "visits.npy", "<u4", s->visits.p, t->n, 4);
	if (s->has_previous)
		ib_npz_write_array(w, "prev.npy", "<f4", s->previous.p, t->n, 4);
}

/*
 * Write all members. The totals and the index are computed in another thread while the columns are
 * written, or after the columns if `threads` is 1.
 */
static enum ib_status
write_members(struct ib_npz_writer *w, struct ib_scores *s, struct summary *sum, int threads,
	      struct ib_error *err)
{
	const struct ib_table *t = &s->table;
	struct ib_background background;
	struct ib_bytes meta = { 0 };
	enum ib_status st = IB_OK;

	sum->scores = s;
	ib_background_start(&background, threads, sum_up, sum);
	write_columns(w, s);
	ib_background_wait(&background);
	if (sum->status) {
		if (err)
			*err = sum->error;
		return sum->status;
	}
	if (sum->indexed)
		ib_npz_write_array(w, "index.npy", "<u8", t->slots.p, t->nslots + IB_OVERFLOW_SLOTS,
				   8);
	write_meta(&meta, s, w, sum);
	if (meta.failed)
		st = ib_fail_memory(err);
	else
		ib_npz_write_bytes(w, "meta.json", ib_bytes_span(&meta));
	ib_bytes_release(&meta);
	return st;
}

enum ib_status
ib_scores_write_npz(struct ib_scores *s, int threads, struct ib_output *out, struct ib_error *err)
{
	struct summary *sum = calloc(1, sizeof(*sum)); /* too large for the stack: 32 KB */
	struct ib_npz_writer *w = NULL;
	enum ib_status st = sum ? IB_OK : ib_fail_memory(err);

	if (!st)
		st = ib_npz_writer_new(out, &w, err);
	if (!st)
		st = write_members(w, s, sum, threads, err);
	free(sum);
	if (!st)
		return ib_npz_writer_end(w, err);
	ib_npz_writer_free(w);
	return st;
}

/* ---- reading -------------------------------------------------------------- */

/* True if the member is a one-dimensional array of type `descr`. */
static bool
is_column(const struct ib_npz_member *m, const char *descr)
{
	return m && m->array && m->ndim == 1 && strcmp(m->descr, descr) == 0;
}

/*
 * Find a required member. The member must be a one-dimensional array of type
 * `descr` with n items. If n is UINT64_MAX, any number of items is accepted.
 */
static enum ib_status
member(struct ib_npz *z, const char *file, const char *name, const char *descr, uint64_t n,
       const struct ib_npz_member **m, struct ib_error *err)
{
	*m = ib_npz_find(z, name);
	if (!*m)
		return ib_fail(err, IB_E_DATA, "%s: not a score file: it has no %s", file, name);
	if (!is_column(*m, descr))
		return ib_fail(err, IB_E_DATA, "%s: %s is not a one-dimensional array of '%s'",
			       file, name, descr);
	if (n != UINT64_MAX && (*m)->n != n)
		return ib_fail(err, IB_E_DATA, "%s: %s has %llu items, expected %llu", file, name,
			       (unsigned long long)(*m)->n, (unsigned long long)n);
	return IB_OK;
}

/* Read all items of an array. Each item has `size` bytes. */
static enum ib_status
read_items(struct ib_npz *z, const struct ib_npz_member *m, void *items, size_t size,
	   struct ib_error *err)
{
	enum ib_status st = ib_npz_read(z, m, items, err);

	if (!st)
		ib_little_endian_convert(items, m->n, size);
	return st;
}

/* Read a column whose items have 4 bytes. */
static enum ib_status
column(struct ib_npz *z, const char *file, const char *name, const char *descr, uint64_t n,
       struct ib_huge_array *to, struct ib_error *err)
{
	const struct ib_npz_member *m;
	enum ib_status st = member(z, file, name, descr, n, &m, err);

	if (st)
		return st;
	if (!ib_huge_array_grow(to, (n + 1) * 4))
		return ib_fail_memory(err);
	return read_items(z, m, to->p, 4, err);
}

/* Check the arrays of an untrusted file. Replace scores that are not finite by NaN. */
static enum ib_status
check_rows(struct ib_scores *s, uint64_t total, const char *file, struct ib_error *err)
{
	uint64_t *offset = s->table.offset.p, n = s->table.n, i;
	float *score = s->score.p, *previous = s->previous.p;
	const int32_t *epoch = s->epoch.p;
	bool valid = s->table.range || (offset[0] == 0 && offset[n] == total);

	for (i = 0; i < n && !s->table.range; i++)
		valid &= offset[i] <= offset[i + 1] && offset[i + 1] - offset[i] < UINT32_MAX;
	if (!valid)
		return ib_fail(err, IB_E_DATA, "%s: id_offset.npy is corrupt", file);
	for (i = 0; i < n; i++)
		valid &= epoch[i] >= 0;
	if (!valid)
		return ib_fail(err, IB_E_DATA, "%s: epoch.npy contains a negative epoch", file);
	for (i = 0; i < n; i++)
		score[i] = isfinite(score[i]) ? score[i] + 0.0f : NAN;
	for (i = 0; i < n && s->has_previous; i++)
		previous[i] = isfinite(previous[i]) ? previous[i] + 0.0f : NAN;
	return IB_OK;
}

/* ---- meta.json -------------------------------------------------------------- */

/*
 * Read meta.json. If meta.json is missing or malformed, *meta is set to NULL,
 * and the rows are used without meta.json.
 */
static enum ib_status
parse_meta(struct ib_npz *z, cJSON **meta, struct ib_error *err)
{
	const struct ib_npz_member *m = ib_npz_find(z, "meta.json");
	enum ib_status st;
	char *text;

	*meta = NULL;
	if (!m || m->nbytes > 16 << 20)
		return IB_OK;
	text = ib_array(m->nbytes, 1);
	if (!text)
		return ib_fail_memory(err);
	st = ib_npz_read(z, m, text, err);
	if (!st)
		st = ib_json_doc_parse((struct ib_span){ text, (size_t)m->nbytes }, meta, err);
	free(text);
	return st == IB_E_DATA ? IB_OK : st;
}

static enum ib_status
check_meta(const cJSON *meta, const char *file, struct ib_scores *s, struct ib_error *err)
{
	const cJSON *format, *version, *part, *key, *ids;

	format = cJSON_GetObjectItemCaseSensitive(meta, "format");
	version = cJSON_GetObjectItemCaseSensitive(meta, "version");
	part = cJSON_GetObjectItemCaseSensitive(meta, "part");
	if (cJSON_IsString(part))
		ib_part_parse(part->valuestring, &s->part);
	key = cJSON_GetObjectItemCaseSensitive(meta, "key");
	if (cJSON_IsString(key) && *key->valuestring) {
		s->key = strdup(key->valuestring);
		if (!s->key)
			return ib_fail_memory(err);
	}
	if (cJSON_IsString(format) && cJSON_IsNumber(version) &&
	    strcmp(format->valuestring, IB_SCORES_FORMAT) == 0) {
		ids = cJSON_GetObjectItemCaseSensitive(meta, "id");
		s->table.range = version->valuedouble == IB_SCORES_VERSION_RANGE &&
				 cJSON_IsString(ids) && strcmp(ids->valuestring, "range") == 0;
		return ib_format_version_check(file, "score file", version->valuedouble,
					       s->table.range || version->valuedouble >
									 IB_SCORES_VERSION_RANGE
						       ? IB_SCORES_VERSION_RANGE
						       : IB_SCORES_VERSION,
					       err);
	}
	return IB_OK;
}

/* True if the CRCs in meta.json are the CRCs of the columns. */
static bool
has_crcs(const struct ib_npz *z, const cJSON *meta, bool range)
{
	const cJSON *of = cJSON_GetObjectItemCaseSensitive(meta, "index_of");
	const struct ib_npz_member *m;
	const cJSON *crc;
	size_t i;

	for (i = FIRST_COLUMN(range); i < NCOLUMNS; i++) {
		m = ib_npz_find(z, columns[i]);
		crc = cJSON_GetObjectItemCaseSensitive(of, columns[i]);
		if (!m || !cJSON_IsNumber(crc) || crc->valuedouble != (double)m->crc)
			return false;
	}
	return true;
}

/* Return the index member, or NULL if the archive has no index that matches its columns. */
static const struct ib_npz_member *
index_of(const struct ib_npz *z, const cJSON *meta, uint64_t n)
{
	const struct ib_npz_member *m = ib_npz_find(z, "index.npy");

	if (!has_crcs(z, meta, false))
		return NULL;
	return is_column(m, "<u8") && IB_INDEX_SLOTS(n) <= UINT32_MAX &&
			       m->n == IB_INDEX_SLOTS(n) + IB_OVERFLOW_SLOTS
		       ? m
		       : NULL;
}

/* ---- reading rows --------------------------------------------------------- */

static enum ib_status
read_values(struct ib_npz *z, const char *file, uint64_t n, struct ib_scores *s,
	    struct ib_error *err)
{
	enum ib_status st = column(z, file, "score.npy", "<f4", n, &s->score, err);

	if (!st)
		st = column(z, file, "epoch.npy", "<i4", n, &s->epoch, err);
	if (!st)
		st = column(z, file, "visits.npy", "<u4", n, &s->visits, err);
	s->has_previous = ib_npz_find(z, "prev.npy") != NULL;
	if (!st && s->has_previous)
		st = column(z, file, "prev.npy", "<f4", n, &s->previous, err);
	return st;
}

/*
 * Read the columns of a file whose ids are the row numbers (a range). The number of rows is the
 * number of scores.
 */
static enum ib_status
read_range(struct ib_npz *z, const char *file, struct ib_scores *s, struct ib_error *err)
{
	const struct ib_npz_member *score;
	enum ib_status st = member(z, file, "score.npy", "<f4", UINT64_MAX, &score, err);

	if (!st && score->n > IB_RANGE_MAX)
		return ib_fail(err, IB_E_DATA, "%s: score.npy has too many items", file);
	if (!st)
		st = read_values(z, file, score->n, s, err);
	s->table.n = st ? 0 : score->n;
	return st ? st : check_rows(s, 0, file, err);
}

static enum ib_status
read_columns(struct ib_npz *z, const char *file, struct ib_scores *s, struct ib_error *err)
{
	const struct ib_npz_member *bytes, *offset;
	enum ib_status st;
	uint64_t n;

	if (s->table.range)
		return read_range(z, file, s, err);
	st = member(z, file, "id_offset.npy", "<i8", UINT64_MAX, &offset, err);
	if (!st)
		st = member(z, file, "id_bytes.npy", "|u1", UINT64_MAX, &bytes, err);
	if (st)
		return st;
	if (offset->n == 0 || offset->n >= UINT32_MAX)
		return ib_fail(err, IB_E_DATA,
			       "%s: id_offset.npy has an invalid number of items: %llu", file,
			       (unsigned long long)offset->n);
	n = offset->n - 1;
	if (!ib_huge_array_grow(&s->table.bytes, bytes->n + 16) ||
	    !ib_huge_array_grow(&s->table.offset, offset->n * 8))
		return ib_fail_memory(err);
	st = ib_npz_read(z, bytes, s->table.bytes.p, err);
	if (!st)
		st = read_items(z, offset, s->table.offset.p, 8, err);
	if (!st)
		st = read_values(z, file, n, s, err);
	s->table.n = st ? 0 : n;
	s->table.nbytes = st ? 0 : bytes->n;
	return st ? st : check_rows(s, bytes->n, file, err);
}

static enum ib_status
build_index(struct ib_scores *s, const char *file, struct ib_error *err)
{
	char show[IB_SHOW_MAX];
	uint64_t duplicate_row = UINT64_MAX;
	enum ib_status st = ib_table_index(&s->table, &duplicate_row, err);

	if (st != IB_E_DATA)
		return st;
	return ib_fail(err, st, "%s: duplicate id %s", file,
		       ib_show(show, ib_table_id(&s->table, duplicate_row)));
}

/* Read the index. If the index is invalid, build a new index. */
static enum ib_status
read_index(struct ib_npz *z, const struct ib_npz_member *m, const char *file, struct ib_scores *s,
	   struct ib_error *err)
{
	enum ib_status st;

	if (!ib_huge_array_grow(&s->table.slots, m->nbytes))
		return ib_fail_memory(err);
	st = read_items(z, m, s->table.slots.p, sizeof(struct ib_slot), err);
	if (st)
		return st;
	s->table.nslots = IB_INDEX_SLOTS(s->table.n);
	return ib_table_is_sorted(&s->table) ? IB_OK : build_index(s, file, err);
}

enum ib_status
ib_scores_from_npz(struct ib_npz *z, const char *file, struct ib_scores *s, struct ib_error *err)
{
	const struct ib_npz_member *index = NULL;
	cJSON *meta;
	enum ib_status st = parse_meta(z, &meta, err);

	if (!st)
		st = check_meta(meta, file, s, err);
	if (!st)
		st = read_columns(z, file, s, err);
	if (!st && !s->table.range)
		index = index_of(z, meta, s->table.n);
	cJSON_Delete(meta);
	if (st || s->table.range)
		return st;
	return index ? read_index(z, index, file, s, err) : build_index(s, file, err);
}

/* ---- mapping ---------------------------------------------------------------- */

/*
 * Map an array of n items. If n is UINT64_MAX, any number of items is accepted. Returns false
 * unless the array is stored uncompressed and aligned to 8 bytes.
 */
static bool
map_column(struct ib_npz *z, const char *name, const char *descr, uint64_t n,
	   struct ib_huge_array *to)
{
	const struct ib_npz_member *m = ib_npz_find(z, name);
	struct ib_span span;

	if (!is_column(m, descr) || (n != UINT64_MAX && m->n != n))
		return false;
	span = ib_npz_map(z, m);
	if (!span.p || ((uintptr_t)span.p & 7) != 0)
		return false;
	*to = (struct ib_huge_array){ (void *)(uintptr_t)span.p, 0 };
	return true;
}

static bool
map_values(struct ib_npz *z, uint64_t n, struct ib_scores *s)
{
	return map_column(z, "score.npy", "<f4", n, &s->score) &&
	       map_column(z, "epoch.npy", "<i4", n, &s->epoch) &&
	       map_column(z, "visits.npy", "<u4", n, &s->visits);
}

static bool
map_range(struct ib_npz *z, const cJSON *meta, struct ib_scores *s)
{
	const struct ib_npz_member *score = ib_npz_find(z, "score.npy");

	if (IB_HOST_IS_BIG_ENDIAN || !score || score->n == 0 || score->n > IB_RANGE_MAX ||
	    !has_crcs(z, meta, true) || !map_values(z, score->n, s))
		return false;
	s->table = (struct ib_table){ .range = true, .n = score->n };
	return true;
}

static bool
map_columns(struct ib_npz *z, const cJSON *meta, struct ib_scores *s)
{
	const struct ib_npz_member *offset = ib_npz_find(z, "id_offset.npy");
	const struct ib_npz_member *bytes = ib_npz_find(z, "id_bytes.npy");
	struct ib_table *t = &s->table;
	const struct ib_slot *slot;
	uint64_t n, nslots;

	if (t->range)
		return map_range(z, meta, s);
	if (IB_HOST_IS_BIG_ENDIAN || !offset || !bytes || offset->n < 2 || offset->n >= UINT32_MAX)
		return false;
	n = offset->n - 1;
	nslots = IB_INDEX_SLOTS(n) + IB_OVERFLOW_SLOTS;
	if (!index_of(z, meta, n) || !map_column(z, "id_bytes.npy", "|u1", UINT64_MAX, &t->bytes) ||
	    !map_column(z, "id_offset.npy", "<i8", n + 1, &t->offset) ||
	    !map_column(z, "index.npy", "<u8", nslots, &t->slots) || !map_values(z, n, s))
		return false;
	slot = t->slots.p;
	if (slot[nslots - 1].row1 != 0)
		return false;
	t->n = n;
	t->nbytes = bytes->n;
	t->nslots = IB_INDEX_SLOTS(n);
	return true;
}

enum ib_status
ib_scores_map_npz(struct ib_npz *z, const char *file, struct ib_scores *s, bool *mapped,
		  struct ib_error *err)
{
	cJSON *meta;
	const cJSON *totals;
	enum ib_status st = parse_meta(z, &meta, err);
	struct ib_scores look;

	*mapped = false;
	if (!st)
		st = check_meta(meta, file, s, err);
	totals = cJSON_GetObjectItemCaseSensitive(meta, "totals");
	look = *s;
	if (!st && totals) {
		look.totals = malloc(sizeof(*look.totals));
		if (!look.totals)
			st = ib_fail_memory(err);
	}
	if (!st && totals && ib_totals_parse(totals, file, look.totals, NULL) == IB_OK &&
	    map_columns(z, meta, &look) && look.totals->rows == look.table.n) {
		ib_table_release(&s->table); /* release the memory of the empty table */
		ib_huge_array_release(&s->score);
		ib_huge_array_release(&s->epoch);
		ib_huge_array_release(&s->visits);
		*s = look;
		*mapped = true;
	} else {
		free(look.totals);
	}
	cJSON_Delete(meta);
	return st;
}

enum ib_status
ib_scores_check_mapped(const struct ib_scores *s, bool epochs, struct ib_error *err)
{
	static const char *const read[] = { "id_bytes.npy", "id_offset.npy", "index.npy",
					    "score.npy", "epoch.npy" };
	size_t i = s->table.range ? 3 : 0, n = epochs ? 5 : 4;
	enum ib_status st = IB_OK;

	for (; s->archive && i < n && !st; i++)
		st = ib_npz_check(s->archive, ib_npz_find(s->archive, read[i]), err);
	return st;
}
