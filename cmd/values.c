/* Parse the values of options and store them in struct args. */
#include "values.h"

#include <stdlib.h>

#include "memory.h"
#include "messages.h"
#include "operands.h"
#include "options.h"

/* Default range of an option that is a count. */
#define CLI_COUNTS "[0, 18446744073709551615]"

/* Return the index of `value` in "a|b|c", or -1 if `value` is not one of the words. */
static int
word_number(const char *words, const char *value)
{
	size_t n = strlen(value), len;
	int i = 0;

	for (;; i++) {
		len = strcspn(words, "|");
		if (len == n && !memcmp(words, value, n))
			return i;
		if (!words[len])
			return -1;
		words += len + 1;
	}
}

/* ---- numbers ----------------------------------------------------------- */

static bool
to_count(const char *s, size_t n, uint64_t *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < n; i++) {
		unsigned digit = (unsigned)(s[i] - '0');

		if (s[i] < '0' || s[i] > '9' || *value > (UINT64_MAX - digit) / 10)
			return false;
		*value = 10 * *value + digit;
	}
	return n > 0;
}

/* Accept only decimal numbers. strtod() would also accept spaces, hexadecimal and "inf". */
static bool
to_real(const char *s, double *value)
{
	char *end;

	if (!*s || s[strspn(s, "+-.0123456789eE")])
		return false;
	*value = strtod(s, &end);
	return end != s && !*end;
}

/*
 * Check a number against a range such as "[0, 1)". A bracket includes the limit, a
 * parenthesis does not.
 */
static bool
in_range(const char *range, double x)
{
	char *comma, *end;
	double low = strtod(range + 1, &comma);
	double high = strtod(comma + 1, &end);

	return (range[0] == '[' ? x >= low : x > low) && (*end == ']' ? x <= high : x < high);
}

/* Check a whole number against a range. A double could not hold large whole numbers exactly. */
static bool
count_in_range(const char *range, uint64_t x)
{
	char *comma;
	uint64_t low = strtoull(range + 1, &comma, 10);

	return x >= low && x <= strtoull(comma + 1, NULL, 10);
}

/* ---- usage errors ------------------------------------------------------ */

_Noreturn static void
refuse(const struct cli *cli, const struct cli_option *o, const char *expected, const char *value)
{
	char name[40];

	cli_misuse(cli, "%s must be %s, not '%.100s'", cli_option_spelling(cli, o, name), expected,
		   value);
}

_Noreturn static void
refuse_range(const struct cli *cli, const struct cli_option *o, const char *kind, const char *range,
	     const char *value)
{
	char expected[120];

	snprintf(expected, sizeof(expected), "%s in %s", kind, range);
	refuse(cli, o, expected, value);
}

_Noreturn static void
refuse_word(const struct cli *cli, const struct cli_option *o, const char *value)
{
	char expected[200];
	const char *p = o->words;
	size_t n = 0, len;

	for (;; p += len + 1) {
		len = strcspn(p, "|");
		n += (size_t)snprintf(expected + n, sizeof(expected) - n, "%s%.*s",
				      p == o->words   ? ""
				      : p[len] == '|' ? ", "
						      : " or ",
				      (int)len, p);
		if (!p[len])
			break;
	}
	refuse(cli, o, expected, value);
}

/* ---- kinds ------------------------------------------------------------- */

static void
store_choice(struct cli *cli, const struct cli_option *o, const char *value)
{
	int i = word_number(o->words, value);
	unsigned number = (unsigned)i;
	bool flag = i > 0;

	if (i < 0)
		refuse_word(cli, o, value);
	memcpy(cli_member_address(cli, o),
	       o->size == sizeof(flag) ? (void *)&flag : (void *)&number, o->size);
}

bool
cli_parse_real(const char *text, const char *range, double *value)
{
	return to_real(text, value) && in_range(range, *value);
}

static void
store_real(struct cli *cli, const struct cli_option *o, const char *value)
{
	double real;

	if (!cli_parse_real(value, o->range, &real))
		refuse_range(cli, o, "a number", o->range, value);
	if (o->kind == CLI_KIND_REAL)
		*(double *)cli_member_address(cli, o) = real;
	else
		*(const char **)cli_member_address(cli, o) = value;
}

static void
store_count(struct cli *cli, const struct cli_option *o, const char *value)
{
	const char *range = o->range			? o->range
			    : o->kind == CLI_KIND_EPOCH ? "[0, 2147483647]"
							: CLI_COUNTS;
	uint64_t count;

	if (!to_count(value, strlen(value), &count) || !count_in_range(range, count))
		refuse_range(cli, o, "a whole number", range, value);
	if (o->kind == CLI_KIND_EPOCH)
		*(int64_t *)cli_member_address(cli, o) = (int64_t)count;
	else
		*(uint64_t *)cli_member_address(cli, o) = count;
}

/* Store a percentage as text, because the library compares its exact value. */
static void
store_limit(struct cli *cli, const struct cli_option *o, const char *value)
{
	static const char expected[] = "a count or a percentage (5, 2.5%)";
	struct ib_limit limit = { .given = true };
	size_t n = strlen(value);
	char *decimal;
	double share;

	if (n > 1 && value[n - 1] == '%') {
		decimal = cli_free_at_end(cli, strdup(value));
		decimal[n - 1] = '\0';
		if (decimal[strspn(decimal, ".0123456789")] || !to_real(decimal, &share) ||
		    share > 100)
			refuse(cli, o, expected, value);
		limit.percent = true;
		limit.decimal = decimal;
	} else if (!to_count(value, n, &limit.count)) {
		refuse(cli, o, expected, value);
	}
	*(struct ib_limit *)cli_member_address(cli, o) = limit;
}

static void
store_part(struct cli *cli, const struct cli_option *o, const char *value)
{
	size_t n = strcspn(value, "/");
	struct ib_part part;

	if (!value[n] || !to_count(value, n, &part.index) ||
	    !to_count(value + n + 1, strlen(value + n + 1), &part.count) ||
	    part.index >= part.count)
		refuse(cli, o, "I/K with 0 <= I < K", value);
	*(struct ib_part *)cli_member_address(cli, o) = part;
}

static void
store_rule(struct cli *cli, const struct cli_option *o, const char *value)
{
	char *text = cli_free_at_end(cli, strdup(value));
	struct ib_error err;

	if (ib_rule_parse(text, cli_member_address(cli, o), &err))
		cli_misuse(cli, "%s", err.text);
}

/* An array of argc elements is large enough, because each argument adds at most one element. */
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
		cli_misuse(cli, "%s %s: cannot write this format: use .zst or .gz", name, value);
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

void
cli_store_value(struct cli *cli, const struct cli_option *o, const char *value)
{
	const char *expected;

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
		if (o->range)
			store_real(cli, o, value);
		else if (!*value)
			refuse(cli, o, o->arg, value);
		else
			*(const char **)cli_member_address(cli, o) = value;
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
	case CLI_KIND_RULE:
		store_rule(cli, o, value);
		break;
	case CLI_KIND_CALL:
		expected = o->call(cli->args, value);
		if (expected)
			refuse(cli, o, expected, value);
		break;
	default: /* a file of operands */
		check_file(cli, o, value);
		cli_read_operand_file(cli, o, value);
		break;
	}
}
