/* Check that ids exist, and find existing ids that are similar to an id that does not exist. */
#include "audit/nearest_ids.h"
#include "audit/sample_fields.h"
#include "audit/show.h"
#include "base/error.h"

#define UNKNOWN_SHOWN 3 /* maximum number of ids that a message names */

struct known {
	struct ib_show *show;
	/* the ids of the manifests, each stored as its length (uint32_t) and its bytes */
	struct ib_bytes ids;
};

/* Mark the id of a sample as known, and store it for the search for the nearest ids. */
static enum ib_status
use_sample(void *data, const struct ib_sample_field *sample, struct ib_error *err)
{
	struct known *k = data;
	uint32_t row = ib_show_find(k->show, sample->id), n = (uint32_t)sample->id.n;

	if (row != IB_NO_ROW)
		k->show->known[row] = true;
	ib_bytes_append(&k->ids, &n, sizeof(n));
	ib_bytes_append(&k->ids, sample->id.p, sample->id.n);
	return k->ids.failed ? ib_fail_memory(err) : IB_OK;
}

bool
ib_show_is_checked(const struct ib_show *s)
{
	return s->scores || s->options->manifest.n > 0;
}

bool
ib_show_is_unknown(const struct ib_show *s, uint32_t at)
{
	return ib_show_is_checked(s) && !s->known[at];
}

static enum ib_status
read_manifests(struct known *k, struct ib_error *err)
{
	const struct ib_audit_options *o = k->show->options;

	if (o->manifest.n == 0)
		return IB_OK;
	return ib_sample_fields_read(
		&(struct ib_sample_fields_options){ .manifests = o->manifest,
						    .key = o->manifest_key,
						    .context = k->show->context },
		use_sample, k, err);
}

/* Mark the ids that have a row in the score file. */
static void
mark_scored(struct ib_show *s)
{
	uint64_t i, at;

	for (i = 0; s->scores && i < s->ids.n; i++)
		s->known[i] |= ib_scores_find(s->scores, ib_table_id(&s->ids, i), &at);
}

/* True if ids[i] is not known as typed, but is known with its escapes decoded. */
static bool
is_printed_form(const struct ib_show *s, size_t i)
{
	return s->decoded[i] != IB_NO_ROW && !s->known[i] && s->known[s->decoded[i]];
}

/* Replace each operand that is known only with its escapes decoded. */
static void
replace_printed_forms(struct ib_show *s)
{
	size_t k, i;

	for (k = 0; k < s->nids; k++)
		if (is_printed_form(s, s->row[k]))
			s->row[k] = s->decoded[s->row[k]];
	for (i = 0; i < s->ntyped; i++)
		s->known[i] |= is_printed_form(s, i);
}

/* ---- the message ------------------------------------------------------------------- */

static void
find_nearest(const struct known *k, struct ib_nearest_ids *near)
{
	const struct ib_scores *s = k->show->scores;
	uint64_t i;
	size_t at;
	uint32_t n;

	for (i = 0; s && i < s->table.n; i++)
		ib_nearest_ids_add(near, ib_table_id(&s->table, i));
	for (at = 0; at < k->ids.n; at += n) {
		memcpy(&n, k->ids.p + at, sizeof(n));
		at += sizeof(n);
		ib_nearest_ids_add(near, (struct ib_span){ k->ids.p + at, n });
	}
}

/* Append `"x" (nearest: "y", "z")`. Returns false if out of memory. */
static bool
write_unknown(const struct known *k, struct ib_span id, struct ib_bytes *text)
{
	struct ib_nearest_ids near = { 0 };
	char show[IB_SHOW_MAX];
	size_t i;
	bool ok;

	ib_nearest_ids_start(&near, id);
	find_nearest(k, &near);
	ib_bytes_printf(text, "%s", ib_show(show, id));
	for (i = 0; i < near.n; i++)
		ib_bytes_printf(text, "%s%s", i == 0 ? " (nearest: " : ", ",
				ib_show(show, ib_bytes_span(&near.best[i].id)));
	if (near.n > 0)
		ib_bytes_append_char(text, ')');
	ok = !near.failed && !text->failed;
	ib_nearest_ids_release(&near);
	return ok;
}

static enum ib_status
fail_unknown(const struct known *k, size_t unknown, struct ib_error *err)
{
	const struct ib_show *s = k->show;
	const char *log = ib_audit_log_name(s->log);
	const char *places = !s->scores ? "the log or the manifest"
			     : s->options->manifest.n == 0
				     ? "the log or the score file"
				     : "the log, the score file or the manifest";
	struct ib_bytes text = { 0 };
	enum ib_status st = IB_OK;
	size_t i, named = 0;

	for (i = 0; i < s->ntyped && named < UNKNOWN_SHOWN && !st; i++) {
		if (s->known[i])
			continue;
		ib_bytes_printf(&text, named++ > 0 ? ", " : "");
		if (!write_unknown(k, ib_table_id(&s->ids, i), &text))
			st = ib_fail_memory(err);
	}
	if (!st && unknown > named)
		ib_bytes_printf(&text, " and %zu more", unknown - named);
	if (!st && unknown == 1)
		st = ib_fail(err, IB_E_CHECK, "%s: the id %.*s is not in %s", log, (int)text.n,
			     text.p, places);
	else if (!st)
		st = ib_fail(err, IB_E_CHECK, "%s: %zu ids are not in %s: %.*s", log, unknown,
			     places, (int)text.n, text.p);
	ib_bytes_release(&text);
	return st;
}

enum ib_status
ib_show_check_ids(struct ib_show *s, struct ib_error *err)
{
	struct known k = { .show = s };
	size_t unknown = 0;
	enum ib_status st;
	uint32_t i;

	mark_scored(s);
	st = read_manifests(&k, err);
	replace_printed_forms(s);
	for (i = 0; i < s->ntyped; i++)
		unknown += ib_show_is_unknown(s, i);
	if (!st && unknown > 0)
		st = fail_unknown(&k, unknown, err);
	ib_bytes_release(&k.ids);
	return st;
}
