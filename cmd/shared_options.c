/* Options and checks that several commands share. */
#include "shared_options.h"

const char *
cli_parse_log_epoch(struct ib_log_options *log, const char *value)
{
	static const char expected[] =
		"a whole number in [0, 2147483647], 'name' or 'name:PATTERN' with one %d";
	int64_t epoch = 0;
	const char *p = value, *number;

	log->epoch = IB_NO_EPOCH;
	log->epoch_pattern = NULL;
	log->epoch_by_name = !strncmp(value, "name", 4);
	if (log->epoch_by_name && value[4] == ':') {
		log->epoch_pattern = value + 5;
		number = strstr(value, "%d");
		return number && !strstr(number + 2, "%d") ? NULL : expected;
	}
	if (log->epoch_by_name)
		return value[4] ? expected : NULL;
	while (*p >= '0' && *p <= '9' && epoch <= INT32_MAX)
		epoch = 10 * epoch + (*p++ - '0');
	if (*p || p == value || epoch > INT32_MAX)
		return expected;
	log->epoch = epoch;
	return NULL;
}

void
cli_check_rule(struct cli *cli, struct ib_rule_options *rule)
{
	struct ib_error err;

	cli_exclude(cli, "keep", "ratio");
	if (ib_rule_options_check(rule, &err))
		cli_misuse(cli, "%s", err.text);
	if (!ib_rule_uses_ratio(rule->rule))
		cli_warn_unused(cli, "ratio", "with this --rule");
}

void
cli_check_key(const struct cli *cli, const char *key, enum ib_format format)
{
	bool shard = key && !strcmp(key, "@shard");

	if (!key)
		return;
	if (format == IB_FORMAT_TAR && !shard)
		cli_misuse(cli, "-f tar: -k can only be @shard, not the name of a field");
	if (shard && format != IB_FORMAT_TAR && format != IB_FORMAT_AUTO)
		cli_misuse(cli, "-k @shard is for tar files: it needs -f tar or -f auto");
	if (shard && cli_reads_stdin(cli))
		cli_misuse(cli, "-k @shard needs files: standard input has no name");
}

void
cli_check_log_key(const struct cli *cli, const char *key)
{
	if (key && !strcmp(key, "@shard"))
		cli_misuse(cli, "-k @shard is for tar files, but a loss log cannot be a tar file");
}

void
cli_check_epoch_key(const struct cli *cli, const char *name, const char *key)
{
	if (key && (!strcmp(key, "@line") || !strcmp(key, "@row") || !strcmp(key, "@hash")))
		cli_misuse(cli,
			   "%s %s: line numbers and hashes differ between the epoch manifest and "
			   "the full manifest; write the ids to a field with ib-prune --id-field, "
			   "and name that field with %s",
			   name, key, name);
}

/* Return the name of the option's output i, or NULL if the option has i outputs or fewer. */
static const char *
output_of(const struct cli *cli, const struct cli_option *o, size_t i)
{
	const struct ib_list *pairs;

	if (!cli->given[o - cli->command->options])
		return NULL;
	if (o->kind == CLI_KIND_OUTPUT)
		return i == 0 ? *(const char **)cli_member_address(cli, o) : NULL;
	if (!(o->flags & CLI_PARTS))
		return NULL;
	pairs = cli_member_address(cli, o);
	return i < pairs->n ? strchr(pairs->v[i], ':') + 1 : NULL;
}

void
cli_check_split_names(const struct cli *cli, uint64_t split)
{
	const struct cli_option *o = cli->command->options;
	const char *path;
	char name[40];
	size_t i;

	for (; o->kind != CLI_KIND_END; o++)
		for (i = 0; (path = output_of(cli, o, i)); i++)
			if (cli_has_placeholder(path, 'd') && !(split && (o->flags & CLI_PARTS)))
				cli_misuse(cli,
					   (o->flags & CLI_PARTS)
						   ? "%s %s: %%d in the name needs --split"
						   : "%s %s: the name of this file must not "
						     "contain %%d",
					   cli_option_spelling(cli, o, name), path);
}

bool
cli_has_placeholder(const char *path, char letter)
{
	const char *p = path;

	while (p && (p = strchr(p, '%'))) {
		if (p[1] == letter)
			return true;
		p++;
	}
	return false;
}
