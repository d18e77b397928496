/* The command line: options and operands in any order, as GNU has it. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- words to the user ------------------------------------------------- */

static int
exit_status(enum ib_status st)
{
	switch (st) {
	case IB_OK:
	case IB_EOF:
		return 0;
	case IB_E_CHECK:
		return 1;
	case IB_E_MISUSE:
		return 2;
	case IB_E_DATA:
		return 65;
	case IB_E_NOINPUT:
		return 66;
	case IB_E_CREATE:
		return 73;
	case IB_E_IO:
		return 74;
	case IB_E_AGAIN:
		return 75;
	case IB_E_PIPE:
		return 141;
	}
	return 74;
}

/* One line in one write, so that lines of several processes do not mix. */
static void
say(const struct cli *cli, const char *before, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	char line[4200];
	size_t n = 0;
	const char *p;

	n = (size_t)snprintf(line, sizeof(line), "%s: %s", cli->command->name,
			     before);
	for (p = text; *p && n < sizeof(line) - 8; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x20 && c != 0x7f) {
			line[n++] = *p;
			continue;
		}
		line[n++] = '\\';
		line[n++] = 'x';
		line[n++] = hex[c >> 4];
		line[n++] = hex[c & 15];
	}
	line[n++] = '\n';
	cli_progress_erase();
	fwrite(line, 1, n, stderr);
}

void
cli_say(const struct cli *cli, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	say(cli, "", text);
}

_Noreturn void
cli_die(const struct cli *cli, enum ib_status st, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	say(cli, "", text);
	exit(exit_status(st));
}

static void
print_hint(const struct cli *cli)
{
	const char *verb = cli->command->verb;

	fprintf(stderr, "Try '%s%s%s --help'.\n", cli->command->name,
		verb ? " " : "", verb ? verb : "");
}

_Noreturn void
cli_misuse(const struct cli *cli, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	say(cli, "", text);
	print_hint(cli);
	exit(2);
}

const char *
cli_figure(char out[24], double value)
{
	snprintf(out, 24, isnan(value) ? "none" : "%.6g", value);
	return out;
}

static void
warn(void *data, const char *sentence)
{
	const struct cli *cli = data;

	if (!cli->common->quiet)
		say(cli, "warning: ", sentence);
}

/* ---- rows of the table ------------------------------------------------- */

const struct cli_option *
cli_by_name(const struct cli *cli, const char *name, size_t n)
{
	const struct cli_option *o;

	for (o = cli->command->options; o->kind != CLI_KIND_END; o++)
		if (o->kind != CLI_KIND_GROUP && strlen(o->name) == n &&
		    !memcmp(o->name, name, n))
			return o;
	return NULL;
}

