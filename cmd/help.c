/*
 * Print --help and the short usage message. Find the option name that is most similar to a mistyped
 * name.
 */
#include "help.h"

#define HELP_WIDTH 80
#define HELP_COLUMN 26

/* ---- --help ------------------------------------------------------------- */

/*
 * Print a word on the current line. If the word does not fit, begin a new line at the help column.
 */
static void
write_word(const char *word, size_t n, size_t *column)
{
	if (*column + 1 + n > HELP_WIDTH - 1) {
		printf("\n%*s", HELP_COLUMN, "");
		*column = HELP_COLUMN;
	} else if (*column > HELP_COLUMN) {
		putchar(' ');
		(*column)++;
	}
	fwrite(word, 1, n, stdout);
	*column += n;
}

static void
write_text(const char *text, size_t *column)
{
	size_t n;

	for (; *text; text += n + (text[n] == ' ')) {
		n = strcspn(text, " ");
		write_word(text, n, column);
	}
}

/* Print "a|b|c" as "a (default), b, c". */
static void
write_choices(const char *words, size_t *column)
{
	const char *p = words;
	char one[40];
	size_t n;

	for (;; p += n + 1) {
		n = strcspn(p, "|");
		snprintf(one, sizeof(one), "%.*s%s%s", (int)n, p, p == words ? " (default)" : "",
			 p[n] ? "," : "");
		write_text(one, column);
		if (!p[n])
			break;
	}
}

static void
write_option(const struct cli_option *o)
{
	size_t column;
	int n;

	if (o->letter)
		n = printf("  -%c, --%s", o->letter, o->name);
	else
		n = printf("      --%s", o->name);
	if (o->arg)
		n += printf("=%s", o->arg);
	column = (size_t)n;
	if (column + 2 > HELP_COLUMN) {
		printf("\n%*s", HELP_COLUMN, "");
		column = HELP_COLUMN;
	} else {
		printf("%*s", HELP_COLUMN - n, "");
		column = HELP_COLUMN;
	}
	write_text(o->help, &column);
	if (o->words)
		write_choices(o->words, &column);
	putchar('\n');
}

/* Print a parameter of a rule, indented two columns more than an option. */
static void
write_parameter(const struct ib_rule_parameter *p)
{
	int n = printf("      %s=%s", p->name, p->value);
	size_t column = HELP_COLUMN;
	char number[40];

	printf("%*s", HELP_COLUMN - n, "");
	write_text(p->help, &column);
	if (p->words)
		write_choices(p->words, &column);
	if (p->has_default) {
		snprintf(number, sizeof(number), "(default %g)", p->by_default);
		write_text(number, &column);
	}
	putchar('\n');
}

/* Print each rule with its parameters. */
static void
write_rules(void)
{
	struct ib_rule_parameter p;
	size_t column, i;
	int rule, n;

	for (rule = 0; rule < IB_NRULES; rule++) {
		column = HELP_COLUMN;
		n = printf("    %s", ib_rule_name((enum ib_rule_id)rule));
		printf("%*s", HELP_COLUMN - n, "");
		write_text(ib_rule_about((enum ib_rule_id)rule), &column);
		putchar('\n');
		for (i = 0; ib_rule_parameter((enum ib_rule_id)rule, i, &p); i++)
			write_parameter(&p);
	}
}

/* Print each line of the text, indented. */
static void
write_examples(const char *text)
{
	size_t n;

	puts("\nEXAMPLES:");
	for (; *text; text += n + 1) {
		n = strcspn(text, "\n");
		printf("  %.*s\n", (int)n, text);
	}
}

void
cli_print_help(const struct cli *cli)
{
	const struct cli_command *c = cli->command;
	const struct cli_option *o;

	printf("Usage: %s%s%s %s\n%s\n", c->name, c->subcommand ? " " : "",
	       c->subcommand ? c->subcommand : "", c->usage, c->about);
	for (o = c->options; o->kind != CLI_KIND_END; o++) {
		if (o->kind == CLI_KIND_GROUP)
			printf("\n%s:\n", o->name);
		else if (!(o->flags & CLI_HIDDEN))
			write_option(o);
		if (o->kind == CLI_KIND_RULE)
			write_rules();
	}
	if (c->examples)
		write_examples(c->examples);
	if (c->notes)
		printf("\n%s", c->notes);
}

void
cli_print_usage(const struct cli *cli)
{
	const struct cli_command *c = cli->command;
	const char *subcommand = c->subcommand ? c->subcommand : "";

	fprintf(stderr, "Usage: %s%s%s %s\n%s\nTry '%s%s%s --help'.\n", c->name,
		*subcommand ? " " : "", subcommand, c->usage, c->about, c->name,
		*subcommand ? " " : "", subcommand);
}

/* ---- typos --------------------------------------------------------------- */

#define NAME_MAX_LEN 32

/*
 * Count the letters that must be inserted, deleted, changed or swapped to turn a into b
 * (optimal string alignment).
 */
static size_t
edit_distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[NAME_MAX_LEN + 1][NAME_MAX_LEN + 1];
	size_t i, j, best;

	for (i = 0; i <= n; i++)
		d[i][0] = i;
	for (j = 0; j <= m; j++)
		d[0][j] = j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

/*
 * A name that is the beginning of an option counts as a name with one wrong letter. The commands do
 * not accept abbreviations of options, because a new option could then break an old script.
 */
const char *
cli_find_nearest(const struct cli *cli, const char *name, size_t n)
{
	const struct cli_option *o;
	const char *near = NULL;
	size_t best = n / 3 + 1, m, d;

	if (n < 2 || n > NAME_MAX_LEN)
		return NULL;
	for (o = cli->command->options; o->kind != CLI_KIND_END; o++) {
		if (o->kind == CLI_KIND_GROUP || (o->flags & CLI_HIDDEN))
			continue;
		m = strlen(o->name);
		d = !strncmp(o->name, name, n) ? 1 : edit_distance(name, n, o->name, m);
		if (d < best || (d == best && !near)) {
			best = d;
			near = o->name;
		}
	}
	return near;
}
