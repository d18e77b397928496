/* Parse and print a rule with its parameters, for example "proportional:floor=0.2,scale=5". */
#include "prune/params.h"

#include <stdio.h>

#include "base/error.h"
#include "base/numbers.h"
#include "prune/rules.h"
#include "prune/threshold_rules.h"

/* ---- names, for messages, --help and completion ---- */

const char *
ib_rule_name(enum ib_rule_id rule)
{
	const struct ib_rule_kind *kind = ib_rule_kind_of(rule);

	return kind ? kind->name : NULL;
}

const char *
ib_rule_about(enum ib_rule_id rule)
{
	const struct ib_rule_kind *kind = ib_rule_kind_of(rule);

	return kind ? kind->about : NULL;
}

/* Return parameter i of a rule, counted from 0, or NULL if the rule has no more parameters. */
static const struct ib_param *
param_of(enum ib_rule_id rule, size_t i)
{
	size_t n;
	const struct ib_param *p = ib_params(&n);

	for (; n > 0; n--, p++)
		if (ib_param_is_of(p, rule) && i-- == 0)
			return p;
	return NULL;
}

bool
ib_rule_parameter(enum ib_rule_id rule, size_t i, struct ib_rule_parameter *out)
{
	static const struct ib_rule_options defaults = IB_RULE_DEFAULTS;
	const struct ib_param *p = param_of(rule, i);

	if (!p)
		return false;
	*out = (struct ib_rule_parameter){ .name = p->name, .value = p->value, .help = p->help };
	if (p->kind == IB_PARAM_CHOICE)
		out->words = p->range;
	if (p->kind == IB_PARAM_REAL) {
		out->has_default = true;
		memcpy(&out->by_default, (const char *)&defaults + p->offset, sizeof(double));
	}
	return true;
}

/* Write the rule's parameters to out as a list, for example "power=B and floor=F". */
static const char *
list_parameters(const struct ib_rule_kind *kind, char out[200])
{
	const struct ib_param *p;
	size_t used = 0, n = 0, i;

	while (param_of(kind->id, n))
		n++;
	for (i = 0; i < n; i++) {
		p = param_of(kind->id, i);
		used += (size_t)snprintf(out + used, 200 - used, "%s%s=%s",
					 ib_list_separator(i, n, " and "), p->name, p->value);
	}
	if (n == 0)
		strcpy(out, "none");
	return out;
}

/* ---- reading ---- */

static enum ib_status
refuse_name(struct ib_span name, struct ib_error *err)
{
	char names[200], show[IB_SHOW_MAX];
	size_t used = 0;
	size_t i;

	for (i = 0; i < IB_NRULES; i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 ib_list_separator(i, IB_NRULES, " or "),
					 ib_rule_name((enum ib_rule_id)i));
	return ib_fail(err, IB_E_MISUSE, "--rule must be %s, not %s", names, ib_show(show, name));
}

static enum ib_status
refuse_parameter(const struct ib_rule_kind *kind, struct ib_span name, struct ib_error *err)
{
	const struct ib_param *option = ib_param_find_option(name);
	char list[200], show[IB_SHOW_MAX];

	/* the message must not name --normalize, because ib-audit does not have this option */
	if (option && !option->normalized)
		return ib_fail(err, IB_E_MISUSE,
			       "--rule %s has no parameter %s: use the option --%s", kind->name,
			       option->name, option->name);
	return ib_fail(err, IB_E_MISUSE, "--rule %s has no parameter %s; it takes %s", kind->name,
		       ib_show(show, name), list_parameters(kind, list));
}

/* Store the value of one parameter, or fail with a message that lists the valid values. */
static enum ib_status
set_value(const struct ib_rule_kind *kind, const struct ib_param *p, const char *value,
	  struct ib_rule_options *o, struct ib_error *err)
{
	char buffer[IB_EXPECTED_MAX], show[IB_SHOW_MAX];
	const char *expected = ib_param_store(p, value, o, buffer);

	if (!expected)
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE, "--rule %s: %s must be %s, not %s", kind->name, p->name,
		       expected, ib_show(show, ib_span_of(value)));
}

/* Parse one "NAME=VALUE". *given has one bit for each parameter that has occurred. */
static enum ib_status
read_parameter(const struct ib_rule_kind *kind, char *text, unsigned *given,
	       struct ib_rule_options *o, struct ib_error *err)
{
	struct ib_span name = { text, strcspn(text, "=") };
	const struct ib_param *p;
	size_t i = 0;

	while ((p = param_of(kind->id, i)) && !ib_span_is(name, p->name))
		i++;
	if (!p)
		return refuse_parameter(kind, name, err);
	if (!text[name.n])
		return ib_fail(err, IB_E_MISUSE, "--rule %s: %s needs a value: %s=%s", kind->name,
			       p->name, p->name, p->value);
	if (*given >> i & 1)
		return ib_fail(err, IB_E_MISUSE, "--rule %s: %s is given twice", kind->name,
			       p->name);
	*given |= 1u << i;
	return set_value(kind, p, text + name.n + 1, o, err);
}

/*
 * True if an earlier item of `list` has the same CUT as `item`. n is the length of the CUT, which
 * is followed by '='.
 */
static bool
is_repeated(const char *list, const char *item, size_t n)
{
	for (; list < item; list += strcspn(list, ",") + 1)
		if (!strncmp(list, item, n + 1))
			return true;
	return false;
}

/*
 * Check that `item`, which has n bytes, has the form CUT=FRACTION, and that no
 * earlier item of the list has the same CUT.
 */
