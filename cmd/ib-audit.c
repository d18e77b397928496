/* ib-audit: who was left out, when and why; proof, drift, reports. */
#include "rows.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct args {
	struct ib_audit_options o;
	enum color color;
	struct cli_common common;
};

/* ---- rows ------------------------------------------------------------------- */

static const char *
set_log_epoch(void *args, const char *value)
{
	struct args *a = args;

	return cli_log_epoch(&a->o.log, value);
}

/* D:A */
static const char *
set_page_hinkley(void *args, const char *value)
{
	struct args *a = args;
	const char *colon = strchr(value, ':');
	char delta[64];

	if (!colon || (size_t)(colon - value) >= sizeof(delta))
		return "D:A, two numbers";
	memcpy(delta, value, (size_t)(colon - value));
	delta[colon - value] = '\0';
	if (!cli_real(delta, "[0, inf)", &a->o.ph_delta) ||
	    !cli_real(colon + 1, "[0, inf)", &a->o.ph_alarm))
		return "D:A, two numbers, neither negative";
	return NULL;
}

#define OUTPUT_ROW                                                             \
	CLI_OUTPUT('o', "output", o.output, CLI_STDOUT,                        \
		   "write to FILE (default standard output)")
#define LOOK_ROWS                                                              \
	CLI_GROUP("How it looks"), OUTPUT_ROW,                                 \
		CLI_FLAG(0, "json", o.json,                                    \
			 "an array of JSON objects in place of a table"),      \
		CLI_CHOICE(0, "color", "WHEN", "auto|always|never",            \
			   enum color, color,                                  \
			   "colour, on a terminal without NO_COLOR:")
#define COST_ROW                                                               \
	CLI_REAL(0, "cost-per-epoch", "X", "[0, inf)", o.cost,                 \
		 "what an epoch on all data costs, in money or hours")
#define WEIGHT_ROWS                                                            \
	CLI_GROUP("Weights"),                                                  \
		CLI_TEXT(0, "weight-field", "NAME", o.weight_field,            \
			 "a record's weight, where it has one (default "       \
			 "weight)"),                                           \
		CLI_INPUT('a', "audit", o.weigh_by, 0,                         \
			  "the audit log of the run: a record without a "      \
			  "weight has 1/pi of it")

