/*
 * Collect the files of a run from the table of options and from the operands.
 * ib_files_check() then compares the files: an output must not replace an input, two outputs
 * must not be the same file, and a pipe must not be read twice. Only the library can tell
 * whether two names mean the same file.
 */
#include "files.h"

#include <stdlib.h>

#include "memory.h"
#include "messages.h"
#include "operands.h"
#include "options.h"

/*
 * Add the files of an -o with a placeholder: one file per number for 'part.%d', or one file per
 * operand for 'folder/%s'. If the value of --split is too large, add no file, because the run then
 * fails anyway.
 */
static void
add_numbered_or_named(struct cli *cli, const struct cli_files *files, struct ib_file_use use,
		      bool numbered)
{
	uint64_t n = numbered ? files->split : files->operands, i;
	const char *pattern = use.path;

	if (numbered && n > IB_SPLIT_MAX)
		return;
	for (i = 0; i < n; i++) {
		use.of = numbered ? NULL : cli->operand[i];
		use.path = cli_free_at_end(cli, numbered ? ib_name_for_number(pattern, i)
							 : ib_name_for_operand(pattern, use.of));
		cli_add_file(cli, &use);
	}
}

/* Exit with a usage error if the name ends in .npz or .npy, but the option cannot write this
 * format. */
static void
check_array_name(struct cli *cli, const struct cli_option *o, const char *role, const char *path)
{
	unsigned can = ((o->flags & CLI_NPZ) ? IB_CAN_BE_NPZ : 0) |
		       ((o->flags & CLI_NPY) ? IB_CAN_BE_NPY : 0) |
		       ((o->flags & CLI_APPEND) ? IB_CAN_APPEND : 0);
	struct ib_error err;

	if (ib_array_name_check(role, path, can, &err))
		cli_misuse(cli, "%s", err.text);
}

/* Add the file or files of an output, and the output's lock file, to the files of the run. */
static void
add_output_files(struct cli *cli, const struct cli_files *files, const struct cli_option *o,
		 const char *role, const char *path)
{
	struct ib_file_use use = { role, path, NULL, IB_USE_WRITE };
	char *lock;

	check_array_name(cli, o, role, path);
	if ((o->flags & CLI_PARTS) && files->split && strstr(path, "%d")) {
		add_numbered_or_named(cli, files, use, true);
		return;
	}
	if ((o->flags & CLI_NAMES) && files->per_operand && strstr(path, "%s")) {
		add_numbered_or_named(cli, files, use, false);
		return;
	}
	if (o->kind == CLI_KIND_OUTPUT && (o->flags & CLI_STDOUT))
		use.use = IB_USE_RESULT;
	cli_add_file(cli, &use);
	if (!(o->flags & CLI_LOCK))
		return;
	lock = ib_lock_name(path);
	if (!lock)
		return; /* a loop of links, or out of memory: ib_lock() reports it later */
	cli_free_at_end(cli, lock);
	use.of = path;
	use.path = lock;
	use.role = "the lock file";
	cli_add_file(cli, &use);
}

/* Add the files IN and OUT of a value IN:OUT to the files of the run. */
static void
add_pair_files(struct cli *cli, const struct cli_files *files, const struct cli_option *o,
	       const char *role, const char *pair)
{
	const char *colon = strchr(pair, ':');
	char *in = cli_free_at_end(cli, strdup(pair));

	in[colon - pair] = '\0';
	cli_add_file(cli, &(struct ib_file_use){ role, in, NULL, IB_USE_READ });
	add_output_files(cli, files, o, role, colon + 1);
}

static void
add_option_files(struct cli *cli, const struct cli_files *files, const struct cli_option *o)
{
	struct ib_file_use use = { .use = IB_USE_READ };
	const struct ib_list *list;
	char name[40];
	size_t i;

	cli_option_spelling(cli, o, name);
	use.role = cli_free_at_end(cli, strdup(name));
	if (o->flags & CLI_START)
		use.use = IB_USE_START;
	if (o->kind == CLI_KIND_INPUT || o->kind == CLI_KIND_OUTPUT)
		use.path = *(const char **)cli_member_address(cli, o);
	if (o->kind == CLI_KIND_INPUT)
		cli_add_file(cli, &use);
	if (o->kind == CLI_KIND_OUTPUT && strcmp(use.path, "-"))
		add_output_files(cli, files, o, use.role, use.path);
	if (o->kind != CLI_KIND_INPUTS && o->kind != CLI_KIND_PAIRS)
		return;
	list = cli_member_address(cli, o);
	for (i = 0; i < list->n; i++) {
		use.path = list->v[i];
		if (o->kind == CLI_KIND_INPUTS)
			cli_add_file(cli, &use);
		else
			add_pair_files(cli, files, o, use.role, use.path);
	}
}

/* True if the option's output goes to standard output: it was not given, or its value is "-". */
static bool
writes_stdout(const struct cli *cli, const struct cli_option *o)
{
	return o->kind == CLI_KIND_OUTPUT && (o->flags & CLI_STDOUT) &&
	       (!cli->given[o - cli->command->options] ||
		!strcmp(*(const char **)cli_member_address(cli, o), "-"));
}

void
cli_check_files(struct cli *cli, const struct cli_files *files)
{
	static const struct ib_file_use in = { "", NULL, NULL, IB_USE_READ };
	static const struct ib_file_use out = { "", NULL, NULL, IB_USE_WRITE };
	const struct cli_option *o = cli->command->options;
	struct ib_error err;
	enum ib_status st;
	size_t i;

	for (; o->kind != CLI_KIND_END; o++) {
		if (cli->given[o - cli->command->options])
			add_option_files(cli, files, o);
		if (writes_stdout(cli, o))
			cli_add_file(cli, &out);
	}
	for (i = 0; i < cli->noperands && i < files->operands; i++)
		cli_add_file(cli, &(struct ib_file_use){ "the operand", cli->operand[i], NULL,
							 IB_USE_READ });
	if (cli->stdin_operand)
		cli_add_file(cli, &in);
	st = ib_files_check(cli->uses, cli->nuses, &err);
	if (st == IB_E_MISUSE)
		cli_misuse(cli, "%s", err.text);
	if (st)
		cli_die(cli, st, "%s", err.text);
}
