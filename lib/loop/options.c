/* Set the options of a run by their names (infobatch.h). */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "loop/run.h"

struct ib_run_options *
ib_run_options_new(void)
{
	struct ib_run_options *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->context.threads = 1;
	o->rule = ib_rule_options_new();
	if (o->rule)
		return o;
	free(o);
	return NULL;
}

void
ib_run_options_free(struct ib_run_options *o)
{
	if (!o)
		return;
	ib_rule_options_free(o->rule);
	free(o->audit);
	free(o->missing);
	free(o->unseen);
	free(o);
}

void
ib_run_options_warn(struct ib_run_options *o, ib_warn_function *warn, void *data)
{
	o->context.warn = warn;
	o->context.data = data;
}

static enum ib_status
refuse_value(const char *name, const char *expected, const char *value, struct ib_error *err)
{
	char show[IB_SHOW_MAX];

	return ib_fail(err, IB_E_MISUSE, "%s must be %s, not %s", name, expected,
		       ib_show(show, ib_span_of(value)));
}

static enum ib_status
set_word(unsigned *word, const char *words, const char *name, const char *value,
	 struct ib_error *err)
{
	char expected[IB_EXPECTED_MAX];
	int found = ib_value_word(value, words);

	if (found < 0)
		return refuse_value(name, ib_expected_word(expected, words), value, err);
	*word = (unsigned)found;
	return IB_OK;
}

/* Replace *text with a copy of the value. */
static enum ib_status
set_text(char **text, const char *value, struct ib_error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return ib_fail_memory(err);
	free(*text);
	*text = copy;
	return IB_OK;
}

static enum ib_status
set_audit(struct ib_run_options *o, const char *value, struct ib_error *err)
{
	if (strcmp(value, "-") == 0 || !*value)
		return refuse_value("audit", "the name of a file", value, err);
	return set_text(&o->audit, value, err);
}

/* Set a limit, which points into a copy of the value. *text owns the copy. */
static enum ib_status
set_limit(struct ib_limit *limit, char **text, const char *name, const char *value,
	  struct ib_error *err)
{
	char *copy = strdup(value);
	const char *expected;

	if (!copy)
		return ib_fail_memory(err);
	expected = ib_limit_parse(copy, limit);
	if (expected) {
		free(copy);
		return refuse_value(name, expected, value, err);
	}
	free(*text);
	*text = copy;
	return IB_OK;
}

static enum ib_status
set_smooth(struct ib_run_options *o, const char *value, struct ib_error *err)
{
	char expected[IB_EXPECTED_MAX];

	if (!ib_value_real(value, "[0, 1)", &o->smooth))
		return refuse_value("smooth", ib_expected_real(expected, "[0, 1)"), value, err);
	return IB_OK;
}

static enum ib_status
set_threads(struct ib_run_options *o, const char *value, struct ib_error *err)
{
	char expected[IB_EXPECTED_MAX];
	uint64_t threads;

	if (!ib_value_count(value, "[1, 1024]", &threads))
		return refuse_value("threads", ib_expected_count(expected, "[1, 1024]"), value,
				    err);
	o->context.threads = (int)threads;
	return IB_OK;
}

/* The options below, as the end of the list in the message about an unknown option. */
static const char others[] =
	", audit, max-missing, max-unseen, smooth, threads, duplicates, nonfinite";

enum ib_status
ib_run_options_set(struct ib_run_options *o, const char *name, const char *value,
		   struct ib_error *err)
{
	if (strcmp(name, "audit") == 0)
		return set_audit(o, value, err);
	if (strcmp(name, "max-missing") == 0)
		return set_limit(&o->max_missing, &o->missing, name, value, err);
	if (strcmp(name, "max-unseen") == 0)
		return set_limit(&o->max_unseen, &o->unseen, name, value, err);
	if (strcmp(name, "smooth") == 0)
		return set_smooth(o, value, err);
	if (strcmp(name, "threads") == 0)
		return set_threads(o, value, err);
	if (strcmp(name, "duplicates") == 0)
		return set_word(&o->duplicates, IB_DUPLICATES_WORDS, name, value, err);
	if (strcmp(name, "nonfinite") == 0)
		return set_word(&o->nonfinite, IB_NONFINITE_WORDS, name, value, err);
	return ib_rule_options_set_among(o->rule, name, value, others, err);
}
