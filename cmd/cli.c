/*
 * Parse the command line, and end the run. Options and operands may be mixed, as in GNU
 * programs. After "--" every argument is an operand.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>

#include "help.h"
#include "operands.h"
#include "options.h"
#include "process.h"
#include "progress.h"
#include "messages.h"
#include "values.h"

/* Store the value of an option. For --help and --version, print the text and exit. */
static void
apply_option(struct cli *cli, const struct cli_option *o, char letter, const char *value)
{
	size_t row = (size_t)(o - cli->command->options);

	cli->given[row] = true;
	cli->letter[row] = letter;
	switch (o->kind) {
	case CLI_KIND_HELP:
		cli_print_help(cli);
		break;
	case CLI_KIND_VERSION:
		printf("%s (infobatch) %s\n", cli->command->name, IB_VERSION);
		break;
	default:
		cli_store_value(cli, o, value);
		return;
	}
	if (!ferror(stdout) && !fflush(stdout))
		exit(0);
	if (errno == EPIPE)
		exit(141);
	cli_die(cli, IB_E_IO, "standard output: cannot write: %s", strerror(errno));
}

/* Return the row of a long option name. An unknown name is a usage error. */
static const struct cli_option *
find_long(const struct cli *cli, const char *name, size_t n)
{
	const struct cli_option *o = cli_find_name(cli, name, n);
	const char *near;

	if (o && o->kind == CLI_KIND_ABSENT)
		cli_misuse(cli, "unknown option '--%s'; %s", o->name, o->help);
	if (o)
		return o;
	near = cli_find_nearest(cli, name, n);
	cli_misuse(cli, "unknown option '--%.*s'%s%s%s", (int)n, name,
		   near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
}

/* Parse --name, --name=value or --name value. Returns the number of arguments used. */
static int
parse_long_option(struct cli *cli, char **argv)
{
	const char *name = argv[0] + 2, *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	const struct cli_option *o = find_long(cli, name, n);

	if (!o->arg && equals)
		cli_misuse(cli, "--%s takes no value", o->name);
	if (!o->arg || equals) {
		apply_option(cli, o, 0, equals ? equals + 1 : "");
		return 1;
	}
	if (!argv[1])
		cli_misuse(cli, "--%s needs a value (%s)", o->name, o->arg);
	apply_option(cli, o, 0, argv[1]);
	return 2;
}

/*
 * Return the row of the option whose letter is at p, inside `arg`. An unknown letter is a usage
 * error.
 */
static const struct cli_option *
find_short(const struct cli *cli, const char *arg, const char *p)
{
	const struct cli_option *o = cli_find_letter(cli, *p);

	if (!o && (unsigned char)*p >= 0x80)
		cli_misuse(cli, "unknown option '%s'", arg);
	if (!o)
		cli_misuse(cli, "unknown option '-%c'", *p);
	if (o->kind == CLI_KIND_ABSENT)
		cli_misuse(cli, "unknown option '-%c'; %s", *p, o->help);
	return o;
}

/*
 * Parse -o VALUE, -oVALUE, or several flags after one dash (-qv). Returns the number of
 * arguments used.
 */
static int
parse_short_options(struct cli *cli, char **argv)
{
	const struct cli_option *o;
	const char *p;

	for (p = argv[0] + 1; *p; p++) {
		o = find_short(cli, argv[0], p);
		if (!o->arg) {
			apply_option(cli, o, *p, "");
			continue;
		}
		if (p[1]) {
			apply_option(cli, o, *p, p + 1);
			return 1;
		}
		if (!argv[1])
			cli_misuse(cli, "-%c needs a value (%s)", *p, o->arg);
		apply_option(cli, o, *p, argv[1]);
		return 2;
	}
	return 1;
}

static void
print_warning(void *data, const char *sentence)
{
	cli_warn(data, sentence);
}

void
cli_open(struct cli *cli, const struct cli_command *command, void *args, struct cli_common *common,
	 int argc, char **argv)
{
	int i = 1;

	*cli = (struct cli){ .command = command, .args = args, .common = common, .argc = argc };
	cli->context.warn = print_warning;
	cli->context.progress = cli_progress_advance;
	cli->context.data = cli;
	cli_process_init(command->name);
	while (i < argc) {
		if (argv[i][0] != '-' || !argv[i][1])
			cli_add_operand(cli, argv[i++]);
		else if (!strcmp(argv[i], "--"))
			break;
		else if (argv[i][1] == '-')
			i += parse_long_option(cli, argv + i);
		else
			i += parse_short_options(cli, argv + i);
	}
	for (i++; i < argc; i++)
		cli_add_operand(cli, argv[i]);
	cli->context.threads = (int)common->threads;
	cli_progress_init(command->name, common->progress, common->quiet);
}

int
cli_close(struct cli *cli, enum ib_status st, const struct ib_error *err)
{
	cli_progress_erase();
	if (st && st != IB_EOF && st != IB_E_PIPE)
		cli_print(cli, "%s", err->text);
	while (cli->nowned)
		free(cli->owned[--cli->nowned]);
	free(cli->owned);
	free(cli->uses);
	free(cli->operand);
	return cli_exit_status(st);
}
