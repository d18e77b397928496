/* Parse the values of options and store them in struct args. */
#include "values.h"

#include <stdlib.h>

#include "memory.h"
#include "messages.h"
#include "operands.h"
#include "options.h"

/* ---- usage errors ------------------------------------------------------ */

_Noreturn static void
refuse_value(const struct cli *cli, const struct cli_option *o, const char *expected,
	     const char *value)
{
	char name[40];

	cli_misuse(cli, "%s must be %s, not '%.100s'", cli_option_spelling(cli, o, name), expected,
		   value);
}

/* ---- kinds ------------------------------------------------------------- */

static void
store_choice(struct cli *cli, const struct cli_option *o, const char *value)
{
	int i = ib_value_word(value, o->words);
	char expected[IB_EXPECTED_MAX];
	unsigned number = (unsigned)i;
	bool flag = i > 0;

	if (i < 0)
		refuse_value(cli, o, ib_expected_word(expected, o->words), value);
	memcpy(cli_member_address(cli, o),
	       o->size == sizeof(flag) ? (void *)&flag : (void *)&number, o->size);
}

static void
store_real(struct cli *cli, const struct cli_option *o, const char *value)
{
	char expected[IB_EXPECTED_MAX];

	if (!ib_value_real(value, o->range, cli_member_address(cli, o)))
		refuse_value(cli, o, ib_expected_real(expected, o->range), value);
}

static void
store_count(struct cli *cli, const struct cli_option *o, const char *value)
{
	bool epoch = o->kind == CLI_KIND_EPOCH;
	const char *range = o->range ? o->range : epoch ? "[0, 2147483647]" : NULL;
	char expected[IB_EXPECTED_MAX];
	uint64_t count;

	if (!ib_value_count(value, range, &count))
		refuse_value(cli, o, ib_expected_count(expected, range), value);
	if (epoch)
		*(int64_t *)cli_member_address(cli, o) = (int64_t)count;
	else
		*(uint64_t *)cli_member_address(cli, o) = count;
}

/*
 * Store a count or a percentage. Keep a copy of the text, because the library needs the exact
 * decimal number of a percentage.
 */
static void
store_limit(struct cli *cli, const struct cli_option *o, const char *value)
{
	const char *expected;

	expected = ib_limit_parse(cli_free_at_end(cli, strdup(value)), cli_member_address(cli, o));
	if (expected)
		refuse_value(cli, o, expected, value);
}

static void
store_part(struct cli *cli, const struct cli_option *o, const char *value)
{
	if (!ib_part_parse(value, cli_member_address(cli, o)))
		refuse_value(cli, o, "I/K with 0 <= I < K", value);
}

/* Store an option of the rule. The library checks the value. */
static void
store_setting(struct cli *cli, const struct cli_option *o, const char *value)
{
	char buffer[IB_EXPECTED_MAX];
	const char *expected =
		ib_rule_options_store(cli_member_address(cli, o), o->name, value, buffer);

	if (expected)
		refuse_value(cli, o, expected, value);
}

static void
store_rule(struct cli *cli, const struct cli_option *o, const char *value)
{
	char *text = cli_free_at_end(cli, strdup(value));
	struct ib_error err;

	if (ib_rule_parse(text, cli_member_address(cli, o), &err))
		cli_misuse(cli, "%s", err.text);
}

/*
 * Append the value to a list. The array of the list has argc elements, which is enough, because
 * each argument adds at most one element.
 */
static void
store_list(struct cli *cli, const struct cli_option *o, const char *value)
{
	struct ib_list *list = cli_member_address(cli, o);
	const char **v = (const char **)(uintptr_t)list->v;

	if (!v) {
		v = cli_free_at_end(cli, calloc((size_t)cli->argc, sizeof(*v)));
		list->v = v;
	}
	v[list->n++] = value;
}

/* True if the suffix of the name selects a compression that can be read, but not written. */
static bool
cannot_write(const char *path)
{
	static const char *const suffix[] = { ".xz", ".bz2", ".lz4" };
	size_t n = strlen(path), i;

	for (i = 0; i < sizeof(suffix) / sizeof(*suffix); i++)
		if (n > strlen(suffix[i]) && !strcmp(path + n - strlen(suffix[i]), suffix[i]))
			return true;
	return false;
}

static void
check_file(struct cli *cli, const struct cli_option *o, const char *value)
{
	bool dash = !strcmp(value, "-");
	char name[40];

	cli_option_spelling(cli, o, name);
	if (!*value)
		cli_misuse(cli, "%s needs a file name, not ''", name);
	if (dash && !(o->flags & (CLI_STDIN | CLI_STDOUT)))
		cli_misuse(cli, "%s needs a file: '-' is not allowed here", name);
	if (o->kind == CLI_KIND_OUTPUT && !(o->flags & CLI_APPEND) && cannot_write(value))
		cli_misuse(cli, "%s %s: cannot write this compression format: use .zst or .gz",
			   name, value);
}

/* Check a value IN:OUT, two file names that are separated by the first colon. */
static void
check_pair(struct cli *cli, const struct cli_option *o, const char *value)
{
	const char *colon = strchr(value, ':');
	char name[40];

	cli_option_spelling(cli, o, name);
	if (!colon || colon == value || !colon[1])
		cli_misuse(cli, "%s must be IN:OUT, not '%s'", name, value);
	if (!strncmp(value, "-:", 2) || !strcmp(colon, ":-"))
		cli_misuse(cli, "%s needs files: '-' is not allowed here", name);
}

static void
store_text(struct cli *cli, const struct cli_option *o, const char *value)
{
	if (!*value)
		refuse_value(cli, o, o->arg, value);
	else
		*(const char **)cli_member_address(cli, o) = value;
}

static void
call_option(struct cli *cli, const struct cli_option *o, const char *value)
{
	const char *expected = o->call(cli->args, value);

	if (expected)
		refuse_value(cli, o, expected, value);
}

void
cli_store_value(struct cli *cli, const struct cli_option *o, const char *value)
{
	switch (o->kind) {
	case CLI_KIND_FLAG:
		*(bool *)cli_member_address(cli, o) = true;
		break;
	case CLI_KIND_CHOICE:
		store_choice(cli, o, value);
		break;
	case CLI_KIND_COUNT:
	case CLI_KIND_EPOCH:
		store_count(cli, o, value);
		break;
	case CLI_KIND_REAL:
		store_real(cli, o, value);
		break;
	case CLI_KIND_LIMIT:
		store_limit(cli, o, value);
		break;
	case CLI_KIND_PART:
		store_part(cli, o, value);
		break;
	case CLI_KIND_TEXT:
		store_text(cli, o, value);
		break;
	case CLI_KIND_PAIRS:
		check_pair(cli, o, value);
		store_list(cli, o, value);
		break;
	case CLI_KIND_INPUT:
	case CLI_KIND_OUTPUT:
		check_file(cli, o, value);
		*(const char **)cli_member_address(cli, o) = value;
		break;
	case CLI_KIND_INPUTS:
		check_file(cli, o, value);
		store_list(cli, o, value);
		break;
	case CLI_KIND_SETTING:
		store_setting(cli, o, value);
		break;
	case CLI_KIND_RULE:
		store_rule(cli, o, value);
		break;
	case CLI_KIND_CALL:
		call_option(cli, o, value);
		break;
	default: /* CLI_KIND_LINES, CLI_KIND_NULS */
		check_file(cli, o, value);
		cli_read_operand_file(cli, o, value);
		break;
	}
}
