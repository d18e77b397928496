/*
 * ib-audit: show past decisions (which samples were pruned, when and why), verify
 * decisions, analyze losses, and write reports. Each subcommand is a command with its own
 * table of options.
 */
#include "shared_options.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

#define RULES_MAX 40 /* maximum number of --rule options of compare */

struct args {
	struct ib_audit_options o;
	const char *rule[RULES_MAX]; /* rule[i]: text of the i-th --rule, owned by argv */
	enum color color;
	struct cli_common common;
};

/* ---- options ----------------------------------------------------------- */

static const char *
set_log_epoch(void *args, const char *value)
{
	struct args *a = args;

	return cli_parse_log_epoch(&a->o.log, value);
}

/* Parse the value D:A of --page-hinkley. */
static const char *
set_page_hinkley(void *args, const char *value)
{
	struct args *a = args;
	const char *colon = strchr(value, ':');
	char delta[64];

	if (!colon || (size_t)(colon - value) >= sizeof(delta))
		return "D:A with two numbers D and A";
	memcpy(delta, value, (size_t)(colon - value));
	delta[colon - value] = '\0';
	if (!ib_value_real(delta, "[0, inf)", &a->o.ph_delta) ||
	    !ib_value_real(colon + 1, "[0, inf)", &a->o.ph_alarm))
		return "D:A with two numbers, each 0 or more";
	return NULL;
}

/* Add the value of a --rule of compare to the list of rules. The library checks the value. */
static const char *
add_rule(void *args, const char *value)
{
	struct args *a = args;

	if (a->o.rules.n == RULES_MAX)
		return "given at most 40 times";
	a->rule[a->o.rules.n++] = value;
	a->o.rules.v = a->rule;
	return NULL;
}

#define OUTPUT_ROW                                                                                 \
	CLI_OUTPUT('o', "output", o.output, CLI_STDOUT, "write to FILE (default standard output)")
#define TABLE_ROWS                                                                                 \
	CLI_GROUP("Output"), OUTPUT_ROW,                                                           \
		CLI_FLAG(0, "json", o.json, "print an array of JSON objects instead of a table"),  \
		CLI_CHOICE(0, "color", "WHEN", "auto|always|never", enum color, color,             \
			   "use color (auto: on a terminal, unless NO_COLOR "                      \
			   "is set):")
#define MANIFEST_ROWS(text)                                                                        \
	CLI_INPUTS(0, "manifest", "FILE", o.manifest, text),                                       \
		CLI_TEXT(0, "manifest-key", "FIELD", o.manifest_key,                               \
			 "the field of the manifest that holds the id (default: the field that "   \
			 "ib-prune would use without -k)")
#define BY_ROWS                                                                                    \
	CLI_GROUP("Classes"),                                                                      \
		CLI_TEXT(0, "by", "FIELD", o.by,                                                   \
			 "print one line per value of this field of the manifest, the most "       \
			 "pruned value first; a.b is a nested field (default: not set)"),          \
		MANIFEST_ROWS("the manifest of the run, for --by; may be given several times "     \
			      "(default: none)")
#define COST_ROW                                                                                   \
	CLI_REAL(0, "cost-per-epoch", "X", "[0, inf)", o.cost,                                     \
		 "X is the cost of an epoch on all data, in money or hours; also print the cost "  \
		 "that was saved (default: not set)")
#define LAST_ROW                                                                                   \
	CLI_COUNT(0, "last", "K", "[1, 18446744073709551615]", o.last,                             \
		  "print only the last K epochs (default: all)")
#define PAGE_HINKLEY_ROW                                                                           \
	CLI_CALL(0, "page-hinkley", "D:A", set_page_hinkley,                                       \
		 "D is the slack and A the alarm level of the Page-Hinkley test (default "         \
		 "0.05:0.5)")
#define WEIGHT_FIELD_ROW                                                                           \
	CLI_TEXT(0, "weight-field", "NAME", o.weight_field,                                        \
		 "the field that holds the weight (default: weight); a record need not have "      \
		 "this field")
#define VISITS_ROW                                                                                 \
	CLI_REAL(0, "visits", "F", "(0, inf)", o.visits,                                           \
		 "also print how many epochs with the rule fit into a budget of visits; the "      \
		 "budget is F times the visits of a whole run on all data (default: not set)")
