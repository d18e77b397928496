/* How a run was decided, and how to decide it again. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/log.h"
#include "audit/page.h"
#include "base/numbers.h"

/* Quoted, so that a shell takes it as it stands, whatever is in it. */
static void
put_quoted(struct ib_bytes *b, const char *value)
{
	ib_bytes_put_char(b, '\'');
	for (; *value; value++)
		if (*value == '\'')
			ib_bytes_printf(b, "'\\''");
		else
			ib_bytes_put_char(b, *value);
	ib_bytes_put_char(b, '\'');
}

static void
put_text(struct ib_bytes *b, const char *name, const char *value)
{
	if (!value)
		return;
	ib_bytes_printf(b, " --%s=", name);
	put_quoted(b, value);
}

static void
put_real(struct ib_bytes *b, const char *name, double value)
{
	char text[IB_NUMBER_MAX];

	ib_bytes_printf(b, " --%s=%.*s", name,
			(int)ib_number_put(text, value), text);
}

static void
put_epoch(struct ib_bytes *b, const char *name, int64_t value)
{
	if (value > 0)
		ib_bytes_printf(b, " --%s=%lld", name, (long long)value);
}

static void
put_command(struct ib_bytes *b, const struct ib_audit_head *h)
{
	ib_bytes_printf(b, "ib-prune -s SCORES -e %lld --seed=%llu --rule=%s",
			(long long)h->epoch, (unsigned long long)h->seed,
			ib_rule_kind_of(h->rule)->name);
	put_text(b, "keep", h->keep);
	put_text(b, "scale", h->scale);
	put_text(b, "threshold", h->threshold_spec);
	put_text(b, "buckets", h->buckets);
	if (!h->keep && ib_rule_kind_of(h->rule)->ratio)
		put_real(b, "ratio", h->ratio);
	if (h->rule == IB_RULE_PROPORTIONAL) {
		put_real(b, "floor", h->floor);
		put_text(b, "proxy", h->proxy == IB_PROXY_LOSS ? "loss"
							       : "bounded");
	}
	if (h->rule == IB_RULE_RANK) {
		put_real(b, "power", h->power);
		put_real(b, "floor", h->floor);
	}
	if (h->sampling == IB_SAMPLING_FIXED)
		put_text(b, "sampling", "fixed");
	put_epoch(b, "epochs", h->epochs);
	if (h->epochs > 0)
		put_real(b, "delta", h->delta);
	put_epoch(b, "full-from", h->full_from);
	put_epoch(b, "warmup", h->warmup);
	put_epoch(b, "max-age", h->max_age);
	if (h->part.count > 0)
		ib_bytes_printf(b, " --part=%llu/%llu",
				(unsigned long long)h->part.index,
				(unsigned long long)h->part.count);
	if (h->duplicates_keep)
		ib_bytes_printf(b, " --allow-duplicates");
	ib_bytes_printf(b, " MANIFEST");
}

static void
put_value(struct ib_bytes *out, const struct ib_audit_head *h, const cJSON *m)
{
	char number[IB_NUMBER_MAX], *text;

	if (strcmp(m->string, "seed") == 0) { /* no double holds it */
		ib_bytes_printf(out, "%llu", (unsigned long long)h->seed);
	} else if (cJSON_IsString(m)) {
		ib_html_plain(out, ib_span_of(m->valuestring));
	} else if (cJSON_IsNumber(m) &&
		   m->valuedouble != floor(m->valuedouble)) {
		ib_bytes_put(out, number,
			     ib_number_put(number, m->valuedouble));
	} else {
		text = cJSON_PrintUnformatted(m);
		out->failed |= !text;
		ib_html_plain(out, ib_span_of(text ? text : ""));
		cJSON_free(text);
	}
}

static void
put_parameters(struct ib_bytes *out, const struct ib_audit_head *h)
{
	static const struct ib_column columns[] = {
		{ .heading = "parameter", .left = true },
		{ .heading = "value", .left = true },
	};
	cJSON *json = cJSON_Parse(h->text), *m;

	out->failed |= !json; /* it was read before: no memory */
	ib_page_table(out, "parameters", columns, 2);
	cJSON_ArrayForEach(m, json)
	{
		if (cJSON_IsNull(m))
			continue;
		ib_bytes_printf(out, "<tr><td class=\"l\">");
		ib_html_plain(out, ib_span_of(m->string));
		ib_bytes_printf(out, "</td><td class=\"l\">");
		put_value(out, h, m);
		ib_bytes_printf(out, "</td></tr>\n");
	}
	ib_page_table_end(out);
	cJSON_Delete(json);
}

void
ib_page_reproduce(struct ib_bytes *out, const struct ib_audit_log *log)
{
	size_t n = ib_audit_log_epochs(log);
	const struct ib_audit_run *run;
	struct ib_bytes command = { 0 };

	if (n == 0)
		return;
	run = ib_audit_log_epoch(log, n - 1);
	ib_page_section(out, "Parameters, and how to reproduce", "Of the last "
			"epoch. The same score file, manifest and parameters "
			"give the same bytes on every machine; the digests say "
			"which files they were.");
	put_parameters(out, &run->head);
	put_command(&command, &run->head);
	out->failed |= command.failed;
	ib_bytes_printf(out, "<pre># decide it again (scores %s,\n"
			"# manifest %s)\n",
			run->head.scores[0] ? run->head.scores : "none",
			run->tail.manifest[0] ? run->tail.manifest : "unknown");
	ib_html_plain(out, ib_bytes_span(&command));
	ib_bytes_printf(out, "\n# compute every decision, count and digest of "
			"the log again\nib-audit verify -s SCORES ");
	ib_html_text(out, ib_span_of(ib_audit_log_name(log)));
	ib_bytes_printf(out, "</pre>\n");
	ib_bytes_release(&command);
	ib_page_section_end(out);
}
