/*
 * Parse any text as the value of an option. Each kind of option accepts exactly its grammar, of
 * which this file has a second implementation. The first byte chooses a row of the table, and the
 * rest is the value.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>

#include "fuzz/target.h"
#include "../cmd/operands.h"
#include "../cmd/options.h"
#include "../cmd/messages.h"
#include "../cmd/values.h"

struct args {
	bool flag;
	unsigned choice;
	const char *text, *input, *output;
	struct ib_list pairs, inputs;
	uint64_t count, small;
	int64_t epoch;
	double real;
	struct ib_limit limit;
	struct ib_part part;
	struct ib_rule_options rule;
	struct cli_common common;
};

static const struct cli_option rows[] = { CLI_COUNT(0, "count", "N", NULL, count, ""),
					  CLI_COUNT(0, "small", "N", "[1, 20]", small, ""),
					  CLI_EPOCH('e', "epoch", "N", NULL, epoch, ""),
					  CLI_REAL(0, "real", "F", "[0, 1)", real, ""),
					  CLI_SETTING(0, "keep", "F", NULL, rule, ""),
					  CLI_LIMIT(0, "limit", limit, ""),
					  CLI_PART(0, "part", part, ""),
					  CLI_PAIRS(0, "pairs", pairs, ""),
					  CLI_TEXT(0, "text", "TEXT", text, ""),
					  CLI_INPUT('s', "input", input, CLI_STDIN, ""),
					  CLI_INPUTS(0, "inputs", "FILE", inputs, ""),
					  CLI_OUTPUT('o', "output", output, CLI_STDOUT, ""),
					  CLI_CHOICE(0, "choice", "WORD", "one|two|three", unsigned,
						     choice, ""),
					  CLI_RULE(0, "rule", rule, ""),
					  CLI_END };
#define NROWS (sizeof(rows) / sizeof(*rows) - 1)

/* ---- what values.c calls ------------------------------------------------- */

static jmp_buf refused;

_Noreturn void
cli_misuse(const struct cli *cli, const char *format, ...)
{
	(void)cli;
	(void)format;
	longjmp(refused, 1);
}

/* The parser calls this function only if memory runs out. */
_Noreturn void
cli_die(const struct cli *cli, enum ib_status st, const char *format, ...)
{
	(void)cli;
	(void)st;
	(void)format;
	abort();
}

void
cli_warn(const struct cli *cli, const char *sentence)
{
	(void)cli;
	(void)sentence;
}

void
cli_read_operand_file(struct cli *cli, const struct cli_option *o, const char *path)
{
	(void)cli;
	(void)o;
	(void)path;
	abort(); /* no row of the table reads operands from a file */
}

/* ---- the grammars in other words ----------------------------------------- */

static bool
is_count(const char *s, uint64_t least, uint64_t most, uint64_t value)
{
	unsigned long long x;

	if (!*s || s[strspn(s, "0123456789")])
		return false;
	errno = 0;
	x = strtoull(s, NULL, 10);
	return !errno && x >= least && x <= most && x == value;
}

static bool
is_limit(const char *s, const struct ib_limit *l)
{
	size_t n = strlen(s);
	double x;

	if (!l->given || !l->percent)
		return l->given && is_count(s, 0, UINT64_MAX, l->count);
	x = strtod(l->decimal, NULL);
	return n > 1 && s[n - 1] == '%' && strlen(l->decimal) == n - 1 &&
	       !memcmp(l->decimal, s, n - 1) && x >= 0 && x <= 100;
}

static bool
is_part(const char *s, const struct ib_part *p)
{
	char *end;

	return s[0] >= '0' && s[0] <= '9' && strtoull(s, &end, 10) == p->index && *end == '/' &&
	       is_count(end + 1, p->index + 1, UINT64_MAX, p->count);
}

static bool
is_pair(const char *s)
{
	const char *colon = strchr(s, ':');

	return colon && colon > s && colon[1];
}

static bool
is_word(const char *s, unsigned number)
{
	static const char *const words[] = { "one", "two", "three" };

	return number < 3 && !strcmp(s, words[number]);
}

/* True if the stored value is the value of the text s. */
static bool
fits(size_t row, const char *s, const struct args *a)
{
	switch (row) {
	case 0:
		return is_count(s, 0, UINT64_MAX, a->count);
	case 1:
		return is_count(s, 1, 20, a->small);
	case 2:
		return is_count(s, 0, INT32_MAX, (uint64_t)a->epoch);
	case 3:
		return a->real == strtod(s, NULL) && a->real >= 0 && a->real < 1;
	case 4:
		return a->rule.keep == s && strtod(s, NULL) >= 0 && strtod(s, NULL) <= 1;
	case 5:
		return is_limit(s, &a->limit);
	case 6:
		return is_part(s, &a->part);
	case 7:
		return a->pairs.n == 1 && a->pairs.v[0] == s && is_pair(s);
	case 8:
		return a->text == s && *s;
	case 9:
		return a->input == s && *s;
	case 10:
		return a->inputs.n == 1 && a->inputs.v[0] == s && *s && strcmp(s, "-") != 0;
	case 11:
		return a->output == s && *s;
	case 12:
		return is_word(s, a->choice);
	default:
		return a->rule.rule < IB_NRULES;
	}
}

static void
store(struct cli *cli, size_t row, const char *text)
{
	if (setjmp(refused) != 0)
		return;
	cli_store_value(cli, &rows[row], text);
	if (!fits(row, text, cli->args))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct cli_command command = { .name = "fuzz", .options = rows };
	struct args args = { .rule = IB_RULE_DEFAULTS };
	struct cli cli = { .command = &command, .args = &args, .common = &args.common, .argc = 2 };
	char *text = calloc(1, n + 1);

	if (n > 1)
		memcpy(text, data + 1, n - 1);
	store(&cli, n > 0 ? data[0] % NROWS : 0, text);
	while (cli.nowned)
		free(cli.owned[--cli.nowned]);
	free(cli.owned);
	free(text);
	return 0;
}
