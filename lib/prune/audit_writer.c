/*
 * Write one run to the audit log: format the lines, hash them, and append the
 * zstd frame.
 */
#define XXH_INLINE_ALL
#include "prune/audit_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "io/zstd_log_writer.h"

struct ib_audit_writer {
	struct ib_zstd_log_writer *log;
	XXH3_state_t *hash;		/* hash state of the run's text so far */
	struct ib_audit_footer *footer; /* borrowed from the caller of ib_audit_writer_also() */
};

/* ---- lines ---- */

void
ib_audit_text_release(struct ib_audit_text *t)
{
	ib_bytes_release(&t->text);
}

static void
format_suffix(struct ib_audit_suffix *e, double pi, bool kept)
{
	struct ib_bytes text = { .p = e->text, .cap = sizeof(e->text) };
	struct ib_json_writer w = { .out = &text, .comma = true };

	ib_json_write_real(&w, "pi", pi);
	ib_json_write_bool(&w, "kept", kept);
	ib_bytes_append(&text, "}\n", 2);
	e->pi = pi;
	e->n = (uint8_t)text.n;
}

void
ib_audit_text_add(struct ib_audit_text *t, struct ib_span id, float score, double pi, bool kept)
{
	struct ib_bytes *out = &t->text;
	struct ib_json_writer w = { .out = out };
	struct ib_audit_suffix *end;
	uint64_t bits;

	memcpy(&bits, &pi, sizeof(bits));
	end = &t->end[bits * 0x9e3779b97f4a7c15 >> (64 - IB_AUDIT_SUFFIX_BITS)][kept];
	if (end->n == 0 || end->pi != pi)
		format_suffix(end, pi, kept);
	ib_json_begin_object(&w, NULL);
	ib_json_write_string(&w, "id", id);
	ib_json_write_float(&w, "score", score);
	if (!ib_bytes_reserve(out, sizeof(end->text)))
		return;
	/* the size is constant, so the compiler replaces memcpy() with a few moves */
	memcpy(out->p + out->n, end->text, sizeof(end->text));
	out->n += end->n;
}

/* ---- a run ---- */

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
		st = ib_zstd_log_writer_open(path, &ib_audit_log_kind, context, &t->log, err);
	if (st) {
		ib_audit_writer_discard(t);
		return st;
	}
	XXH3_64bits_reset(t->hash);
	*out = t;
	return IB_OK;
}

void
ib_audit_writer_write(struct ib_audit_writer *t, const struct ib_audit_text *text)
{
	const struct ib_bytes *b = &text->text;

	ib_hash64_update(t->hash, b->p, b->n);
	ib_zstd_log_writer_write(t->log, b->p, b->n);
}

enum ib_status
ib_audit_writer_head(struct ib_audit_writer *t, struct ib_span json, struct ib_error *err)
{
	if (!ib_span_begins_with(json, ib_audit_log_kind.begins) || memchr(json.p, '\n', json.n))
		return ib_fail(err, IB_E_MISUSE, "the header of the audit log is malformed");
	ib_hash64_update(t->hash, json.p, json.n);
	ib_hash64_update(t->hash, "\n", 1);
	ib_zstd_log_writer_write(t->log, json.p, json.n);
	ib_zstd_log_writer_write(t->log, "\n", 1);
	return IB_OK;
}

/* Wait for the lock of the log, lock the log, and complete the zstd frame with the footer. */
static enum ib_status
lock_log(void *ctx, struct ib_error *err)
{
	struct ib_audit_writer *t = ctx;
	struct ib_audit_footer *footer = t->footer;
	struct ib_bytes text = { 0 };
	enum ib_status st;

	st = ib_zstd_log_writer_lock(t->log, &footer->has_prev, &footer->prev, err);
	if (st)
		return st;
	footer->xxh3 = XXH3_64bits_digest(t->hash);
	footer->has_xxh3 = true;
	ib_audit_footer_write(&text, footer);
	if (text.failed)
		st = ib_fail_memory(err);
	else
		ib_zstd_log_writer_write(t->log, text.p, text.n);
	ib_bytes_release(&text);
	return st ? st : ib_zstd_log_writer_finish(t->log, err);
}

static enum ib_status
append_run(void *ctx, struct ib_error *err)
{
	struct ib_audit_writer *t = ctx;

	return ib_zstd_log_writer_append(t->log, t->footer->xxh3, err);
}

static void
undo_append(void *ctx)
{
	struct ib_audit_writer *t = ctx;

	ib_zstd_log_writer_undo(t->log);
}

struct ib_output_also
ib_audit_writer_also(struct ib_audit_writer *t, struct ib_audit_footer *footer)
{
	t->footer = footer;
	return (struct ib_output_also){
		.ready = lock_log, .append = append_run, .undo = undo_append, .ctx = t
	};
}

void
ib_audit_writer_discard(struct ib_audit_writer *t)
{
	if (!t)
		return;
	ib_zstd_log_writer_close(t->log);
	XXH3_freeState(t->hash);
	free(t);
}