static enum ib_status
check_bucket(const struct ib_rule_kind *kind, const char *list, const char *item, size_t n,
	     struct ib_error *err)
{
	size_t name = strcspn(item, "=,");
	struct ib_span threshold = { item, name }, fraction = { item + name + 1, 0 };
	char show[IB_SHOW_MAX];
	double value;

	if (!ib_threshold_is_valid(threshold))
		return refuse_parameter(kind, threshold, err);
	if (name < n)
		fraction.n = n - name - 1;
	if (fraction.n == 0 || !ib_number_text(fraction, &value) || !(value >= 0 && value < 1))
		return ib_fail(err, IB_E_MISUSE,
			       "--rule %s: %s is not CUT=FRACTION with a fraction in [0, 1)",
			       kind->name, ib_show(show, (struct ib_span){ item, n }));
	if (is_repeated(list, item, name))
		return ib_fail(err, IB_E_MISUSE, "--rule %s: %s is given twice", kind->name,
			       ib_show(show, threshold));
	return IB_OK;
}

/*
 * Check a list such as "q0.2=0.75,q0.85=0.5". Then store the list in the options, with ':' instead
 * of '='.
 */
static enum ib_status
read_buckets(const struct ib_rule_kind *kind, const struct ib_param *p, char *text,
	     struct ib_rule_options *o, struct ib_error *err)
{
	enum ib_status st;
	char *item;
	size_t n;

	for (item = text;; item += n + 1) {
		n = strcspn(item, ",");
		st = check_bucket(kind, text, item, n, err);
		if (st)
			return st;
		if (!item[n])
			break;
	}
	for (item = text; *item; item++)
		if (*item == '=')
			*item = ':';
	*(const char **)ib_param_at(p, o) = text;
	return ib_thresholds_check(o, err);
}

static enum ib_status
read_parameters(const struct ib_rule_kind *kind, char *text, struct ib_rule_options *o,
		struct ib_error *err)
{
	const struct ib_param *first = param_of(kind->id, 0);
	enum ib_status st = IB_OK;
	unsigned given = 0;
	char *next;

	if (first && first->kind == IB_PARAM_BUCKETS)
		return read_buckets(kind, first, text, o, err);
	for (; text && !st; text = next) {
		next = strchr(text, ',');
		if (next)
			*next++ = '\0';
		st = read_parameter(kind, text, &given, o, err);
	}
	return st;
}

/* Set the parameters of all rules in the options to the defaults. */
static void
reset_parameters(struct ib_rule_options *o)
{
	static const struct ib_rule_options defaults = IB_RULE_DEFAULTS;
	size_t n, size;
	const struct ib_param *p = ib_params(&n);

	for (; n > 0; n--, p++) {
		size = p->kind == IB_PARAM_REAL	    ? sizeof(double)
		       : p->kind == IB_PARAM_CHOICE ? sizeof(unsigned)
						    : sizeof(const char *);
		if (p->rules)
			memcpy(ib_param_at(p, o), (const char *)&defaults + p->offset, size);
	}
}

enum ib_status
ib_rule_parse(char *text, struct ib_rule_options *o, struct ib_error *err)
{
	struct ib_span name = { text, strcspn(text, ":") };
	const struct ib_rule_kind *kind = NULL;
	int i;

	for (i = 0; i < IB_NRULES && !kind; i++)
		if (ib_span_is(name, ib_rule_name((enum ib_rule_id)i)))
			kind = ib_rule_kind_of((enum ib_rule_id)i);
	if (!kind)
		return refuse_name(name, err);
	reset_parameters(o);
	o->rule = kind->id;
	if (!text[name.n])
		return IB_OK;
	return read_parameters(kind, text + name.n + 1, o, err);
}

/* ---- writing ---- */

/*
 * Append the list of thresholds from the options, with '=' instead of ':', such as "q0.2=0.75,...".
 */
static void
spell_buckets(struct ib_bytes *out, const char *buckets)
{
	for (; *buckets; buckets++)
		ib_bytes_append_char(out, *buckets == ':' ? '=' : *buckets);
}

/* Append the rule with its parameters, for example "infobatch:threshold=median". */
static void
spell_rule(struct ib_bytes *out, const struct ib_rule_options *o)
{
	const struct ib_param *p;
	char before = ':';
	size_t i;

	ib_bytes_printf(out, "%s", ib_rule_name(o->rule));
	for (i = 0; (p = param_of(o->rule, i)); i++) {
		if (!ib_param_is_given(p, o))
			continue;
		ib_bytes_append_char(out, before);
		before = ',';
		if (p->kind != IB_PARAM_BUCKETS)
			ib_bytes_printf(out, "%s=", p->name);
		ib_param_spell(out, p, o);
	}
}

void
ib_param_spell(struct ib_bytes *out, const struct ib_param *p, const struct ib_rule_options *o)
{
	const void *at = (const char *)o + p->offset;
	char number[IB_NUMBER_MAX];
	struct ib_span word;

	switch (p->kind) {
	case IB_PARAM_RULE:
		spell_rule(out, o);
		break;
	case IB_PARAM_SEED:
		ib_bytes_printf(out, "%llu", (unsigned long long)*(const uint64_t *)at);
		break;
	case IB_PARAM_REAL:
		ib_bytes_append(out, number, ib_number_write(number, *(const double *)at));
		break;
	case IB_PARAM_CHOICE:
		word = ib_param_word(p, o);
		ib_bytes_append(out, word.p, word.n);
		break;
	case IB_PARAM_BUCKETS:
		spell_buckets(out, *(const char *const *)at);
		break;
	case IB_PARAM_DECIMAL:
	case IB_PARAM_THRESHOLD:
		ib_bytes_printf(out, "%s", *(const char *const *)at);
		break;
	default:
		ib_bytes_printf(out, "%lld", (long long)*(const int64_t *)at);
	}
}