static const struct cli_option summary_options[] = {
	CLI_GROUP("What is told"),
	COST_ROW,
	CLI_COUNT(0, "last", "K", "[1, 18446744073709551615]", o.last,
		  "of the last K epochs alone"),
	CLI_FLAG(0, "errors", o.errors,
		 "with --json: the weight sum's standard error too, and how "
		 "many of these it is off"),
	LOOK_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option show_options[] = {
	CLI_GROUP("What is told"),
	CLI_EPOCH('e', "epoch", "N", NULL, o.epoch, "epoch N alone"),
	CLI_INPUT('s', "scores", o.scores, 0,
		  "a score file: a line more an id, with its score, the "
		  "epoch in which it was last seen, and its visits"),
	LOOK_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option list_options[] = {
	CLI_GROUP("What is told"),
	CLI_EPOCH('e', "epoch", "N", NULL, o.epoch,
		  "the lines of epoch N (default: a line an id, the most often "
		  "pruned first)"),
	CLI_FLAG(0, "pruned", o.pruned, "those that were pruned"),
	CLI_FLAG(0, "drawn", o.drawn, "those that were drawn and kept"),
	CLI_COUNT(0, "top", "K", "[1, 18446744073709551615]", o.top,
		  "the first K; with -e those of the lowest scores"),
	LOOK_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option suspects_options[] = {
	CLI_GROUP("What is told"),
	CLI_COUNT(0, "top", "K", "[1, 18446744073709551615]", o.top,
		  "the first K"),
	CLI_COUNT(0, "min-epochs", "N", "[2, 18446744073709551615]",
		  o.min_epochs, "in at least N epochs (default 3)"),
	LOOK_ROWS,
	CLI_GROUP("How a loss log is read"),
	CLI_LOG_ROWS(o.log, set_log_epoch),
	WEIGHT_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option verify_options[] = {
	CLI_GROUP("Against what"),
	CLI_INPUT('s', "scores", o.scores, 0,
		  "the score file that a run of the log was decided with"),
	OUTPUT_ROW,
	CLI_COMMON_ROWS,
};

static const struct cli_option simulate_options[] = {
	CLI_GROUP("The rule"),
	CLI_RULE_ROWS(o.rule),
	CLI_GROUP("When all is kept"),
	CLI_SCHEDULE_ROWS(o.rule),
	CLI_GROUP("What is told"),
	COST_ROW,
	LOOK_ROWS,
	CLI_GROUP("How a loss log is read"),
	CLI_LOG_ROWS(o.log, set_log_epoch),
	CLI_REAL(0, "smooth", "B", "[0, 1)", o.smooth,
		 "score = B*previous + (1-B)*loss (default 0)"),
	CLI_COMMON_ROWS,
};

static const struct cli_option drift_options[] = {
	CLI_GROUP("What is told"),
	CLI_EPOCH(0, "reference", "N", NULL, o.reference,
		  "the epoch compared with (default: the first)"),
	CLI_CALL(0, "page-hinkley", "D:A", set_page_hinkley,
		 "slack and alarm level of the Page-Hinkley test (default "
		 "0.05:0.5)"),
	CLI_FLAG(0, "fail", o.fail, "exit 1 where there was an alarm"),
	LOOK_ROWS,
	CLI_GROUP("How a loss log is read"),
	CLI_LOG_ROWS(o.log, set_log_epoch),
	WEIGHT_ROWS,
	CLI_COMMON_ROWS,
};

static const struct cli_option report_options[] = {
	CLI_GROUP("What is told"),
	OUTPUT_ROW,
	CLI_TEXT(0, "title", "TEXT", o.title, "the report's title"),
	COST_ROW,
	CLI_COUNT(0, "top", "K", "[1, 1000]", o.top,
		  "rows of the lists of samples (default 20)"),
	CLI_GROUP("How a loss log is read"),
	CLI_LOG_ROWS(o.log, set_log_epoch),
	CLI_TEXT(0, "weight-field", "NAME", o.weight_field,
		 "a record's weight, where it has one (default weight)"),
	CLI_COMMON_ROWS,
};

static const struct cli_option metrics_options[] = {
	CLI_GROUP("What is told"),
	OUTPUT_ROW,
	CLI_TEXT(0, "run", "NAME", o.run, "a label run=\"NAME\" on all"),
	CLI_COMMON_ROWS,
};

/* ---- verbs ------------------------------------------------------------------ */

#define NOTES                                                                  \
	"Exit status: 0 done, 1 a check said no, 2 misuse, 65 bad data, 66 "   \
	"no input,\n73 cannot create, 74 I/O error.\n"

struct verb {
	enum ib_audit_verb verb;
	struct cli_command command;
	size_t least, most; /* operands */
	const char *lacks;
};

#define VERB(id, word, use, what, table, from, to, lack)                       \
	{                                                                      \
		id,                                                            \
		{ .name = "ib-audit", .verb = word, .usage = use,              \
		  .about = what, .notes = NOTES, .options = table },           \
		from, to, lack                                                 \
	}

static const struct verb verbs[] = {
	VERB(IB_AUDIT_SIMULATE, "simulate", "-E N [OPTION]... LOSSLOG...",
	     "What a rule would have pruned, given the loss logs of a run on "
	     "all data.", simulate_options, 1, SIZE_MAX, "a loss log"),
	VERB(IB_AUDIT_SUMMARY, "summary", "[OPTION]... LOG",
	     "A line an epoch: what was kept and saved.",
	     summary_options, 1, 1, "an audit log"),
	VERB(IB_AUDIT_SHOW, "show", "[OPTION]... LOG ID...",
	     "The life of single samples, epoch by epoch.",
	     show_options, 2, SIZE_MAX, "an audit log and an id"),
	VERB(IB_AUDIT_LIST, "list", "[OPTION]... LOG",
	     "Which samples were pruned, or drawn and kept.",
	     list_options, 1, 1, "an audit log"),
	VERB(IB_AUDIT_SUSPECTS, "suspects", "[OPTION]... LOSSLOG...",
	     "Samples whose loss does not fall: labels to look at.",
	     suspects_options, 1, SIZE_MAX, "a loss log"),
	VERB(IB_AUDIT_VERIFY, "verify", "[OPTION]... LOG",
	     "Compute every decision of the log again.",
	     verify_options, 1, 1, "an audit log"),
	VERB(IB_AUDIT_DRIFT, "drift", "[OPTION]... LOSSLOG...",
	     "How the losses move from epoch to epoch, and an alarm.",
	     drift_options, 1, SIZE_MAX, "a loss log"),
	VERB(IB_AUDIT_REPORT, "report", "[OPTION]... LOG [LOSSLOG]...",
	     "One HTML page about a run.",
	     report_options, 1, SIZE_MAX, "an audit log"),
	VERB(IB_AUDIT_METRICS, "metrics", "[OPTION]... LOG",
	     "Figures of the last run for Prometheus.",
	     metrics_options, 1, 1, "an audit log"),
};
#define NVERBS (sizeof(verbs) / sizeof(*verbs))

static const struct cli_command *const verb_commands[NVERBS + 1] = {
	&verbs[0].command, &verbs[1].command, &verbs[2].command,
	&verbs[3].command, &verbs[4].command, &verbs[5].command,
	&verbs[6].command, &verbs[7].command, &verbs[8].command,
};
_Static_assert(NVERBS == 9, "verb_commands names every verb");

/* What there is before a verb, for --help, typos and completion. */
static const struct cli_option no_options[] = { CLI_COMMON_ROWS };
static const struct cli_command no_verb = {
	.name = "ib-audit",
	.usage = "VERB [OPTION]... FILE...",
	.about = "Who was left out, when and why; proof, drift, reports.\n\n"
		 "Verbs ('ib-audit VERB --help' tells more):\n"
		 "  simulate  what a rule would have pruned, from loss logs "
		 "alone\n"
		 "  summary   a line an epoch: what was kept and saved\n"
		 "  show      the life of single samples\n"
		 "  list      which samples were pruned, or drawn and kept\n"
		 "  suspects  samples whose loss does not fall\n"
		 "  verify    compute every decision again\n"
		 "  drift     how the losses move, and an alarm\n"
		 "  report    one HTML page about a run\n"
		 "  metrics   figures for Prometheus",
	.notes = NOTES,
	.options = no_options,
	.verbs = verb_commands,
};

/* ---- checks ------------------------------------------------------------------- */

static void
check_operands(struct cli *cli, const struct verb *v, struct ib_list list)
{
	size_t i, n = 0;

	if (list.n == 0)
		cli_misuse(cli, "%s is missing: name it ('-' is standard "
			   "input)", v->lacks);
	if (list.n < v->least)
		cli_misuse(cli, "an id is missing: which sample?");
	if (list.n > v->most)
		cli_misuse(cli, "one %s at a time", v->lacks + 3);
	for (i = 0; i < list.n && v->verb != IB_AUDIT_SHOW; i++)
		n += !strcmp(list.v[i], "-");
	if (n > 1)
		cli_misuse(cli, "standard input can be read once");
}

static void
check_simulation(struct cli *cli, struct ib_audit_options *o)
{
	if (o->rule.epochs == IB_NO_EPOCH)
		cli_misuse(cli, "-E is missing: how many epochs has the run?");
	cli_exclude(cli, "full-from", "delta");
	cli_check_rule(cli, &o->rule);
}

static void
check(struct cli *cli, const struct verb *v, struct args *a)
{
	struct ib_audit_options *o = &a->o;

	check_operands(cli, v, o->operands);
	if (o->log.key && !strcmp(o->log.key, "@shard"))
		cli_misuse(cli, "-k @shard is for tar, which is no loss log");
	if (v->verb == IB_AUDIT_LIST)
		cli_exclude(cli, "pruned", "drawn");
	if (v->verb == IB_AUDIT_SUMMARY || v->verb == IB_AUDIT_SIMULATE ||
	    v->verb == IB_AUDIT_REPORT)
		o->cost_given = cli_given(cli, "cost-per-epoch");
	if (v->verb == IB_AUDIT_SIMULATE)
		check_simulation(cli, o);
	cli_check_files(cli, &(struct cli_files){
		.operands = v->verb == IB_AUDIT_SHOW ? 1 : o->operands.n });
}

/* ---- terminals ---------------------------------------------------------------- */

static void
set_look(struct args *a)
{
	const char *plain = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = cli_on_terminal(a->o.output);
	bool dumb = !term || !*term || !strcmp(term, "dumb");
	struct winsize size;

	setlocale(LC_CTYPE, "");
	a->o.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	a->o.spark = terminal;
	a->o.color = a->color == COLOR_ALWAYS ||
		     (a->color == COLOR_AUTO && terminal && !dumb &&
		      !(plain && *plain));
	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		a->o.width = size.ws_col;
}

static const struct verb *
find_verb(const char *word)
{
	size_t i;

	for (i = 0; i < NVERBS; i++)
		if (!strcmp(verbs[i].command.verb, word))
			return &verbs[i];
	return NULL;
}

/* No verb: --help and the like, or misuse. */
static int
without_verb(struct args *a, int argc, char **argv)
{
	struct ib_list words;
	struct cli cli;
	const char *near = NULL;
	size_t i, n;

	cli_open(&cli, &no_verb, a, &a->common, argc, argv);
	words = cli_operands(&cli, true);
	if (words.n == 0)
		cli_misuse(&cli, "which verb: simulate, summary, show, list, "
			   "suspects, verify, drift, report or metrics?");
	n = strlen(words.v[0]);
	for (i = 0; i < NVERBS && n > 1; i++)
		if (!strncmp(verbs[i].command.verb, words.v[0], n < 3 ? n : 3))
			near = verbs[i].command.verb;
	cli_misuse(&cli, "unknown verb '%s'%s%s%s", words.v[0],
		   near ? "; did you mean '" : "", near ? near : "",
		   near ? "'?" : "");
}

int
main(int argc, char **argv)
{
	struct args a = { .o = IB_AUDIT_DEFAULTS };
	const struct verb *v = argc > 1 ? find_verb(argv[1]) : NULL;
	struct ib_error err;
	enum ib_status st;
	struct cli cli;

	if (!v)
		return without_verb(&a, argc, argv);
	a.o.verb = v->verb;
	cli_open(&cli, &v->command, &a, &a.common, argc - 1, argv + 1);
	a.o.operands = cli_operands(&cli, true);
	check(&cli, v, &a);
	set_look(&a);
	st = ib_audit_run(&a.o, &cli.context, &err);
	if (!st && a.common.verbose)
		cli_say_pace(&cli);
	return cli_close(&cli, st, &err);
}
