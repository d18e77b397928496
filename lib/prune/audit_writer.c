#define XXH_INLINE_ALL
#include "prune/audit_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/hex.h"
#include "io/zstd_log_writer.h"
#include "record/json.h"

#define PACKED_ALONE ((size_t)64 << 10) /* bytes of lines */
#define TOGETHER ((size_t)128 << 10)

struct ib_audit_writer {
	struct ib_zstd_log_writer *log;
	struct ib_audit_text waiting; /* to be packed with what follows */
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
name(struct ib_span begin, char out[IB_ZSTD_LOG_NAME])
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
		snprintf(out, IB_ZSTD_LOG_NAME, "the run of epoch %lld", epoch);
}

const struct ib_zstd_log_kind ib_audit_log_kind = {
	.what = "an audit log",
	.begins = "{\"ib_audit\":",
	.whole = whole,
	.name = name,
};

/*
 * What a log costs, 10^7 records of 81 bytes, 6.3 million of them with a line
 * of 63, all on tmpfs, 2-core EPYC Zen 5 VM, 2026-11-24, medians of pairs: one
 * thread 0.91 s without and 1.35 with, 1.46 to 1.48 times as long; two threads
 * 0.48 and 0.72, 1.48 to 1.53 in three series. Of what it adds, two fifths are
 * zstd's, a sixth each the scores' digits, the rest of the lines, and finding
 * repeats.
 */

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

void
ib_audit_text_release(struct ib_audit_text *l)
{
	ib_repeats_release(&l->text);
	ib_bytes_release(&l->packed);
}

void
ib_audit_text_start(struct ib_audit_text *l)
{
	ib_repeats_clear(&l->text);
	l->packed.n = l->nnoted = 0;
	l->id_end = l->last = l->fate[0] = l->fate[1] = 0;
	memset(l->like, 0, sizeof(l->like));
}

/*
 * The end of a line is that of another with the same pi and fate, and the next
 * line begins as the one behind that; behind the id stands what always does.
 * Not line by line as they are written: to read what has been written just
 * now, in other pieces, takes a core long.
 */
static void
find_repeats(struct ib_audit_text *l)
{
	struct ib_repeats *r = &l->text;
	const struct ib_audit_text_place *line = l->noted, *end = line + l->nnoted;
	struct ib_audit_text_like *like;
	size_t at, *same, *fate;

	ib_repeats_go_on(r);
	for (; line < end; line++) {
		like = &l->like[line->like / 2];
		if (like->pi != line->pi)
			*like = (struct ib_audit_text_like){ line->pi, { 0, 0 } };
		same = &like->at[line->like % 2];
		fate = &l->fate[line->like % 2];
		at = line->id_end;
		if (l->last > 0) {
			if (!ib_repeats_again(r, at))
				ib_repeats_at(r, at, l->id_end, 0);
			at += line->to_pi;
			if (*same > 0) /* to the end of the line at least */
				ib_repeats_at(r, at, *same, line->pi_to_end);
			else
				ib_repeats_at(r, at, l->last, 0);
			if (*fate > 0)
				ib_repeats_at(r, line->id_end + line->to_kept,
					      *fate, 0);
		}
		l->id_end = line->id_end;
		*same = l->last = line->id_end + line->to_pi;
		*fate = line->id_end + line->to_kept;
	}
	l->nnoted = 0;
}

bool
ib_audit_text_end(struct ib_audit_text *l)
{
	struct ib_repeats *r = &l->text;

	if (r->failed || r->text.failed)
		return false;
	if (r->n == 0 && r->text.n < PACKED_ALONE)
		return true;
	find_repeats(l);
	return ib_repeats_pack(r, &l->packed);
}

/* Put lines whose repeats are yet to be found behind others. */
static void
join(struct ib_audit_text *l, const struct ib_audit_text *more)
{
	size_t before = l->text.text.n, i;

	ib_bytes_put(&l->text.text, more->text.text.p, more->text.text.n);
	for (i = 0; i < more->nnoted; i++) {
		l->noted[l->nnoted] = more->noted[i];
		l->noted[l->nnoted].id_end += before;
		if (++l->nnoted == IB_AUDIT_TEXT_NOTED)
			find_repeats(l);
	}
}

static void
make_end(struct ib_audit_text_end *e, double pi, bool kept)
{
	char *p = e->text;

	LITERAL(p, ",\"pi\":");
	p += ib_number_put(p, pi);
	e->to_kept = (uint8_t)(p - e->text);
	if (kept)
		LITERAL(p, ",\"kept\":true}\n");
	else
		LITERAL(p, ",\"kept\":false}\n");
	e->pi = pi;
	e->n = (uint8_t)(p - e->text);
}

/*
 * By fixed-size copies, which the compiler turns into moves: 6 ns a line
 * without its score, 13 with calls of memcpy and a look at each byte (perf,
 * AMD EPYC, 6.3 million lines of 63 bytes).
 */
