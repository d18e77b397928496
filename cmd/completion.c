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
	case CLI_KIND_PAIRS: /* IN:OUT begins with a file */
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
put_rules(void)
{
	int i;

	for (i = 0; i < IB_NRULES; i++)
		printf("%s%s", i ? " " : "",
		       ib_rule_name((enum ib_rule_id)i));
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

/* The verbs of a command, blanks between. */
static void
put_verbs(const struct cli_command *c)
{
	size_t i;

	for (i = 0; c->verbs[i]; i++)
		printf("%s%s", i ? " " : "", c->verbs[i]->verb);
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
	if (o->words || o->kind == CLI_KIND_RULE) {
		fputs("words='", stdout);
		o->words ? put_words(o->words) : put_rules();
		fputs("' ;;\n", stdout);
	} else {
		printf("words=%s ;;\n", takes_file(o) ? "@file" : "@none");
	}
}

/* The function's name: a command's, or that of one of its verbs. */
static void
put_name(const struct cli_command *c)
{
	putchar('_');
	put_function(c->name);
	if (c->verb)
		printf("_%s", c->verb);
}

static void
bash_function(const struct cli_command *c)
{
	const struct cli_option *o;

	put_name(c);
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
}

/* A function a verb, and one that hands on to them. */
static void
bash_verbs(const struct cli_command *c)
{
	size_t i;

	for (i = 0; c->verbs[i]; i++)
		bash_function(c->verbs[i]);
	put_name(c);
	fputs("() {\n\tlocal verbs='", stdout);
	put_verbs(c);
	puts("'\n"
	     "\tif ((COMP_CWORD == 1)); then\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$verbs --help --version\" "
	     "-- \"${COMP_WORDS[1]}\"))\n"
	     "\telif [[ \" $verbs \" == *\" ${COMP_WORDS[1]} \"* ]]; then");
	fputs("\t\t", stdout);
	put_name(c);
	puts("_${COMP_WORDS[1]}\n\tfi\n}");
}

static void
bash(const struct cli_command *c)
{
	if (c->verbs)
		bash_verbs(c);
	else
		bash_function(c);
	fputs("complete -o filenames -F ", stdout);
	put_name(c);
	printf(" %s\n", c->name);
}

/* ---- zsh ----------------------------------------------------------------- */

static bool
repeats(const struct cli_option *o)
{
	return o->kind == CLI_KIND_INPUTS || o->kind == CLI_KIND_PAIRS;
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
zsh_options(const struct cli_command *c)
{
	const struct cli_option *o;

	puts("_arguments -s -S \\");
	for (o = c->options; o->kind != CLI_KIND_END; o++) {
		if (!shown(o))
			continue;
		if (o->letter)
			zsh_spec(o, true);
		zsh_spec(o, false);
	}
	puts("\t'*:FILE:_files'");
}

static void
zsh(const struct cli_command *c)
{
	size_t i;

	printf("#compdef %s\n", c->name);
	if (!c->verbs) {
		zsh_options(c);
		return;
	}
	fputs("if ((CURRENT == 2)); then\n\tcompadd -- ", stdout);
	put_verbs(c);
	puts(" --help --version\n\treturn\nfi\n"
	     "local verb=$words[2]\nshift words\n((CURRENT--))\n"
	     "case $verb in");
	for (i = 0; c->verbs[i]; i++) {
		printf("%s)\n", c->verbs[i]->verb);
		zsh_options(c->verbs[i]);
		puts(";;");
	}
	puts("esac");
}

/* ---- fish ---------------------------------------------------------------- */

static void
fish_options(const struct cli_command *c)
{
	const struct cli_option *o;

	for (o = c->options; o->kind != CLI_KIND_END; o++) {
		if (!shown(o))
			continue;
		printf("complete -c %s", c->name);
		if (c->verb)
			printf(" -n '__fish_seen_subcommand_from %s'", c->verb);
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

static void
fish(const struct cli_command *c)
{
	size_t i;

	if (!c->verbs) {
		fish_options(c);
		return;
	}
	printf("complete -c %s -n __fish_use_subcommand -x -a '", c->name);
	put_verbs(c);
	puts("'");
	for (i = 0; c->verbs[i]; i++)
		fish_options(c->verbs[i]);
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
