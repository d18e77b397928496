/* Completion for bash, zsh and fish, from the table of options. */
#include "cli.h"

static bool
takes_file(const struct cli_option *o)
{
	switch (o->kind) {
	case CLI_KIND_INPUT:
	case CLI_KIND_INPUTS:
	case CLI_KIND_OUTPUT:
	case CLI_KIND_LINES:
	case CLI_KIND_NULS:
	case CLI_KIND_TEXTS: /* --also IN:OUT begins with a file */
		return true;
	default:
		return false;
	}
}

static bool
shown(const struct cli_option *o)
{
	return o->kind != CLI_KIND_GROUP && !(o->flags & CLI_HIDDEN);
}

static void
put_words(const char *words)
{
	for (; *words; words++)
		putchar(*words == '|' ? ' ' : *words);
}

/* "ib-score" as a part of a function's name. */
static void
put_function(const char *name)
{
	for (; *name; name++)
		putchar(*name == '-' ? '_' : *name);
}

/* Up to the first clause's end, without what a shell's quotes would mind. */
static void
put_about(const char *help)
{
	size_t n = strcspn(help, "(;:");

	while (n && (help[n - 1] == ' ' || help[n - 1] == ','))
		n--;
	for (; n--; help++)
		if (!strchr("'[]\\`$\"", *help))
			putchar(*help);
}

/* ---- bash ---------------------------------------------------------------- */

static void
put_case(const struct cli_option *o)
{
	if (o->letter)
		printf("\t-%c|", o->letter);
	else
		putchar('\t');
	printf("--%s) ", o->name);
	if (o->words) {
		fputs("words='", stdout);
		put_words(o->words);
		fputs("' ;;\n", stdout);
	} else {
		printf("words=%s ;;\n", takes_file(o) ? "@file" : "@none");
	}
}

static void
bash(const struct cli_command *c)
{
	const struct cli_option *o;

	putchar('_');
	put_function(c->name);
	puts("() {\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n"
	     "\tlocal prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
	     "\t[[ $cur == = ]] && cur=\n"
	     "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	     "\tcase $prev in");
	for (o = c->options; o->kind != CLI_KIND_END; o++)
		if (shown(o) && o->arg)
			put_case(o);
	fputs("\tesac\n"
	      "\tif [[ -z $words && $cur == -* ]]; then\n\t\twords='",
	      stdout);
	for (o = c->options; o->kind != CLI_KIND_END; o++)
		if (shown(o))
			printf(" --%s", o->name);
	puts("'\n"
	     "\tfi\n"
	     "\tcase $words in\n"
	     "\t@none) COMPREPLY=() ;;\n"
	     "\t''|@file) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	     "\t*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
	     "\tesac\n"
	     "}");
	fputs("complete -o filenames -F _", stdout);
	put_function(c->name);
	printf(" %s\n", c->name);
}

/* ---- zsh ----------------------------------------------------------------- */

static bool
repeats(const struct cli_option *o)
{
	return o->kind == CLI_KIND_INPUTS || o->kind == CLI_KIND_TEXTS;
}

/* One spec of _arguments for one spelling. */
static void
zsh_spec(const struct cli_option *o, bool letter)
{
	fputs("\t'", stdout);
	if (repeats(o))
		putchar('*');
	else if (o->letter)
		printf("(-%c --%s)", o->letter, o->name);
	if (letter)
		printf("-%c%s", o->letter, o->arg ? "+" : "");
	else
		printf("--%s%s", o->name, o->arg ? "=" : "");
	putchar('[');
	put_about(o->help);
	putchar(']');
	if (o->arg && o->words) {
		printf(":%s:(", o->arg);
		put_words(o->words);
		putchar(')');
	} else if (o->arg) {
		printf(":%s:%s", o->arg, takes_file(o) ? "_files" : " ");
	}
	puts("' \\");
}

static void
zsh(const struct cli_command *c)
{
	const struct cli_option *o;

	printf("#compdef %s\n_arguments -s -S \\\n", c->name);
	for (o = c->options; o->kind != CLI_KIND_END; o++) {
		if (!shown(o))
			continue;
		if (o->letter)
			zsh_spec(o, true);
		zsh_spec(o, false);
	}
	puts("\t'*:FILE:_files'");
}

/* ---- fish ---------------------------------------------------------------- */

static void
fish(const struct cli_command *c)
{
	const struct cli_option *o;

	for (o = c->options; o->kind != CLI_KIND_END; o++) {
		if (!shown(o))
			continue;
		printf("complete -c %s", c->name);
		if (o->letter)
			printf(" -s %c", o->letter);
		printf(" -l %s", o->name);
		if (o->arg)
			fputs(takes_file(o) ? " -r" : " -x", stdout);
		if (o->words) {
			fputs(" -a '", stdout);
			put_words(o->words);
			putchar('\'');
		}
		fputs(" -d '", stdout);
		put_about(o->help);
		puts("'");
	}
}

void
cli_completion(const struct cli *cli, const char *shell)
{
	if (!strcmp(shell, "bash"))
		bash(cli->command);
	else if (!strcmp(shell, "zsh"))
		zsh(cli->command);
	else
		fish(cli->command);
}
