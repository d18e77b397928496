/* ib-score: read the losses of samples from loss logs into a score file. */
#include "shared_options.h"

struct args {
	struct ib_score_options o;
	struct cli_common common;
};

static const char *
set_epoch(void *args, const char *value)
{
	struct args *a = args;

	return cli_parse_log_epoch(&a->o.log, value);
}

static const struct cli_option options[] = {
	CLI_GROUP("Files"),
	CLI_OUTPUT('u', "update", o.update, CLI_LOCK | CLI_NPZ,
		   "update or create the score file FILE, and hold the lock FILE.lock meanwhile "
		   "(default: none)"),
	CLI_OUTPUT('o', "output", o.output, CLI_STDOUT | CLI_PARTS | CLI_NPZ,
		   "write the score file to FILE: in .npz format if the name ends in .npz, "
		   "otherwise as JSON lines (default: JSON lines to standard output)"),
	CLI_INPUT('s', "scores", o.start, CLI_STDIN | CLI_START,
		  "start from this earlier score file (default: none)"),
	CLI_FLAG(0, "no-wait", o.no_wait,
		 "with -u: exit with status 75 if another process holds the lock"),
	CLI_IF_CHANGED(o.if_changed),
	CLI_GROUP("Loss log"),
	CLI_LOG_ROWS(o.log, set_epoch),
	CLI_REAL(0, "smooth", "B", "[0, 1)", o.smooth,
		 "smooth the scores: score = B*previous + (1-B)*loss (default 0)"),
	CLI_GROUP("Check that the log is complete"),
	CLI_INPUTS(0, "expect", "MANIFEST", o.expect,
		   "fail if an id of this epoch manifest has no record in the logs "
		   "(may be repeated)"),
	CLI_LIMIT(0, "max-missing", o.max_missing,
		  "with --expect: fail only if more than N ids, or P per cent of the ids, have no "
		  "record (default 0)"),
	CLI_TEXT(0, "expect-key", "FIELD", o.expect_key,
		 "the field of MANIFEST that holds the id (default: the first of id, __key__, "
		 "key, uid, ... that the first record has)"),
	CLI_TEXT(0, "weight-field", "NAME", o.weight_field,
		 "the field of MANIFEST that holds the weight (default: weight)"),
	CLI_GROUP("Partitions of a large data set, see infobatch-cluster(7)"),
	CLI_COUNT(0, "split", "K", "[1, 18446744073709551615]", o.split,
		  "write K files, one per partition; -o must contain %d for the number of the "
		  "partition, as in 'part.%d.npz' (default: one file)"),
	CLI_PART(0, "part", o.log.part, "use only the ids of partition I of K (default: all ids)"),
	CLI_OUTPUT(0, "write-totals", o.write_totals, 0,
		   "write the totals of all known scores to FILE; the totals of all partitions add "
		   "up exactly to the totals of the data set (default: none)"),
	CLI_INPUT(0, "bins", o.bins, 0,
		  "second pass: collect the statistics that FILE (from ib-prune --write-bins) "
		  "requests, and add them to the file of --write-totals; scores are written only "
		  "with -o or -u (default: none)"),
	CLI_COMMON_ROWS,
};
_Static_assert(sizeof(options) / sizeof(*options) <= CLI_OPTIONS_MAX, "rows");

static const struct cli_command command = {
	.name = "ib-score",
	.usage = "[OPTION]... [LOG]...",
	.about = "Fold loss logs into a score file, which has the last loss of every sample.",
	.examples = "ib-score -e 3 -u run.npz loss.3.jsonl\n"
		    "ib-score -e name --duplicates mean -o run.npz loss.*.jsonl\n"
		    "ib-score -e 3 --expect epoch.3.jsonl -u run.npz loss.3.jsonl\n",
	.notes = "Exit status: 0 success, 2 usage error, 65 invalid data, 66 no input,\n73 cannot "
		 "create, 74 I/O error, 75 locked.\n",
	.options = options,
};

static void
check(struct cli *cli, const struct args *a)
{
	cli_exclude(cli, "update", "scores output split");
	cli_exclude(cli, "split", "part");
	cli_require_any(cli, "bins", "write-totals");
	cli_require_any(cli, "expect-key", "expect");
	cli_require_any(cli, "max-missing", "expect");
	cli_check_epoch_key(cli, "--expect-key", a->o.expect_key);
	cli_check_log_key(cli, a->o.log.key);
	if (a->o.split && !cli_has_placeholder(a->o.output, 'd'))
		cli_misuse(cli, "--split needs -o with %%d in the file name");
	cli_check_split_names(cli, a->o.split);
	cli_check_files(cli,
			&(struct cli_files){ .operands = a->o.operands.n, .split = a->o.split });
	cli_warn_unused_without(cli, "no-wait", "update");
	cli_warn_unused_without(cli, "weight-field", "expect");
}

static void
print_figures(const struct cli *cli, const struct ib_score_result *r)
{
	char mean[24];

	cli_print(cli,
		  "%" PRIu64 " records: %" PRIu64 " invalid, %" PRIu64 " stale, %" PRIu64
		  " not finite, %" PRIu64 " ignored",
		  r->records, r->bad, r->stale, r->nonfinite, r->ignored);
	cli_print(cli, "%" PRIu64 " samples, %" PRIu64 " of them new, mean score %s", r->samples,
		  r->fresh, cli_format_number(mean, r->mean));
	cli_print_pace(cli);
}

int
main(int argc, char **argv)
{
	struct args a = { .o = IB_SCORE_DEFAULTS };
	struct ib_score_result result = { 0 };
	struct ib_error err;
	enum ib_status st;
	struct cli cli;

	cli_open(&cli, &command, &a, &a.common, argc, argv);
	a.o.operands = cli_get_operands(&cli, "a loss log");
	check(&cli, &a);
	st = ib_score_run(&a.o, &cli.context, a.common.verbose ? &result : NULL, &err);
	if (!st && a.common.verbose)
		print_figures(&cli, &result);
	return cli_close(&cli, st, &err);
}