void
ib_audit_text_add(struct ib_audit_text *l, struct ib_span id, float score,
	      double pi, bool kept)
{
	struct ib_bytes *out = &l->text.text;
	struct ib_audit_text_place *at = &l->noted[l->nnoted];
	struct ib_audit_text_end *end;
	char *p, *id_end;
	uint64_t bits;
	size_t slot;

	if (!ib_bytes_reserve(out, id.n + 200))
		return;
	memcpy(&bits, &pi, sizeof(bits));
	slot = bits * 0x9e3779b97f4a7c15 >> (64 - IB_AUDIT_TEXT_ENDS_BITS);
	end = &l->end[slot][kept];
	if (end->n == 0 || end->pi != pi)
		make_end(end, pi, kept);
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
	id_end = p - 1;
	LITERAL(p, ",\"score\":");
	if (isnan(score))
		LITERAL(p, "null");
	else
		p += ib_number_put_float(p, score);
	memcpy(p, end->text, sizeof(end->text));
	out->n = (size_t)(p + end->n - out->p);
	at->to_pi = (uint8_t)(p - id_end);
	at->to_kept = (uint8_t)(p - id_end + end->to_kept);
	at->pi_to_end = end->n;
	at->id_end = (size_t)(id_end - out->p);
	at->pi = pi;
	at->like = (uint16_t)(2 * slot + kept);
	if (++l->nnoted == IB_AUDIT_TEXT_NOTED)
		find_repeats(l);
}

/* ---- a run ------------------------------------------------------------------- */

enum ib_status
ib_audit_writer_open(const char *path, const struct ib_context *context,
	      struct ib_audit_writer **out, struct ib_error *err)
{
	struct ib_audit_writer *t = calloc(1, sizeof(*t));
	enum ib_status st;

	if (!t)
		return ib_fail_memory(err);
	t->hash = XXH3_createState();
	if (!t->hash)
		st = ib_fail_memory(err);
	else
		st = ib_zstd_log_writer_open(path, &ib_audit_log_kind, context, &t->log,
				      err);
	if (st) {
		ib_audit_writer_discard(t);
		return st;
	}
	XXH3_64bits_reset(t->hash);
	*out = t;
	return IB_OK;
}

static void
pack_waiting(struct ib_audit_writer *t)
{
	struct ib_audit_text *w = &t->waiting;

	if (w->text.text.n == 0)
		return;
	find_repeats(w);
	w->text.failed |= !ib_repeats_pack(&w->text, &w->packed);
	ib_zstd_log_writer_add(t->log, &w->text, &w->packed);
	ib_audit_text_start(w);
}

void
ib_audit_writer_put(struct ib_audit_writer *t, const struct ib_audit_text *lines)
{
	const struct ib_bytes *text = &lines->text.text;
	struct ib_audit_text *w = &t->waiting;

	ib_hash64_update(t->hash, text->p, text->n);
	if (lines->packed.n > 0 || w->text.text.n + text->n > TOGETHER)
		pack_waiting(t);
	if (lines->packed.n > 0)
		ib_zstd_log_writer_add(t->log, &lines->text, &lines->packed);
	else
		join(w, lines);
}

enum ib_status
ib_audit_writer_head(struct ib_audit_writer *t, const char *json, struct ib_error *err)
{
	size_t n = strlen(ib_audit_log_kind.begins);

	if (strncmp(json, ib_audit_log_kind.begins, n) != 0 || strchr(json, '\n'))
		return ib_fail(err, IB_E_MISUSE, "no head of an audit log");
	n = strlen(json);
	ib_hash64_update(t->hash, json, n);
	ib_hash64_update(t->hash, "\n", 1);
	ib_zstd_log_writer_put(t->log, json, n);
	ib_zstd_log_writer_put(t->log, "\n", 1);
	return IB_OK;
}

static void
put_tail(struct ib_bytes *b, const struct ib_audit_writer_tail *tail, bool any,
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
ib_audit_writer_lock(struct ib_audit_writer *t, const struct ib_audit_writer_tail *tail,
	      struct ib_error *err)
{
	uint64_t prev = 0;
	struct ib_bytes text = { 0 };
	enum ib_status st;
	bool any;

	st = ib_zstd_log_writer_lock(t->log, &any, &prev, err);
	if (st)
		return st;
	pack_waiting(t);
	t->mark = XXH3_64bits_digest(t->hash);
	put_tail(&text, tail, any, prev, t->mark);
	if (text.failed)
		st = ib_fail_memory(err);
	else
		ib_zstd_log_writer_put(t->log, text.p, text.n);
	ib_bytes_release(&text);
	return st;
}

enum ib_status
ib_audit_writer_append(struct ib_audit_writer *t, struct ib_error *err)
{
	return ib_zstd_log_writer_append(t->log, t->mark, err);
}

void
ib_audit_writer_undo(struct ib_audit_writer *t)
{
	if (t)
		ib_zstd_log_writer_undo(t->log);
}

void
ib_audit_writer_discard(struct ib_audit_writer *t)
{
	if (!t)
		return;
	ib_zstd_log_writer_close(t->log);
	ib_audit_text_release(&t->waiting);
	XXH3_freeState(t->hash);
	free(t);
}
