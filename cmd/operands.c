/* Collect the operands: from the command line and from files of names. */
#include "operands.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "help.h"
#include "memory.h"
#include "options.h"
#include "messages.h"

void
cli_add_file(struct cli *cli, const struct ib_file_use *use)
{
	if (cli->nuses == cli->use_room)
		cli->uses = cli_grow(cli, cli->uses, sizeof(*cli->uses), &cli->use_room);
	cli->uses[cli->nuses++] = *use;
}

void
cli_add_operand(struct cli *cli, const char *path)
{
	if (!*path)
		cli_misuse(cli, "an operand is empty: a file name is needed");
	if (!strcmp(path, "-"))
		cli->stdin_uses++;
	if (cli->noperands == cli->operand_room)
		cli->operand =
			cli_grow(cli, cli->operand, sizeof(*cli->operand), &cli->operand_room);
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

/* Count the input options with the value "-", which read standard input (-s -). */
static unsigned
stdin_options(const struct cli *cli)
{
	const struct cli_option *o = cli->command->options;
	unsigned uses = 0;
	size_t i;

	for (i = 0; o[i].kind != CLI_KIND_END; i++)
		if (o[i].kind == CLI_KIND_INPUT && cli->given[i])
			uses += !strcmp(*(const char **)((char *)cli->args + o[i].at), "-");
	return uses;
}

bool
cli_is_terminal(const char *output)
{
	return (!output || !strcmp(output, "-")) && isatty(STDOUT_FILENO);
}

struct ib_list
cli_get_operands(struct cli *cli, const char *operand)
{
	if (!cli->noperands && cli->list_file)
		cli_misuse(cli, "%s: contains no file names", cli->list_file);
	if (!cli->noperands && operand) {
		cli->stdin_uses++;
		cli->stdin_operand = true;
		if (isatty(STDIN_FILENO)) {
			if (cli->argc > 1)
				cli_print(cli, CLI_OPERAND_MISSING, operand);
			cli_print_usage(cli);
			exit(2);
		}
	}
	if (cli->stdin_uses + stdin_options(cli) > 1)
		cli_misuse(cli, "standard input can be read only once");
	return (struct ib_list){ cli->operand, cli->noperands };
}

/* ---- files of names ---------------------------------------------------- */

static FILE *
open_list(struct cli *cli, const char *path)
{
	FILE *f;

	do
		f = fopen(path, "rb");
	while (!f && errno == EINTR);
	if (!f && errno == ENOMEM)
		cli_die(cli, IB_E_IO, "out of memory");
	if (!f)
		cli_die(cli, IB_E_NOINPUT, "%s: cannot open: %s", path, strerror(errno));
	return f;
}

/* Read up to `room` bytes. Returns 0 only at the end of the file or after an error. */
static size_t
read_block(FILE *f, char *to, size_t room)
{
	size_t got;

	for (;;) {
		got = fread(to, 1, room, f);
		if (got > 0 || !ferror(f) || errno != EINTR)
			return got;
		clearerr(f);
	}
}

/* Read a complete file into one block of memory, and append a NUL byte. */
static char *
read_all(struct cli *cli, FILE *f, const char *path, size_t *size)
{
	size_t n = 0, room = 65536, got;
	char *text = malloc(room), *grown;

	while (text && (got = read_block(f, text + n, room - n - 1)) > 0) {
		n += got;
		if (n < room - 1)
			continue;
		room *= 2;
		grown = realloc(text, room);
		if (!grown)
			free(text);
		text = grown;
	}
	cli_free_at_end(cli, text);
	/* cppcheck-suppress ctunullpointer; cli_die does not return */
	if (ferror(f) && errno == EISDIR)
		cli_die(cli, IB_E_NOINPUT, "%s: is a directory", path);
	if (ferror(f))
		cli_die(cli, IB_E_IO, "%s: cannot read: %s", path, strerror(errno));
	text[n] = '\0';
	*size = n;
	return text;
}

/*
 * Add the names in the file as operands. The operands point into the text of the file, which is
 * freed when the run ends. Empty names are skipped.
 */
void
cli_read_operand_file(struct cli *cli, const struct cli_option *o, const char *path)
{
	bool dash = !strcmp(path, "-");
	FILE *f = dash ? stdin : open_list(cli, path);
	char end = o->kind == CLI_KIND_NULS ? '\0' : '\n';
	size_t n, i, start = 0;
	char *text, name[40];

	cli_add_file(cli, &(struct ib_file_use){
				  cli_free_at_end(cli, strdup(cli_option_spelling(cli, o, name))),
				  path, NULL, IB_USE_READ });
	text = read_all(cli, f, path, &n);
	if (!dash)
		fclose(f);
	cli->stdin_uses += dash;
	cli->list_file = dash ? "standard input" : path;
	if (end == '\n' && memchr(text, '\0', n))
		cli_die(cli, IB_E_DATA,
			"%s: contains a NUL byte, but each name must be on its own line; did you "
			"mean --files0-from?",
			path);
	for (i = 0; i <= n; i++) {
		if (i < n && text[i] != end)
			continue;
		text[i] = '\0';
		if (i > start)
			cli_add_operand(cli, text + start);
		start = i + 1;
	}
}
