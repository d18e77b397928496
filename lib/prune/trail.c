#define XXH_INLINE_ALL
#include "prune/trail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/hex.h"
#include "io/framelog.h"
#include "record/json.h"

#define PIECE ((size_t)64 << 10)

struct ib_trail {
	struct ib_framelog *log;
	XXH3_state_t *hash; /* of the text so far */
	uint64_t mark;      /* of all but the tail */
};

/* ---- the kind of frame -------------------------------------------------------- */

/* The last whole line of a text, without its line end. */
static struct ib_span
last_line(struct ib_span end)
{
	const char *p;

	if (end.n == 0 || end.p[end.n - 1] != '\n')
		return (struct ib_span){ NULL, 0 };
	end.n--;
	for (p = end.p + end.n; p > end.p && p[-1] != '\n'; p--)
		continue;
	return (struct ib_span){ p, (size_t)(end.p + end.n - p) };
}

/* A run is whole if it has its tail, and is known by the tail's xxh3. */
static bool
whole(struct ib_span end, uint64_t *mark)
{
	struct ib_span line = last_line(end);
	cJSON *tail = cJSON_ParseWithLength(line.n ? line.p : "", line.n);
	const cJSON *hash = cJSON_GetObjectItemCaseSensitive(tail, "xxh3");
	bool yes = cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(tail,
								   "end"));

	*mark = 0;
	if (yes && cJSON_IsString(hash))
		*mark = strtoull(hash->valuestring, NULL, 16);
	cJSON_Delete(tail);
	return yes;
}

static void
name(struct ib_span begin, char out[IB_FRAME_NAME])
{
	static const char member[] = "\"epoch\":";
	const char *end = memchr(begin.p, '\n', begin.n), *p;
	char head[512];
	long long epoch;
	size_t n;

	n = end ? (size_t)(end - begin.p) : begin.n;
	n = n < sizeof(head) - 1 ? n : sizeof(head) - 1;
	memcpy(head, begin.p, n);
	head[n] = '\0';
	p = strstr(head, member);
	if (p && sscanf(p + sizeof(member) - 1, "%lld", &epoch) == 1)
		snprintf(out, IB_FRAME_NAME, "the run of epoch %lld", epoch);
}

const struct ib_frame_kind ib_trail_kind = {
	.what = "an audit log",
	.begins = "{\"ib_audit\":",
	.whole = whole,
	.name = name,
};

/*
 * What a log costs, 10^7 records of 78 bytes, 6.3 million of them with a line,
 * all on tmpfs, two cores of an AMD EPYC, medians of pairs: one thread 1.23 s
 * without and 1.85 with, 1.49 times as long; two threads 0.63 and 0.97, 1.54.
 * Half of it is zstd's, a seventh the scores' digits, a seventh the digests of
 * scores and manifest.
 */

/* ---- a run ------------------------------------------------------------------- */

enum ib_status
ib_trail_open(const char *path, const struct ib_context *context,
	      struct ib_trail **out, struct ib_error *err)
{
	struct ib_trail *t = calloc(1, sizeof(*t));
	enum ib_status st;

	if (!t)
		return ib_fail_memory(err);
	t->hash = XXH3_createState();
	if (!t->hash)
		st = ib_fail_memory(err);
	else
		st = ib_framelog_open(path, &ib_trail_kind, context, &t->log,
				      err);
	if (st) {
		ib_trail_discard(t);
		return st;
	}
	XXH3_64bits_reset(t->hash);
	*out = t;
	return IB_OK;
}

void
ib_trail_put(struct ib_trail *t, const void *lines, size_t n)
{
	const char *p = lines;
	size_t piece;

	/* Hashed, then compressed, while in cache. */
	for (; n > 0; p += piece, n -= piece) {
		piece = n < PIECE ? n : PIECE;
		XXH3_64bits_update(t->hash, p, piece);
		ib_framelog_put(t->log, p, piece);
	}
}

enum ib_status
ib_trail_head(struct ib_trail *t, const char *json, struct ib_error *err)
{
	size_t n = strlen(ib_trail_kind.begins);

	if (strncmp(json, ib_trail_kind.begins, n) != 0 || strchr(json, '\n'))
		return ib_fail(err, IB_E_MISUSE, "no head of an audit log");
	ib_trail_put(t, json, strlen(json));
	ib_trail_put(t, "\n", 1);
	return IB_OK;
}