const struct cli_option *
cli_by_letter(const struct cli *cli, char letter)
{
	const struct cli_option *o;

	for (o = cli->command->options; o->kind != CLI_KIND_END; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

bool
cli_given(const struct cli *cli, const char *name)
{
	const struct cli_option *o = cli_by_name(cli, name, strlen(name));

	return o && cli->given[o - cli->command->options];
}

const char *
cli_spelled(const struct cli *cli, const struct cli_option *o, char out[40])
{
	size_t row = (size_t)(o - cli->command->options);
	char letter = cli->given[row] ? cli->letter[row] : o->letter;

	if (letter)
		snprintf(out, 40, "-%c", letter);
	else
		snprintf(out, 40, "--%s", o->name);
	return out;
}

static const char *
spelled(const struct cli *cli, const char *name, char out[40])
{
	return cli_spelled(cli, cli_by_name(cli, name, strlen(name)), out);
}

/* The row of the next name in "epochs delta"; NULL: no more. */
static const struct cli_option *
next_name(const struct cli *cli, const char **names)
{
	size_t n = strcspn(*names, " ");
	const struct cli_option *o = cli_by_name(cli, *names, n);

	*names += n + strspn(*names + n, " ");
	return n ? o : NULL;
}

void
cli_exclude(const struct cli *cli, const char *name, const char *others)
{
	const struct cli_option *o;
	char one[40], two[40];

	while (cli_given(cli, name) && (o = next_name(cli, &others)))
		if (cli->given[o - cli->command->options])
			cli_misuse(cli, "%s and %s exclude each other",
				   spelled(cli, name, one),
				   cli_spelled(cli, o, two));
}

void
cli_need(const struct cli *cli, const char *name, const char *others)
{
	const struct cli_option *o;
	char one[40], all[200] = "";
	size_t n = 0;

	if (!cli_given(cli, name))
		return;
	while ((o = next_name(cli, &others))) {
		if (cli->given[o - cli->command->options])
			return;
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
				      n ? " or " : "",
				      cli_spelled(cli, o, one));
	}
	cli_misuse(cli, "%s needs %s", spelled(cli, name, one), all);
}

void
cli_idle(const struct cli *cli, const char *name, const char *why)
{
	char one[40], text[200];

	if (!cli_given(cli, name))
		return;
	snprintf(text, sizeof(text), "%s has no effect %s",
		 spelled(cli, name, one), why);
	cli->context.warn(cli->context.data, text);
}

void
cli_idle_without(const struct cli *cli, const char *name, const char *other)
{
	char why[60], one[40];

	snprintf(why, sizeof(why), "without %s", spelled(cli, other, one));
	if (!cli_given(cli, other))
		cli_idle(cli, name, why);
}

/* ---- operands ---------------------------------------------------------- */

void *
cli_own(struct cli *cli, void *p)
{
	void **grown =
		p ? realloc(cli->owned, (cli->nowned + 1) * sizeof(*grown))
		  : NULL;

	if (!grown)
		cli_die(cli, IB_E_IO, "out of memory");
	cli->owned = grown;
	cli->owned[cli->nowned++] = p;
	return p;
}

void
cli_add_operand(struct cli *cli, const char *path)
{
	if (!*path)
		cli_misuse(cli, "an operand is empty: a file name was meant");
	if (!strcmp(path, "-"))
		cli->stdin_uses++;
	if (cli->noperands == cli->operand_room) {
		size_t room = 2 * cli->operand_room + 16;
		const char **grown =
			realloc(cli->operand, room * sizeof(*grown));

		if (!grown)
			cli_die(cli, IB_E_IO, "out of memory");
		cli->operand = grown;
		cli->operand_room = room;
	}
	cli->operand[cli->noperands++] = path;
}

bool
cli_reads_stdin(const struct cli *cli)
{
	size_t i;

	for (i = 0; i < cli->noperands; i++)
		if (!strcmp(cli->operand[i], "-"))
			return true;
	return cli->noperands == 0;
}

/* Options whose file is standard input after all (-s -). */
static unsigned
stdin_options(const struct cli *cli)
{
	const struct cli_option *o = cli->command->options;
	unsigned uses = 0;
	size_t i;

	for (i = 0; o[i].kind != CLI_KIND_END; i++)
		if (o[i].kind == CLI_KIND_INPUT && cli->given[i])
			uses += !strcmp(
				*(const char **)((char *)cli->args + o[i].at),
				"-");
	return uses;
}

bool
cli_on_terminal(const char *output)
{
	return (!output || !strcmp(output, "-")) && isatty(STDOUT_FILENO);
}

struct ib_list
cli_operands(struct cli *cli, bool optional)
{
	if (!cli->noperands && cli->list_file)
		cli_misuse(cli, "%s names no file", cli->list_file);
	if (!cli->noperands && !optional) {
		cli->stdin_uses++;
		cli->stdin_operand = true;
		if (isatty(STDIN_FILENO)) {
			cli_usage(cli);
			exit(2);
		}
	}
	if (cli->stdin_uses + stdin_options(cli) > 1)
		cli_misuse(cli, "standard input can be read only once");
	return (struct ib_list){ cli->operand, cli->noperands };
}

/* ---- parsing ----------------------------------------------------------- */

static void
apply(struct cli *cli, const struct cli_option *o, char letter,
      const char *value)
{
	size_t row = (size_t)(o - cli->command->options);

	cli->given[row] = true;
	cli->letter[row] = letter;
	switch (o->kind) {
	case CLI_KIND_HELP:
		cli_help(cli);
		break;
	case CLI_KIND_VERSION:
		printf("%s (infobatch) %s\n", cli->command->name, IB_VERSION);
		break;
	default:
		cli_store(cli, o, value);
		return;
	}
	if (!ferror(stdout) && !fflush(stdout))
		exit(0);
	if (errno == EPIPE)
		exit(141);
	cli_die(cli, IB_E_IO, "standard output: cannot write: %s",
		strerror(errno));
}

/* --name, --name=value, --name value. Returns the arguments it took. */
static int
long_option(struct cli *cli, char **argv)
{
	const char *name = argv[0] + 2, *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	const struct cli_option *o = cli_by_name(cli, name, n);
	const char *near;

	if (!o) {
		near = cli_nearest_option(cli, name, n);
		cli_misuse(cli, "unknown option '--%.*s'%s%s%s", (int)n, name,
			   near ? "; did you mean '--" : "", near ? near : "",
			   near ? "'?" : "");
	}
	if (!o->arg && equals)
		cli_misuse(cli, "--%s takes no value", o->name);
	if (!o->arg || equals) {
		apply(cli, o, 0, equals ? equals + 1 : "");
		return 1;
	}
	if (!argv[1])
		cli_misuse(cli, "--%s needs a value (%s)", o->name, o->arg);
	apply(cli, o, 0, argv[1]);
	return 2;
}

/* -o value, -oVALUE, -qv: flags may share a dash. */
static int
short_options(struct cli *cli, char **argv)
{
	const char *p;

	for (p = argv[0] + 1; *p; p++) {
		const struct cli_option *o = cli_by_letter(cli, *p);

		if (!o && (unsigned char)*p >= 0x80)
			cli_misuse(cli, "unknown option '%s'", argv[0]);
		if (!o)
			cli_misuse(cli, "unknown option '-%c'", *p);
		if (!o->arg) {
			apply(cli, o, *p, "");
			continue;
		}
		if (p[1]) {
			apply(cli, o, *p, p + 1);
			return 1;
		}
		if (!argv[1])
			cli_misuse(cli, "-%c needs a value (%s)", *p, o->arg);
		apply(cli, o, *p, argv[1]);
		return 2;
	}
	return 1;
}

void
cli_open(struct cli *cli, const struct cli_command *command, void *args,
	 struct cli_common *common, int argc, char **argv)
{
	int i = 1;

	*cli = (struct cli){
		.command = command, .args = args, .common = common, .argc = argc
	};
	cli->context.warn = warn;
	cli->context.data = cli;
	cli_surroundings();
	while (i < argc) {
		if (argv[i][0] != '-' || !argv[i][1])
			cli_add_operand(cli, argv[i++]);
		else if (!strcmp(argv[i], "--"))
			break;
		else if (argv[i][1] == '-')
			i += long_option(cli, argv + i);
		else
			i += short_options(cli, argv + i);
	}
	for (i++; i < argc; i++)
		cli_add_operand(cli, argv[i]);
	cli->context.threads = (int)common->threads;
	cli_progress_begin(cli);
}

int
cli_close(struct cli *cli, enum ib_status st, const struct ib_error *err)
{
	cli_progress_erase();
	if (st && st != IB_EOF && st != IB_E_PIPE)
		say(cli, "", err->text);
	while (cli->nowned)
		free(cli->owned[--cli->nowned]);
	free(cli->owned);
	free(cli->uses);
	free(cli->operand);
	return exit_status(st);
}
