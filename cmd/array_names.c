/* Check the names of outputs that end in .npz or .npy. */
#include "array_names.h"

#include <unistd.h>

#include "messages.h"
#include "options.h"

/* True if path[0..n) ends in the suffix. */
static bool
ends_in(const char *path, size_t n, const char *suffix)
{
	size_t length = strlen(suffix);

	return n >= length && !memcmp(path + n - length, suffix, length);
}

const char *
cli_array_suffix(const char *path)
{
	size_t n = strlen(path);

	if (ends_in(path, n, ".zst"))
		n -= 4;
	else if (ends_in(path, n, ".gz"))
		n -= 3;
	return ends_in(path, n, ".npz") ? ".npz" : ends_in(path, n, ".npy") ? ".npy" : NULL;
}

/* Exit if the option cannot write a file with this name. */
static void
check_name(const struct cli *cli, const struct cli_option *o, const char *path)
{
	const char *suffix = cli_array_suffix(path);
	char name[40];

	if (!suffix || (o->flags & (suffix[3] == 'z' ? CLI_NPZ : CLI_NPY)))
		return;
	if ((o->flags & CLI_APPEND) && access(path, F_OK) == 0)
		return; /* the run checks whether it can append to the file */
	cli_option_spelling(cli, o, name);
	if (o->flags & CLI_NPZ)
		cli_misuse(cli,
			   "%s %s: the output has several arrays, so its name must end in .npz",
			   name, path);
	if (o->flags & CLI_NPY)
		cli_misuse(cli, "%s %s: the output is one array, so its name must end in .npy",
			   name, path);
	cli_misuse(cli, "%s %s: %s cannot write arrays, so the name must not end in %s", name, path,
		   name, suffix);
}

void
cli_check_array_names(const struct cli *cli)
{
	const struct cli_option *o = cli->command->options;
	const struct ib_list *pairs;
	size_t i;

	for (; o->kind != CLI_KIND_END; o++) {
		if (!cli->given[o - cli->command->options])
			continue;
		if (o->kind == CLI_KIND_OUTPUT)
			check_name(cli, o, *(const char **)cli_member_address(cli, o));
		pairs = o->kind == CLI_KIND_PAIRS ? cli_member_address(cli, o) : NULL;
		for (i = 0; pairs && i < pairs->n; i++)
			check_name(cli, o, strchr(pairs->v[i], ':') + 1);
	}
}
