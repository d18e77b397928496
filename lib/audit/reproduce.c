/* Write the parameters of a run, and the commands that repeat and verify the run. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "audit/log.h"
#include "audit/html.h"
#include "base/numbers.h"
#include "base/part.h"
#include "prune/params.h"
#include "prune/rules.h"

/* Append a value as one word for a shell, quoted if necessary. */
static void
write_quoted(struct ib_bytes *b, struct ib_span value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
	size_t i;

	for (i = 0; i < value.n && strchr(plain, value.p[i]); i++)
		;
	if (i == value.n) {
		ib_bytes_append(b, value.p, value.n);
		return;
	}
	ib_bytes_append_char(b, '\'');
	for (i = 0; i < value.n; i++)
		if (value.p[i] == '\'')
			ib_bytes_printf(b, "'\\''");
		else
			ib_bytes_append_char(b, value.p[i]);
	ib_bytes_append_char(b, '\'');
}

/*
 * True if the value of the parameter is not the default and has an effect, so that the command line
 * must contain the option.
 */
static bool
is_needed(const struct ib_param *p, const struct ib_rule_options *o)
{
	const void *at = (const char *)o + p->offset;

	if (!ib_param_is_option(p) || !ib_param_is_given(p, o))
		return false;
	switch (p->kind) {
	case IB_PARAM_COUNT:
	case IB_PARAM_AGE:
		return *(const int64_t *)at > 0;
	case IB_PARAM_CHOICE:
		return *(const unsigned *)at > 0;
	case IB_PARAM_REAL: /* --delta, which has no effect without -E */
		return o->epochs != IB_NO_EPOCH;
	default:
		return true;
	}
}

static void
write_option(struct ib_bytes *b, const struct ib_param *p, const struct ib_rule_options *o)
{
	struct ib_bytes value = { 0 };

	ib_param_spell(&value, p, o);
	ib_bytes_printf(b, " --%s=", p->name);
	write_quoted(b, ib_bytes_span(&value));
	b->failed |= value.failed;
	ib_bytes_release(&value);
}

static void
write_command(struct ib_bytes *b, const struct ib_run_header *h)
{
	size_t n;
	const struct ib_param *p = ib_params(&n);
	char number[IB_NUMBER_MAX], part[IB_PART_TEXT_MAX];

	ib_bytes_printf(b, "ib-prune -s SCORES -e %lld", (long long)h->options.epoch);
	for (; n > 0; n--, p++)
		if (is_needed(p, &h->options))
			write_option(b, p, &h->options);
	if (!h->options.keep && ib_rule_kind_of(h->options.rule)->has_ratio)
		ib_bytes_printf(b, " --ratio=%.*s", (int)ib_number_write(number, h->solved.ratio),
				number);
	if (h->part.count > 0)
		ib_bytes_printf(b, " --part=%s", ib_part_text(part, &h->part));
	if (h->allows_duplicates)
		ib_bytes_printf(b, " --allow-duplicates");
	ib_bytes_printf(b, " MANIFEST");
}

static void
write_value(struct ib_bytes *out, const struct ib_run_header *h, const cJSON *m)
{
	char number[IB_NUMBER_MAX], *text;

	if (strcmp(m->string, "seed") == 0) { /* A double cannot hold the 64 bits of a seed. */
		ib_bytes_printf(out, "%llu", (unsigned long long)h->options.seed);
	} else if (cJSON_IsString(m)) {
		ib_html_plain(out, ib_span_of(m->valuestring));
	} else if (cJSON_IsNumber(m) && m->valuedouble != floor(m->valuedouble)) {
		ib_bytes_append(out, number, ib_number_write(number, m->valuedouble));
	} else {
		text = cJSON_PrintUnformatted(m);
		out->failed |= !text;
		ib_html_plain(out, ib_span_of(text ? text : ""));
		cJSON_free(text);
	}
}

static void
write_parameters(struct ib_bytes *out, const struct ib_run_header *h)
{
	cJSON *json = cJSON_Parse(h->text), *m;

	/*
	 * json is NULL only if memory ran out, because the log reader has already parsed this text.
	 */
	out->failed |= !json;
	ib_bytes_printf(out, "<table id=\"parameters\">\n<thead><tr><th class=\"l\">parameter</th>"
			     "<th class=\"l\">value</th></tr></thead>\n<tbody>\n");
	cJSON_ArrayForEach(m, json)
	{
		if (cJSON_IsNull(m) || !strcmp(m->string, "ib_audit"))
			continue;
		ib_bytes_printf(out, "<tr><td class=\"l\">");
		ib_html_plain(out, ib_span_of(m->string));
		ib_bytes_printf(out, "</td><td class=\"l\">");
		write_value(out, h, m);
		ib_bytes_printf(out, "</td></tr>\n");
	}
	ib_bytes_printf(out, "</tbody>\n</table>\n");
	cJSON_Delete(json);
}

void
ib_html_reproduce(struct ib_bytes *out, const struct ib_audit_log *log)
{
	size_t n = ib_audit_log_epochs(log);
	const struct ib_audit_run *run;
	struct ib_bytes command = { 0 };

	if (n == 0)
		return;
	run = ib_audit_log_epoch(log, n - 1);
	ib_html_section(out, "Parameters and commands",
			"These are the parameters of the last epoch. The same score file, manifest "
			"and parameters give the same epoch manifest, byte for byte, on every "
			"machine. The digests show which files the run used.");
	write_parameters(out, &run->head);
	write_command(&command, &run->head);
	out->failed |= command.failed;
	ib_bytes_printf(out,
			"<pre># repeat the run (scores %s,\n"
			"# manifest %s)\n",
			run->head.scores[0] ? run->head.scores : "none",
			run->footer.manifest[0] ? run->footer.manifest : "unknown");
	ib_html_plain(out, ib_bytes_span(&command));
	ib_bytes_printf(out, "\n# recompute every decision, count and digest of "
			     "the log\nib-audit verify -s SCORES ");
	ib_html_text(out, ib_span_of(ib_audit_log_name(log)));
	ib_bytes_printf(out, "</pre>\n");
	ib_bytes_release(&command);
	ib_html_section_end(out);
}