#define EPOCHS_ROW                                                                                 \
	CLI_EPOCHS_ROW(o.rule,                                                                     \
		       "number of epochs of the whole run (required); the last epochs keep all "   \
		       "samples, see --delta")
#define SIMULATED_LOG_ROWS                                                                         \
	CLI_GROUP("Loss log"), CLI_LOG_ROWS(o.log, set_log_epoch),                                 \
		CLI_REAL(0, "smooth", "B", "[0, 1)", o.smooth,                                     \
			 "smooth the scores: score = B*previous + (1-B)*loss (default 0)")
#define WEIGHT_ROWS                                                                                \
	CLI_GROUP("Weights"), WEIGHT_FIELD_ROW,                                                    \
		CLI_INPUT('a', "audit", o.weigh_by, 0,                                             \
			  "read the audit log of the run; a record without a weight gets the "     \
			  "weight 1/pi from this log (default: such a record gets the weight 1)")

static const struct cli_option summary_options[] = {
	CLI_GROUP("Main options"),
	LAST_ROW,
	CLI_ABSENT('e', "epoch",
		   "use --last K for the last K epochs, or ib-audit list -e N for one epoch"),
	COST_ROW,
	CLI_FLAG(
		0, "errors", o.errors,
		"with --json: also print the standard error of the sum of weights, and by how many "
		"standard errors the sum differs from the expected sum"),
	BY_ROWS,
	TABLE_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option show_options[] = {
	CLI_GROUP("Main options"),
	CLI_EPOCH('e', "epoch", "N", NULL, o.epoch, "print only epoch N (default: all)"),
	CLI_INPUT('s', "scores", o.scores, 0,
		  "also print the score, the last epoch and the number of visits that this score "
		  "file has for each id (default: none)"),
	MANIFEST_ROWS("the manifest of the run: an id that is neither in the log nor in FILE is an "
		      "error; may be given several times (default: none)"),
	TABLE_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option list_options[] = {
	CLI_GROUP("Main options"),
	CLI_EPOCH('e', "epoch", "N", NULL, o.epoch,
		  "list the samples of epoch N (default: list every id once, the most often pruned "
		  "id first)"),
	CLI_FLAG(0, "pruned", o.pruned, "list only pruned samples"),
	CLI_FLAG(0, "drawn", o.drawn, "list only samples that were kept although pi was below 1"),
	CLI_COUNT(0, "top", "K", "[1, 18446744073709551615]", o.top,
		  "list only the first K samples; with -e, the K samples with the lowest scores "
		  "(default: all)"),
	BY_ROWS,
	TABLE_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option suspects_options[] = {
	CLI_GROUP("Main options"),
	CLI_COUNT(0, "top", "K", "[1, 18446744073709551615]", o.top,
		  "list only the first K samples (default: all)"),
	CLI_COUNT(0, "min-epochs", "N", "[2, 18446744073709551615]", o.min_epochs,
		  "list only samples with losses in at least N epochs (default 3)"),
	TABLE_ROWS,
	CLI_GROUP("Loss log"),
	CLI_LOG_ROWS(o.log, set_log_epoch),
	WEIGHT_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option verify_options[] = {
	CLI_GROUP("Main options"),
	CLI_INPUT(
		's', "scores", o.scores, 0,
		"also compare the scores in LOG with the scores in FILE, a score file that one of "
		"the logged runs read (default: none)"),
	OUTPUT_ROW,
	CLI_COMMON_ROWS,
};

static const struct cli_option simulate_options[] = {
	CLI_GROUP("Main options"),
	EPOCHS_ROW,
	CLI_SHARE_ROWS(o.rule),
	COST_ROW,
	VISITS_ROW,
	CLI_GROUP("Rule"),
	CLI_RULE_ROWS(o.rule),
	CLI_GROUP("Epochs that keep all samples"),
	CLI_FULL_EPOCHS_ROWS(o.rule, "--delta"),
	CLI_MAX_AGE_ROW(o.rule),
	BY_ROWS,
	TABLE_ROWS,
	SIMULATED_LOG_ROWS,
	CLI_COMMON_ROWS,
};

#define IN_RULE(parameter) "use --rule with a parameter, such as --rule infobatch:" parameter

static const struct cli_option compare_options[] = {
	CLI_GROUP("Main options"),
	EPOCHS_ROW,
	CLI_CALL(0, "rule", "RULE[:NAME=VALUE,...]", add_rule,
		 "a rule to compare; NAME is ratio, keep, max-age, sampling or a parameter of the "
		 "rule (see ib-audit simulate --help); may be repeated (default: eight rules)"),
	COST_ROW,
	VISITS_ROW,
	CLI_ABSENT('r', "ratio", IN_RULE("ratio=0.7")),
	CLI_ABSENT(0, "keep", IN_RULE("keep=0.7")),
	CLI_ABSENT(0, "max-age", IN_RULE("max-age=8")),
	CLI_ABSENT(0, "sampling", IN_RULE("sampling=fixed")),
	CLI_GROUP("Seed, and epochs that keep all samples"),
	CLI_SEED_ROW(o.rule),
	CLI_FULL_EPOCHS_ROWS(o.rule, "--delta"),
	BY_ROWS,
	TABLE_ROWS,
	SIMULATED_LOG_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option drift_options[] = {
	CLI_GROUP("Main options"),
	CLI_FLAG(0, "fail", o.fail, "exit with status 1 if there is an alarm"),
	CLI_EPOCH(0, "reference", "N", NULL, o.reference,
		  "compare each epoch with epoch N (default: the first epoch)"),
	PAGE_HINKLEY_ROW,
	LAST_ROW,
	TABLE_ROWS,
	CLI_GROUP("Loss log"),
	CLI_LOG_ROWS(o.log, set_log_epoch),
	WEIGHT_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option report_options[] = {
	CLI_GROUP("Main options"),
	OUTPUT_ROW,
	CLI_TEXT(0, "title", "TEXT", o.title, "title of the report (default: Pruning report)"),
	CLI_COUNT(0, "top", "K", "[1, 1000]", o.top,
		  "list at most K samples in each table (default 20)"),
	COST_ROW,
	PAGE_HINKLEY_ROW,
	BY_ROWS,
	CLI_GROUP("Loss log"),
	CLI_LOG_ROWS(o.log, set_log_epoch),
	WEIGHT_FIELD_ROW,
	CLI_COMMON_ROWS,
};

static const struct cli_option metrics_options[] = {
	CLI_GROUP("Main options"),
	OUTPUT_ROW,
	CLI_TEXT(0, "run", "NAME", o.run,
		 "add the label run=\"NAME\" to all metrics (default: the file name of LOG without "
		 ".audit.zst or .zst, or stdin if LOG is -)"),
	CLI_INPUT('s', "scores", o.scores, 0,
		  "also count the samples that have no score in this score file (default: none)"),
	PAGE_HINKLEY_ROW,
	BY_ROWS,
	CLI_GROUP("Loss log"),
	CLI_LOG_ROWS(o.log, set_log_epoch),
	WEIGHT_FIELD_ROW,
	CLI_COMMON_ROWS,
};

/* ---- subcommands ------------------------------------------------------------- */

#define NOTES                                                                                      \
	"Exit status: 0 success, 1 a check failed, 2 usage error, 65 invalid "                     \
	"data,\n66 no input, 73 cannot create, 74 I/O error.\n"

struct subcommand {
	enum ib_audit_subcommand subcommand;
	struct cli_command command;
	const char *task;    /* what the subcommand does, for ib-audit --help */
	size_t least, most;  /* minimum and maximum number of operands */
	const char *operand; /* name for messages about missing operands, such as "a loss log" */
};

#define SUBCOMMAND(id, word, use, does, what, more, table, from, to, lack)                         \
	{                                                                                          \
		id,                                                                                \
			{ .name = "ib-audit",                                                      \
			  .subcommand = word,                                                      \
			  .usage = use,                                                            \
			  .about = what,                                                           \
			  .examples = more,                                                        \
			  .notes = NOTES,                                                          \
			  .options = table },                                                      \
			does, from, to, lack                                                       \
	}

static const struct subcommand subcommands[] = {
	SUBCOMMAND(IB_AUDIT_SIMULATE, "simulate", "-E N [OPTION]... LOSSLOG...",
		   "compute how much a rule would have saved, from loss logs",
		   "Compute how much a rule would have saved, from the loss logs of a run on "
		   "all\ndata.",
		   "ib-audit simulate -E 90 -e name loss.*.jsonl\n"
		   "ib-audit simulate -E 90 --rule rank:power=0.7 -e name loss.*.jsonl\n",
		   simulate_options, 1, SIZE_MAX, "a loss log"),
	SUBCOMMAND(
		IB_AUDIT_COMPARE, "compare", "-E N [OPTION]... LOSSLOG...",
		"compare how much several rules would have saved",
		"Compare how much several rules would have saved, from the loss logs of a run\non "
		"all data.",
		"ib-audit compare -E 90 -e name loss.*.jsonl\n"
		"ib-audit compare -E 90 --rule rank --rule hard -e name loss.*.jsonl\n",
		compare_options, 1, SIZE_MAX, "a loss log"),
	SUBCOMMAND(IB_AUDIT_SUMMARY, "summary", "[OPTION]... LOG",
		   "print how many samples each epoch kept and pruned",
		   "Print how many samples each epoch kept and pruned.",
		   "ib-audit summary audit.zst\n"
		   "ib-audit summary --last 5 --json audit.zst\n",
		   summary_options, 1, 1, "an audit log"),
	SUBCOMMAND(IB_AUDIT_SHOW, "show", "[OPTION]... LOG ID...",
		   "print what happened to individual samples",
		   "Print what happened to individual samples, epoch by epoch.",
		   "ib-audit show audit.zst train/2\n"
		   "ib-audit show -s run.npz audit.zst train/2 train/3\n",
		   show_options, 2, SIZE_MAX, "an audit log"),
	SUBCOMMAND(IB_AUDIT_LIST, "list", "[OPTION]... LOG",
		   "list samples that were pruned, or kept although pi < 1",
		   "List the samples that were pruned, or kept although pi was below 1.",
		   "ib-audit list --top 20 audit.zst\n"
		   "ib-audit list -e 3 --pruned audit.zst\n",
		   list_options, 1, 1, "an audit log"),
	SUBCOMMAND(IB_AUDIT_SUSPECTS, "suspects", "[OPTION]... LOSSLOG...",
		   "list samples whose loss does not fall",
		   "List samples whose loss does not fall: their labels may be wrong.",
		   "ib-audit suspects --top 20 -e name loss.*.jsonl\n"
		   "ib-audit suspects -a audit.zst -e name --json loss.*.jsonl\n",
		   suspects_options, 1, SIZE_MAX, "a loss log"),
	SUBCOMMAND(IB_AUDIT_VERIFY, "verify", "[OPTION]... LOG",
		   "check every decision by computing it again",
		   "Check every decision of the log by computing it again.",
		   "ib-audit verify audit.zst\n"
		   "ib-audit verify -s run.npz audit.zst\n",
		   verify_options, 1, 1, "an audit log"),
	SUBCOMMAND(IB_AUDIT_DRIFT, "drift", "[OPTION]... LOSSLOG...",
		   "compare the losses of epochs; alarm if they rise",
		   "Compare the losses from epoch to epoch, and raise an alarm if they rise.",
		   "ib-audit drift -e name loss.*.jsonl\n"
		   "ib-audit drift --fail -a audit.zst -e name loss.*.jsonl\n",
		   drift_options, 1, SIZE_MAX, "a loss log"),
	SUBCOMMAND(IB_AUDIT_REPORT, "report", "[OPTION]... LOG [LOSSLOG]...",
		   "write an HTML page about a run", "Write an HTML page about a run.",
		   "ib-audit report -o run.html audit.zst\n"
		   "ib-audit report -o run.html -e name audit.zst loss.*.jsonl\n",
		   report_options, 1, SIZE_MAX, "an audit log"),
	SUBCOMMAND(IB_AUDIT_METRICS, "metrics", "[OPTION]... LOG [LOSSLOG]...",
		   "print statistics for Prometheus",
		   "Print statistics of the last run for Prometheus.",
		   "ib-audit metrics --run resnet -o ib.prom audit.zst\n"
		   "ib-audit metrics -s run.npz -o ib.prom -e name audit.zst loss.*.jsonl\n",
		   metrics_options, 1, SIZE_MAX, "an audit log"),
};
#define NSUBCOMMANDS (sizeof(subcommands) / sizeof(*subcommands))

/*
 * Without a subcommand, ib-audit has only the common options. write_about() makes the text of
 * --help.
 */
static const struct cli_option no_options[] = { CLI_COMMON_ROWS };
static const struct cli_command no_subcommand = {
	.name = "ib-audit",
	.usage = "SUBCOMMAND [OPTION]... FILE...",
	.examples = "ib-audit simulate -E 90 -e name loss.*.jsonl\n"
		    "ib-audit summary audit.zst\n"
		    "ib-audit report -o run.html audit.zst\n",
	.notes = NOTES,
	.options = no_options,
};

/* ---- checks ------------------------------------------------------------ */

static void
check_operands(struct cli *cli, const struct subcommand *s, struct ib_list list)
{
	size_t i, n = 0;

	if (list.n == 0)
		cli_misuse(cli, CLI_OPERAND_MISSING, s->operand);
	if (list.n < s->least)
		cli_misuse(cli, "an id is missing: give the ids to show");
	if (list.n > s->most)
		cli_misuse(cli, "too many operands: give only one %s", s->operand + 3);
	for (i = 0; i < list.n && s->subcommand != IB_AUDIT_SHOW; i++)
		n += !strcmp(list.v[i], "-");
	if (n > 1)
		cli_misuse(cli, "standard input can be read only once");
}

static void
check_simulation(struct cli *cli, const struct subcommand *s, struct ib_audit_options *o)
{
	if (o->rule.epochs == IB_NO_EPOCH)
		cli_misuse(cli, "-E is missing: give the number of epochs of the run");
	cli_exclude(cli, "full-from", "delta");
	if (s->subcommand == IB_AUDIT_SIMULATE)
		cli_check_rule(cli, &o->rule);
}

/*
 * Check the options that describe the manifest. The checks differ per subcommand, because
 * cli_exclude() accepts only options of the subcommand.
 */
static void
check_manifest(struct cli *cli, enum ib_audit_subcommand subcommand)
{
	cli_require_any(cli, "manifest-key", "manifest");
	if (subcommand == IB_AUDIT_SHOW)
		return;
	cli_require_any(cli, "by", "manifest");
	cli_require_any(cli, "manifest", "by");
	cli_exclude(cli, "by", "pruned");
	cli_exclude(cli, "by", "drawn");
	cli_exclude(cli, "by", "errors");
	if (subcommand == IB_AUDIT_SUMMARY)
		cli_exclude(cli, "by", "cost-per-epoch");
}

static void
check(struct cli *cli, const struct subcommand *s, struct args *a)
{
	struct ib_audit_options *o = &a->o;

	check_operands(cli, s, o->operands);
	cli_check_log_key(cli, o->log.key);
	if (s->subcommand == IB_AUDIT_LIST)
		cli_exclude(cli, "pruned", "drawn");
	if (s->subcommand == IB_AUDIT_SUMMARY || s->subcommand == IB_AUDIT_SIMULATE ||
	    s->subcommand == IB_AUDIT_COMPARE || s->subcommand == IB_AUDIT_REPORT)
		o->cost_given = cli_is_given(cli, "cost-per-epoch");
	if (s->subcommand == IB_AUDIT_SIMULATE || s->subcommand == IB_AUDIT_COMPARE)
		check_simulation(cli, s, o);
	check_manifest(cli, s->subcommand);
	cli_check_files(cli, &(struct cli_files){ .operands = s->subcommand == IB_AUDIT_SHOW
								      ? 1
								      : o->operands.n });
}

/* ---- the run ----------------------------------------------------------- */

/* Choose the colors, characters and width of tables that the terminal supports. */
static void
set_table_style(struct args *a)
{
	const char *plain = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = cli_is_terminal(a->o.output);
	bool dumb = !term || !*term || !strcmp(term, "dumb");
	struct winsize size;

	setlocale(LC_CTYPE, "");
	a->o.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	a->o.spark = terminal;
	a->o.color = a->color == COLOR_ALWAYS ||
		     (a->color == COLOR_AUTO && terminal && !dumb && !(plain && *plain));
	if (terminal)
		a->o.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
				     ? size.ws_col
				     : 80;
}

static const struct subcommand *
find_subcommand(const char *word)
{
	size_t i;

	for (i = 0; i < NSUBCOMMANDS; i++)
		if (!strcmp(subcommands[i].command.subcommand, word))
			return &subcommands[i];
	return NULL;
}

#define ABOUT_MAX 2048

/* Write the text of ib-audit --help: a summary, and one line per subcommand. */
static void
write_about(char about[ABOUT_MAX])
{
	size_t n, i;

	n = (size_t)snprintf(about, ABOUT_MAX,
			     "Inspect past decisions: which samples were pruned, when and why.\n\n"
			     "Subcommands ('ib-audit help SUBCOMMAND' describes one):");
	for (i = 0; i < NSUBCOMMANDS; i++)
		n += (size_t)snprintf(about + n, ABOUT_MAX - n, "\n  %-9s %s",
				      subcommands[i].command.subcommand, subcommands[i].task);
}

/* Return the names of all subcommands as "simulate, compare, ... or metrics", written to `names`.
 */
static const char *
name_subcommands(char names[IB_EXPECTED_MAX])
{
	char words[IB_EXPECTED_MAX] = "";
	size_t n = 0, i;

	for (i = 0; i < NSUBCOMMANDS; i++)
		n += (size_t)snprintf(words + n, sizeof(words) - n, "%s%s", i > 0 ? "|" : "",
				      subcommands[i].command.subcommand);
	return ib_expected_word(names, words);
}

/* Run ib-audit without a subcommand. Anything except --help and --version is a usage error. */
static int
run_without_subcommand(struct args *a, int argc, char **argv)
{
	struct cli_command command = no_subcommand;
	char about[ABOUT_MAX], names[IB_EXPECTED_MAX];
	struct ib_list words;
	struct cli cli;
	const char *near = NULL;
	size_t i, n;

	write_about(about);
	command.about = about;
	cli_open(&cli, &command, a, &a->common, argc, argv);
	words = cli_get_operands(&cli, NULL);
	if (words.n == 0)
		cli_misuse(&cli, "a subcommand is missing: give %s", name_subcommands(names));
	n = strlen(words.v[0]);
	for (i = 0; i < NSUBCOMMANDS && n > 1; i++)
		if (!strncmp(subcommands[i].command.subcommand, words.v[0], n < 3 ? n : 3))
			near = subcommands[i].command.subcommand;
	cli_misuse(&cli, "unknown subcommand '%s'%s%s%s", words.v[0],
		   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Print what verify has checked, such as "16 runs, 431,203 decisions: all correct". */
static void
print_agreement(const struct cli *cli, const struct ib_audit_result *r)
{
	char runs[32], decisions[32];

	cli_print(cli, "%s run%s, %s decision%s: all correct", cli_format_count(runs, r->runs),
		  r->runs == 1 ? "" : "s", cli_format_count(decisions, r->decisions),
		  r->decisions == 1 ? "" : "s");
}

int
main(int argc, char **argv)
{
	struct args a = { .o = IB_AUDIT_DEFAULTS };
	struct ib_audit_result result = { 0 };
	const struct subcommand *s;
	struct ib_error err;
	enum ib_status st;
	struct cli cli;
	char help[] = "--help", *asked[] = { argv[0], help, help, NULL };

	if (argc > 1 && !strcmp(argv[1], "help")) {
		if (argc > 2) /* "help SUBCOMMAND" means "SUBCOMMAND --help" */
			asked[1] = argv[2];
		argc = argc > 2 && find_subcommand(argv[2]) ? 3 : 2;
		argv = asked;
	}
	s = argc > 1 ? find_subcommand(argv[1]) : NULL;
	if (!s)
		return run_without_subcommand(&a, argc, argv);
	a.o.subcommand = s->subcommand;
	cli_open(&cli, &s->command, &a, &a.common, argc - 1, argv + 1);
	a.o.operands = cli_get_operands(&cli, NULL);
	check(&cli, s, &a);
	set_table_style(&a);
	a.o.result = &result;
	st = ib_audit_run(&a.o, &cli.context, &err);
	if (!st && a.common.verbose && s->subcommand == IB_AUDIT_VERIFY)
		print_agreement(&cli, &result);
	if (!st && a.common.verbose)
		cli_print_pace(&cli);
	return cli_close(&cli, st, &err);
}
