/*
 * Read .npz score files with any columns and any index: this succeeds or returns IB_E_DATA. The
 * first byte chooses the members. The other bytes are the items of the columns; missing items are
 * zeros.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/archive.h"
#include "fuzz/target.h"
#include "fuzz/text.h"
#include "score/load.h"

#define ROWS 7
#define SLOTS (IB_INDEX_SLOTS(ROWS) + IB_OVERFLOW_SLOTS)
#define FILLED 16 /* number of slots that are read from the input */

enum { INDEX = 8, TOTALS = 16, PREV = 32, WIDE = 64, PART = 128 };

struct columns {
	uint64_t n;
	int64_t offset[ROWS + 1];
	float score[ROWS], prev[ROWS];
	int32_t epoch[ROWS];
	uint32_t visits[ROWS];
	uint64_t slot[SLOTS];
	const uint8_t *bytes;
	size_t nbytes;
};

struct rest {
	const uint8_t *p;
	size_t n;
};

static void
take(struct rest *r, void *to, size_t n)
{
	size_t some = n < r->n ? n : r->n;

	memset(to, 0, n);
	memcpy(to, r->p, some);
	r->p += some;
	r->n -= some;
}

static void
take_columns(struct rest *r, uint8_t shape, struct columns *c)
{
	uint8_t small;
	uint64_t i;

	memset(c, 0, sizeof(*c));
	c->n = shape & 7;
	for (i = 0; i <= c->n; i++) {
		small = 0;
		if (shape & WIDE)
			take(r, &c->offset[i], 8);
		else
			take(r, &small, 1);
		c->offset[i] += small;
	}
	take(r, c->score, c->n * 4);
	take(r, c->epoch, c->n * 4);
	take(r, c->visits, c->n * 4);
	if (shape & PREV)
		take(r, c->prev, c->n * 4);
	if (shape & INDEX)
		take(r, c->slot, FILLED * 8);
	c->bytes = r->p;
	c->nbytes = r->n;
}

static cJSON *
totals_json(const struct ib_totals *t)
{
	char *text = fuzz_totals_text(t);
	cJSON *json = cJSON_Parse(text);

	free(text);
	return json;
}

/* Return meta.json, with the CRCs of the first five columns. */
static char *
meta_json(const struct columns *c, uint8_t shape, const struct fuzz_member *m, const uint32_t *crc)
{
	static struct ib_totals totals; /* large */
	cJSON *meta = cJSON_CreateObject(), *of;
	char *text;
	size_t i;

	cJSON_AddStringToObject(meta, "format", "infobatch-scores");
	cJSON_AddNumberToObject(meta, "version", 1);
	cJSON_AddStringToObject(meta, "key", "id");
	if (shape & PART)
		cJSON_AddStringToObject(meta, "part", "1/3");
	of = cJSON_AddObjectToObject(meta, "index_of");
	for (i = 0; i < 5; i++)
		cJSON_AddNumberToObject(of, m[i].name, crc[i]);
	if (shape & TOTALS) {
		ib_totals_init(&totals);
		totals.rows = c->n;
		totals.newest = c->n > 0 ? 0 : IB_NO_EPOCH;
		cJSON_AddItemToObject(meta, "totals", totals_json(&totals));
	}
	text = cJSON_PrintUnformatted(meta);
	cJSON_Delete(meta);
	return text;
}

static uint8_t *
score_file(const struct columns *c, uint8_t shape, size_t *n)
{
	struct fuzz_member m[8] = {
		{ "id_bytes.npy", "|u1", c->bytes, c->nbytes, 1 },
		{ "id_offset.npy", "<i8", c->offset, (c->n + 1) * 8, 8 },
		{ "score.npy", "<f4", c->score, c->n * 4, 4 },
		{ "epoch.npy", "<i4", c->epoch, c->n * 4, 4 },
		{ "visits.npy", "<u4", c->visits, c->n * 4, 4 },
	};
	uint32_t crc[8];
	size_t count = 5;
	uint8_t *file = fuzz_archive(m, count, crc, n);
	char *meta = meta_json(c, shape, m, crc);

	free(file); /* this archive was made only to compute the CRCs */
	if (shape & PREV)
		m[count++] = (struct fuzz_member){ "prev.npy", "<f4", c->prev, c->n * 4, 4 };
	if (shape & INDEX)
		m[count++] =
			(struct fuzz_member){ "index.npy", "<u8", c->slot,
					      (IB_INDEX_SLOTS(c->n) + IB_OVERFLOW_SLOTS) * 8, 8 };
	m[count++] = (struct fuzz_member){ "meta.json", NULL, meta, strlen(meta), 1 };
	file = fuzz_archive(m, count, NULL, n);
	free(meta);
	return file;
}

/*
 * Load the file, and look up each id. A wrong index may hide rows, because the ids are not hashed
 * again. But a look-up never returns the row of another id.
 */
static void
load(const char *path, const struct ib_context *context, bool indexed)
{
	struct ib_scores *s = NULL;
	struct ib_error err;
	struct ib_span id, other;
	uint64_t row, found;
	enum ib_status st = ib_scores_load_any(path, context, &s, NULL, &err);

	if (st && (st != IB_E_DATA || err.code != st))
		abort();
	for (row = 0; !st && row < ib_scores_count(s); row++) {
		id = ib_scores_row(s, row).id;
		if (!ib_scores_find(s, id, &found)) {
			if (!indexed)
				abort();
			continue;
		}
		other = ib_scores_row(s, found).id;
		if (other.n != id.n || memcmp(other.p, id.p, id.n) != 0 ||
		    (!indexed && found != row))
			abort();
	}
	ib_scores_free(s);
}

/* Map the file, which checks nothing, and look up ids. A row that is found must exist. */
static void
look_up(const char *path, const struct ib_context *context, const struct columns *c)
{
	struct ib_scores *s = NULL;
	struct ib_error err;
	uint64_t row;
	size_t i, most = c->nbytes < 64 ? c->nbytes : 64;
	enum ib_status st = ib_scores_open_any(path, context, &s, NULL, &err);

	if (st && (st != IB_E_DATA || err.code != st))
		abort();
	for (i = 0; !st && i <= most; i++) {
		struct ib_span id = { (const char *)c->bytes, i };

		if (ib_scores_find(s, id, &row) && row >= ib_scores_count(s))
			abort();
	}
	if (!st && ib_scores_check_mapped(s, true, &err))
		abort(); /* the CRCs are right */
	ib_scores_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct columns c; /* large */
	struct ib_context context = { .threads = 1 };
	struct rest r = { data + 1, n - 1 };
	uint8_t *file;
	char path[32];
	size_t size;
	int fd;

	if (n < 1)
		return 0;
	take_columns(&r, data[0], &c);
	file = score_file(&c, data[0], &size);
	fd = fuzz_file(file, size, path);
	load(path, &context, data[0] & INDEX);
	look_up(path, &context, &c);
	close(fd);
	free(file);
	return 0;
}
