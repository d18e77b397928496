/*
 * Set the options of a rule by name (infobatch.h). The table in params.c defines the
 * names, kinds and ranges. The commands use the same functions for their options.
 */
#include <stdlib.h>

#include "base/error.h"
#include "prune/params.h"
#include "prune/threshold_rules.h"

#define EPOCHS "[0, 2147483647]"
#define AGES "[1, 2147483647]"

/*
 * A copy of the value of an option. The options own the copy, and one of their members points to
 * it.
 */
struct ib_owned_text {
	struct ib_owned_text *next;
	char text[];
};

/* ---- one value --------------------------------------------------------------- */

/*
 * The option --ratio is not in the table of parameters, because receipts and run headers contain
 * the computed ratio instead of the option's value.
 */
static const struct ib_param ratio = { .kind = IB_PARAM_REAL,
				       .offset = offsetof(struct ib_rule_options, ratio),
				       .name = "ratio",
				       .range = "[0, 1)" };

static const char *
store_whole(const struct ib_param *p, const char *value, void *at, char expected[IB_EXPECTED_MAX])
{
	const char *range = p->kind == IB_PARAM_SEED  ? NULL
			    : p->kind == IB_PARAM_AGE ? AGES
						      : EPOCHS;
	uint64_t count;

	if (!ib_value_count(value, range, &count))
		return ib_expected_count(expected, range);
	if (p->kind == IB_PARAM_SEED)
		*(uint64_t *)at = count;
	else
		*(int64_t *)at = (int64_t)count;
	return NULL;
}

static const char *
store_choice(const struct ib_param *p, const char *value, void *at, char expected[IB_EXPECTED_MAX])
{
	int word = ib_value_word(value, p->range);

	if (word < 0)
		return ib_expected_word(expected, p->range);
	*(unsigned *)at = (unsigned)word;
	return NULL;
}

const char *
ib_param_store(const struct ib_param *p, const char *value, struct ib_rule_options *o,
	       char expected[IB_EXPECTED_MAX])
{
	void *at = ib_param_at(p, o);
	double real;

	switch (p->kind) {
	case IB_PARAM_CHOICE:
		return store_choice(p, value, at, expected);
	case IB_PARAM_THRESHOLD:
		if (!ib_threshold_is_valid(ib_span_of(value)))
			return "mean, median, qF (the F quantile, with F in [0, 1]), or vX (the "
			       "number X)";
		*(const char **)at = value;
		return NULL;
	case IB_PARAM_REAL:
	case IB_PARAM_DECIMAL:
		if (!ib_value_real(value, p->range, &real))
			return ib_expected_real(expected, p->range);
		if (p->kind == IB_PARAM_REAL)
			*(double *)at = real;
		else
			*(const char **)at = value;
		return NULL;
	default:
		return store_whole(p, value, at, expected);
	}
}

/* ---- options by their names ---------------------------------------------------- */

const struct ib_param *
ib_param_find_option(struct ib_span name)
{
	size_t n;
	const struct ib_param *p = ib_params(&n);

	for (; n > 0; n--, p++)
		if (ib_param_is_option(p) && p->kind != IB_PARAM_RULE && ib_span_is(name, p->name))
			return p;
	return ib_span_is(name, ratio.name) ? &ratio : NULL;
}

/*
 * Return the row in params.c of an option, or of a parameter of the rule. Returns NULL if no row
 * has the name.
 */
static const struct ib_param *
find_setting(const struct ib_rule_options *o, const char *name)
{
	size_t n;
	const struct ib_param *p = ib_params(&n);

	for (; n > 0; n--, p++)
		if (ib_param_is_of(p, o->rule) && p->kind != IB_PARAM_BUCKETS &&
		    strcmp(p->name, name) == 0)
			return p;
	return ib_param_find_option(ib_span_of(name));
}

static const char *
store_option(struct ib_rule_options *o, const struct ib_param *p, const char *value,
	     char expected[IB_EXPECTED_MAX])
{
	const char *wrong = ib_param_store(p, value, o, expected);

	if (wrong)
		return wrong;
	o->ratio_given |= p->offset == offsetof(struct ib_rule_options, ratio);
	o->delta_given |= p->offset == offsetof(struct ib_rule_options, delta);
	return NULL;
}

const char *
ib_rule_options_store(struct ib_rule_options *o, const char *name, const char *value,
		      char expected[IB_EXPECTED_MAX])
{
	return store_option(o, find_setting(o, name), value, expected);
}

static enum ib_status
refuse_name(const struct ib_rule_options *o, const char *name, const char *others,
	    struct ib_error *err)
{
	size_t n;
	const struct ib_param *p = ib_params(&n);
	struct ib_bytes names = { 0 };
	char show[IB_SHOW_MAX];
	enum ib_status st;

	for (; n > 0; n--, p++)
		if (p->name && p->kind != IB_PARAM_BUCKETS &&
		    (!p->rules || ib_param_is_of(p, o->rule)))
			ib_bytes_printf(&names, "%s, ", p->name);
	ib_bytes_printf(&names, "%s%s", ratio.name, others);
	st = names.failed ? ib_fail_memory(err)
			  : ib_fail(err, IB_E_MISUSE,
				    "%s is not an option of rule %s; the options are %.*s",
				    ib_show(show, ib_span_of(name)), ib_rule_name(o->rule),
				    (int)names.n, names.p);
	ib_bytes_release(&names);
	return st;
}

static enum ib_status
parse_option(struct ib_rule_options *o, const char *name, char *value, const char *others,
	     struct ib_error *err)
{
	struct ib_rule_options changed = *o;
	char buffer[IB_EXPECTED_MAX], show[IB_SHOW_MAX];
	const struct ib_param *p;
	const char *expected;
	enum ib_status st;

	if (strcmp(name, "rule") == 0) {
		st = ib_rule_parse(value, &changed, err);
		if (!st)
			*o = changed;
		return st;
	}
	p = find_setting(o, name);
	if (!p)
		return refuse_name(o, name, others, err);
	expected = store_option(o, p, value, buffer);
	return expected ? ib_fail(err, IB_E_MISUSE, "%s must be %s, not %s", name, expected,
				  ib_show(show, ib_span_of(value)))
			: IB_OK;
}

/* ---- options on the heap ------------------------------------------------------- */

struct ib_rule_options *
ib_rule_options_new(void)
{
	static const struct ib_rule_options defaults = IB_RULE_DEFAULTS;
	struct ib_rule_options *o = malloc(sizeof(*o));

	if (o)
		*o = defaults;
	return o;
}

void
ib_rule_options_free(struct ib_rule_options *o)
{
	struct ib_owned_text *text, *next;

	for (text = o ? o->texts : NULL; text; text = next) {
		next = text->next;
		free(text);
	}
	free(o);
}

enum ib_status
ib_rule_options_set(struct ib_rule_options *o, const char *name, const char *value,
		    struct ib_error *err)
{
	return ib_rule_options_set_among(o, name, value, "", err);
}

enum ib_status
ib_rule_options_set_among(struct ib_rule_options *o, const char *name, const char *value,
			  const char *others, struct ib_error *err)
{
	size_t n = strlen(value) + 1;
	struct ib_owned_text *copy = malloc(sizeof(*copy) + n);
	enum ib_status st;

	if (!copy)
		return ib_fail_memory(err);
	memcpy(copy->text, value, n);
	st = parse_option(o, name, copy->text, others, err);
	if (st) {
		free(copy);
		return st;
	}
	copy->next = o->texts;
	o->texts = copy;
	return IB_OK;
}
