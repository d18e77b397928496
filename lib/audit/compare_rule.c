/* Parse the rules of ib-audit compare. */
#include "audit/compare_rule.h"

#include <stdlib.h>

#include "base/error.h"

const char *const ib_compare_defaults[] = {
	"infobatch", "infobatch:ratio=0.7",	    "infobatch:keep=0.7",    "infobatch:max-age=8",
	"rank",	     "buckets:q0.2=0.75,q0.85=0.5", "proportional:keep=0.7", "random:keep=0.7",
	NULL,
};

/*
 * Settings: options of ib-prune that may follow a rule in the same way as its parameters, for
 * example "infobatch:ratio=0.7".
 */
static const struct {
	const char *name;
	const char *option; /* option of ib-prune */
} settings[] = {
	{ "ratio", "-r" },
	{ "keep", "--keep" },
	{ "max-age", "--max-age" },
	{ "sampling", "--sampling" },
};
#define NSETTINGS (sizeof(settings) / sizeof(*settings))

/* ---- the text --------------------------------------------------------------------- */

static enum ib_status
store_setting(struct ib_rule_options *o, const char *name, const char *value, struct ib_error *err)
{
	char buffer[IB_EXPECTED_MAX], show[IB_SHOW_MAX];
	const char *expected = ib_rule_options_store(o, name, value, buffer);

	if (!expected)
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE, "--rule: %s must be %s, not %s", name, expected,
		       ib_show(show, ib_span_of(value)));
}

/*
 * Parse an item "NAME=VALUE", and set the option NAME. Returns IB_EOF if NAME is not in settings[];
 * NAME is then a parameter of the rule. Bit i of *given records that settings[i] was given.
 */
static enum ib_status
read_setting(struct ib_compare_rule *rule, const char *item, unsigned *given, struct ib_error *err)
{
	size_t i, n;

	for (i = 0; i < NSETTINGS; i++) {
		n = strlen(settings[i].name);
		if (strncmp(item, settings[i].name, n) != 0 || item[n] != '=')
			continue;
		if (*given >> i & 1)
			return ib_fail(err, IB_E_MISUSE, "--rule: %s is given twice",
				       settings[i].name);
		*given |= 1u << i;
		ib_bytes_printf(&rule->command, " %s %s", settings[i].option, item + n + 1);
		return store_setting(&rule->options, settings[i].name, item + n + 1, err);
	}
	return IB_EOF;
}

/*
 * Read the settings, and copy the rule and its parameters to the beginning of rule->text as
 * "RULE:NAME=VALUE,...". The original text stays at the end of rule->text, because rule->options
 * points to the values of the settings in this text. So rule->text has room for two copies.
 */
static enum ib_status
separate_settings(struct ib_compare_rule *rule, char *items, struct ib_error *err)
{
	char *to = rule->text + strcspn(rule->text, ":"), *next;
	enum ib_status st = IB_OK;
	char separator = ':';
	unsigned given = 0;

	for (; items && !st; items = next) {
		next = strchr(items, ',');
		if (next)
			*next++ = '\0';
		st = read_setting(rule, items, &given, err);
		if (st != IB_EOF)
			continue;
		*to++ = separator;
		memcpy(to, items, strlen(items) + 1);
		to += strlen(to);
		separator = ',';
		st = IB_OK;
	}
	*to = '\0';
	return st;
}

enum ib_status
ib_compare_rule_parse(const char *spec, const struct ib_rule_options *common,
		      struct ib_compare_rule *rule, struct ib_error *err)
{
	size_t n = strlen(spec) + 1;
	char *items;
	struct ib_bytes settings_text;
	enum ib_status st;

	*rule = (struct ib_compare_rule){ .text = malloc(2 * n), .options = *common };
	if (!rule->text)
		return ib_fail_memory(err);
	memcpy(rule->text, spec, n);
	memcpy(rule->text + n, spec, n);
	items = strchr(rule->text + n, ':');
	st = separate_settings(rule, items ? items + 1 : NULL, err);
	/* So far rule->command has only the settings. Insert the rule before them. */
	settings_text = rule->command;
	rule->command = (struct ib_bytes){ 0 };
	ib_bytes_printf(&rule->command, "--rule %s", rule->text);
	ib_bytes_append(&rule->command, settings_text.p, settings_text.n);
	rule->command.failed |= settings_text.failed;
	ib_bytes_release(&settings_text);
	if (!st)
		st = ib_rule_parse(rule->text, &rule->options, err);
	if (!st && rule->options.ratio_given && rule->options.keep)
		st = ib_fail(err, IB_E_MISUSE, "--rule: ratio and keep are mutually exclusive");
	if (!st && rule->options.ratio_given && !ib_rule_uses_ratio(rule->options.rule))
		st = ib_fail(err, IB_E_MISUSE, "--rule %s has no ratio",
			     ib_rule_name(rule->options.rule));
	if (!st)
		st = ib_rule_options_check(&rule->options, err);
	return st || !rule->command.failed ? st : ib_fail_memory(err);
}

void
ib_compare_rule_release(struct ib_compare_rule *rule)
{
	free(rule->text);
	ib_bytes_release(&rule->command);
	*rule = (struct ib_compare_rule){ 0 };
}
