/* Find options by name, and check which options may be used together. */
#include "options.h"

#include "messages.h"

void *
cli_member_address(const struct cli *cli, const struct cli_option *o)
{
	return (char *)cli->args + o->at;
}

const struct cli_option *
cli_find_name(const struct cli *cli, const char *name, size_t n)
{
	const struct cli_option *o;

	for (o = cli->command->options; o->kind != CLI_KIND_END; o++)
		if (o->kind != CLI_KIND_GROUP && strlen(o->name) == n && !memcmp(o->name, name, n))
			return o;
	return NULL;
}

const struct cli_option *
cli_find_letter(const struct cli *cli, char letter)
{
	const struct cli_option *o;

	for (o = cli->command->options; o->kind != CLI_KIND_END; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

bool
cli_is_given(const struct cli *cli, const char *name)
{
	const struct cli_option *o = cli_find_name(cli, name, strlen(name));

	return o && cli->given[o - cli->command->options];
}

const char *
cli_option_spelling(const struct cli *cli, const struct cli_option *o, char out[40])
{
	size_t row = (size_t)(o - cli->command->options);
	char letter = cli->given[row] ? cli->letter[row] : o->letter;

	if (letter)
		snprintf(out, 40, "-%c", letter);
	else
		snprintf(out, 40, "--%s", o->name);
	return out;
}

/* Return cli_option_spelling() of the option with this long name. */
static const char *
spell_name(const struct cli *cli, const char *name, char out[40])
{
	return cli_option_spelling(cli, cli_find_name(cli, name, strlen(name)), out);
}

/* Return the row of the next name in *names ("epochs delta"), or NULL after the last name. */
static const struct cli_option *
next_name(const struct cli *cli, const char **names)
{
	size_t n = strcspn(*names, " ");
	const struct cli_option *o = cli_find_name(cli, *names, n);

	*names += n + strspn(*names + n, " ");
	return n ? o : NULL;
}

void
cli_exclude(const struct cli *cli, const char *name, const char *others)
{
	const struct cli_option *o;
	char one[40], two[40];

	while (cli_is_given(cli, name) && (o = next_name(cli, &others)))
		if (cli->given[o - cli->command->options])
			cli_misuse(cli, "%s and %s are mutually exclusive",
				   spell_name(cli, name, one), cli_option_spelling(cli, o, two));
}

void
cli_require_any(const struct cli *cli, const char *name, const char *others)
{
	const struct cli_option *o;
	char one[40], all[200] = "";
	size_t n = 0;

	if (!cli_is_given(cli, name))
		return;
	while ((o = next_name(cli, &others))) {
		if (cli->given[o - cli->command->options])
			return;
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", n ? " or " : "",
				      cli_option_spelling(cli, o, one));
	}
	cli_misuse(cli, "%s needs %s", spell_name(cli, name, one), all);
}

void
cli_warn_unused(const struct cli *cli, const char *name, const char *why)
{
	char one[40], text[200];

	if (!cli_is_given(cli, name))
		return;
	snprintf(text, sizeof(text), "%s has no effect %s", spell_name(cli, name, one), why);
	cli_warn(cli, text);
}

void
cli_warn_unused_without(const struct cli *cli, const char *name, const char *other)
{
	char why[60], one[40];

	snprintf(why, sizeof(why), "without %s", spell_name(cli, other, one));
	if (!cli_is_given(cli, other))
		cli_warn_unused(cli, name, why);
}
