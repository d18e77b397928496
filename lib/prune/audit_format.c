/* Write and parse the footer of a run, and check the version in its header. */
#include "prune/audit_format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "io/json_doc.h"
#include "io/members.h"
#include "record/known_formats.h"

#define BEGINS "{\"ib_audit\":"

/* ---- footers ---- */

static void
write_hash(struct ib_json_writer *w, const char *name, uint64_t hash)
{
	char hex[17];

	ib_hex_u64(hex, hash);
	ib_json_write_text(w, name, hex);
}

void
ib_audit_footer_write(struct ib_bytes *b, const struct ib_audit_footer *t)
{
	struct ib_json_writer w = { .out = b };

	ib_json_begin_object(&w, NULL);
	ib_json_write_signed(&w, "end", t->epoch);
	ib_json_write_unsigned(&w, "samples", t->samples);
	ib_json_write_unsigned(&w, "kept", t->kept);
	ib_json_write_unsigned(&w, "pruned", t->pruned);
	ib_json_write_real(&w, "weight_sum", t->weight_sum);
	ib_json_write_text(&w, "manifest", t->manifest[0] ? t->manifest : NULL);
	if (t->has_prev)
		write_hash(&w, "prev", t->prev);
	else
		ib_json_write_null(&w, "prev");
	write_hash(&w, "xxh3", t->xxh3);
	ib_json_end_object(&w);
	ib_bytes_append_char(b, '\n');
}

static void
read_footer(struct ib_members *m, struct ib_audit_footer *t)
{
	static const char *const numbers[] = { "end",	 "samples",    "kept",
					       "pruned", "weight_sum", "xxh3" };

	ib_members_refuse_null(m, numbers, sizeof(numbers) / sizeof(*numbers));
	t->epoch = ib_members_epoch(m, "end");
	t->samples = (uint64_t)ib_members_whole(m, "samples", 0);
	t->kept = (uint64_t)ib_members_whole(m, "kept", 0);
	t->pruned = (uint64_t)ib_members_whole(m, "pruned", 0);
	t->weight_sum = ib_members_real(m, "weight_sum", NAN);
	ib_members_hex(m, "manifest", t->manifest, 32);
	t->has_prev = ib_members_hash(m, "prev", &t->prev);
	t->has_xxh3 = ib_members_hash(m, "xxh3", &t->xxh3);
}

enum ib_status
ib_audit_footer_parse(struct ib_span line, struct ib_audit_footer *footer, bool *is_footer,
		      struct ib_error *err)
{
	struct ib_members m = { 0 };
	enum ib_status st;
	cJSON *json;

	*footer = (struct ib_audit_footer){ 0 };
	*is_footer = false;
	/* Fast path: most lines are decisions on samples, not footers. */
	if (line.n < 2 || ib_span_begins_with(line, "{\"id\":"))
		return IB_OK;
	st = ib_json_doc_parse(line, &json, err);
	if (st)
		return st;
	m.json = json;
	*is_footer = cJSON_GetObjectItemCaseSensitive(json, "end") != NULL;
	if (*is_footer)
		read_footer(&m, footer);
	cJSON_Delete(json);
	return m.bad ? ib_fail(err, IB_E_DATA, "the footer line's '%s' is invalid", m.bad) : IB_OK;
}

/* ---- headers ---- */

enum ib_status
ib_audit_version_check(double version, struct ib_error *err)
{
	return ib_format_version_check(NULL, "run", version, IB_AUDIT_VERSION, err);
}

/* Check the version in a header. A truncated header without the version is accepted. */
static enum ib_status
check_header(struct ib_span head, struct ib_error *err)
{
	size_t n = head.n - (sizeof(BEGINS) - 1);
	double version;
	char text[32];
	char *stop;

	if (n == 0)
		return IB_OK;
	n = n < sizeof(text) - 1 ? n : sizeof(text) - 1;
	memcpy(text, head.p + sizeof(BEGINS) - 1, n);
	text[n] = '\0';
	version = strtod(text, &stop);
	if (stop == text || !(version >= 1))
		return ib_fail(err, IB_E_DATA, "the run header's 'ib_audit' is invalid");
	return ib_audit_version_check(version, err);
}

bool
ib_audit_is_blank(struct ib_span line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
			return false;
	return true;
}

/* ---- the kind of log ---- */

static enum ib_status
classify_line(struct ib_span line, enum ib_zstd_log_line *what, uint64_t *run_checksum,
	      struct ib_error *err)
{
	struct ib_audit_footer footer;
	enum ib_status st;
	bool is_footer;

	*what = IB_LOG_LINE_OTHER;
	*run_checksum = 0;
	if (ib_audit_is_blank(line)) {
		*what = IB_LOG_LINE_BLANK;
		return IB_OK;
	}
	if (ib_span_begins_with(line, BEGINS)) {
		*what = IB_LOG_LINE_HEADER;
		return check_header(line, err);
	}
	st = ib_audit_footer_parse(line, &footer, &is_footer, err);
	if (is_footer)
		*what = IB_LOG_LINE_FOOTER;
	*run_checksum = footer.xxh3;
	return st;
}

static void
name_run(struct ib_span begin, char out[IB_ZSTD_LOG_NAME])
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

static const char *
identify_other(struct ib_span head, const char *path)
{
	const char *name = ib_known_format_name(head, path);
	size_t i = 0;

	if (ib_span_begins_with(head, BEGINS))
		return "the decompressed text of an audit log";
	if (name)
		return name;
	while (i < head.n && memchr(" \t\r\n", head.p[i], 4))
		i++;
	if (i < head.n && head.p[i] == '{')
		return "a JSON Lines file";
	if (i < head.n && head.p[i] == '[')
		return "a JSON array";
	return i < head.n && ib_utf8_is_text(head.p, head.n, true) ? "a text file" : NULL;
}

const struct ib_zstd_log_kind ib_audit_log_kind = {
	.what = "an audit log",
	.begins = BEGINS,
	.line = classify_line,
	.identify = identify_other,
	.name = name_run,
};