static void
put_tail(struct ib_bytes *b, const struct ib_trail_tail *tail, bool any,
	 uint64_t prev, uint64_t hash)
{
	char sum[IB_NUMBER_MAX], hex[17];

	ib_bytes_printf(b, "{\"end\":%lld,\"samples\":%llu,\"kept\":%llu,"
			"\"pruned\":%llu,\"weight_sum\":%.*s",
			(long long)tail->epoch,
			(unsigned long long)tail->samples,
			(unsigned long long)tail->kept,
			(unsigned long long)tail->pruned,
			(int)ib_number_put(sum, tail->weight_sum), sum);
	if (tail->manifest)
		ib_bytes_printf(b, ",\"manifest\":\"%s\"", tail->manifest);
	else
		ib_bytes_printf(b, ",\"manifest\":null");
	ib_hex_u64(hex, prev);
	if (any)
		ib_bytes_printf(b, ",\"prev\":\"%s\"", hex);
	else
		ib_bytes_printf(b, ",\"prev\":null");
	ib_hex_u64(hex, hash);
	ib_bytes_printf(b, ",\"xxh3\":\"%s\"}\n", hex);
}

enum ib_status
ib_trail_lock(struct ib_trail *t, const struct ib_trail_tail *tail,
	      struct ib_error *err)
{
	uint64_t prev = 0;
	struct ib_bytes text = { 0 };
	enum ib_status st;
	bool any;

	st = ib_framelog_lock(t->log, &any, &prev, err);
	if (st)
		return st;
	t->mark = XXH3_64bits_digest(t->hash);
	put_tail(&text, tail, any, prev, t->mark);
	if (text.failed)
		st = ib_fail_memory(err);
	else
		ib_framelog_put(t->log, text.p, text.n);
	ib_bytes_release(&text);
	return st;
}

enum ib_status
ib_trail_append(struct ib_trail *t, struct ib_error *err)
{
	return ib_framelog_append(t->log, t->mark, err);
}

void
ib_trail_undo(struct ib_trail *t)
{
	if (t)
		ib_framelog_undo(t->log);
}

void
ib_trail_discard(struct ib_trail *t)
{
	if (!t)
		return;
	ib_framelog_close(t->log);
	XXH3_freeState(t->hash);
	free(t);
}

/* ---- lines -------------------------------------------------------------------- */

#define LITERAL(p, text)                                                       \
	(memcpy(p, text, sizeof(text) - 1), (p) += sizeof(text) - 1)

/* Are there bytes among eight that a JSON string has to escape? */
static inline uint64_t
escapes(uint64_t x)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t bad;

	bad = (x - ones * 0x20) & ~x;       /* below 0x20 */
	bad |= ((x ^ ones * '"') - ones) & ~(x ^ ones * '"');
	bad |= ((x ^ ones * '\\') - ones) & ~(x ^ ones * '\\');
	return bad & ones << 7;
}

/*
 * Copy an id that stands as it is; false: it has bytes to escape. Eight at a
 * time, the last eight of them perhaps twice.
 */
static inline bool
copy_plain(char *p, struct ib_span id)
{
	uint64_t x, bad = 0;
	size_t i;

	if (id.n < 8) {
		x = 0x2020202020202020u;
		memcpy(&x, id.p, id.n);
		memcpy(p, &x, 8);
		return escapes(x) == 0;
	}
	for (i = 0; i + 8 <= id.n; i += 8) {
		memcpy(&x, id.p + i, 8);
		memcpy(p + i, &x, 8);
		bad |= escapes(x);
	}
	memcpy(&x, id.p + id.n - 8, 8);
	memcpy(p + id.n - 8, &x, 8);
	return (bad | escapes(x)) == 0;
}

/*
 * By fixed-size copies, which the compiler turns into moves: 6 ns a line
 * without its score, 13 with calls of memcpy and a look at each byte (perf,
 * AMD EPYC, 6.3 million lines of 63 bytes).
 */
void
ib_trail_line(struct ib_bytes *out, struct ib_span id, float score, double pi,
	      bool kept, struct ib_number_texts *texts)
{
	static const char fate[2][8] = { "false}\n", "true}\n" };
	const struct ib_number_text *number = ib_number_text_of(texts, pi);
	char *p;

	if (!ib_bytes_reserve(out, id.n + 200))
		return;
	p = out->p + out->n;
	LITERAL(p, "{\"id\":\"");
	if (copy_plain(p, id)) {
		p += id.n;
		*p++ = '"';
	} else {
		out->n = (size_t)(p - 1 - out->p);
		ib_json_put_string(out, id);
		if (!ib_bytes_reserve(out, 200))
			return;
		p = out->p + out->n;
	}
	LITERAL(p, ",\"score\":");
	if (isnan(score))
		LITERAL(p, "null");
	else
		p += ib_number_put_float(p, score);
	LITERAL(p, ",\"pi\":");
	memcpy(p, number->text, sizeof(number->text));
	p += number->n;
	LITERAL(p, ",\"kept\":");
	memcpy(p, fate[kept], 8);
	out->n = (size_t)(p + (kept ? 6 : 7) - out->p);
}
