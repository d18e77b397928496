/* ib-weights: an epoch manifest's weights in the form a trainer loads. */
#include "rows.h"

struct args {
	struct ib_weights_options o;
	struct cli_common common;
};

static const char *
set_normalize(void *args, const char *value)
{
	static const char wanted[] =
		"none, mean, or sum:N with a number N above 0";
	struct args *a = args;

	if (!strncmp(value, "sum:", 4)) {
		a->o.normalize = IB_NORMALIZE_SUM;
		return cli_real(value + 4, "(0, inf)", &a->o.normalize_sum)
			       ? NULL
			       : wanted;
	}
	if (!strcmp(value, "mean"))
		a->o.normalize = IB_NORMALIZE_MEAN;
	else if (!strcmp(value, "none"))
		a->o.normalize = IB_NORMALIZE_NONE;
	else
		return wanted;
	return NULL;
}

static const struct cli_option options[] = {
	CLI_GROUP("The epoch manifest"),
	CLI_KEY(o.key),
	CLI_FORMAT(o.format, CLI_FORMATS),
	CLI_TEXT(0, "weight-field", "NAME", o.weight_field,
		 "where the weight is (default weight)"),
	CLI_GROUP("What is written"),
	CLI_OUTPUT('o', "output", o.output, CLI_STDOUT,
		   "write to FILE (default standard output)"),
	CLI_CHOICE('O', "output-format", "FORM", "text|tsv|jsonl|npy|npz|f32",
		   enum ib_weights_format, o.out, "in this form:"),
	CLI_CALL(0, "normalize", "HOW", set_normalize,
		 "none (default); mean: the average of the positive weights "
		 "is 1; sum:N: their sum is N"),
	CLI_INPUTS(0, "base", "MANIFEST", o.base,
		   "in the order of this full manifest, 0 for what was pruned "
		   "(may stand several times)"),
	CLI_TEXT(0, "base-key", "FIELD", o.base_key,
		 "where the id of --base is (default: as -k)"),
	CLI_OUTPUT(0, "index", o.index, 0,
		   "write the kept rows' numbers in --base to FILE (.npy)"),
	CLI_IF_CHANGED(o.if_changed),
	CLI_GROUP("Checks and figures, in place of weights"),
	CLI_FLAG(0, "stats", o.stats,
		 "print n, sum, mean, effective sample size, share saved ... "
		 "as JSON"),
	CLI_COUNT(0, "batch", "B", "[1, 18446744073709551615]", o.batch,
		  "with --stats: steps of batches of B"),
	CLI_COUNT(0, "total", "N", NULL, o.total,
		  "records of the full manifest, in place of --base"),
	CLI_FLAG(0, "check", o.check,
		 "check the manifest against --base or --total; exit 1 where "
		 "it fails"),
	CLI_INPUT(0, "receipt", o.receipt, 0,
		  "with --check: check the figures of ib-prune's receipt too"),
	CLI_COMMON_ROWS,
};
_Static_assert(sizeof(options) / sizeof(*options) <= CLI_OPTIONS_MAX, "rows");

static const struct cli_command command = {
	.name = "ib-weights",
	.usage = "[OPTION]... [EPOCH-MANIFEST]...",
	.about = "Read the weights of an epoch manifest: one a line, in order, "
		 "or as -O says.",
	.notes = "Exit status: 0 done, 1 a check said no, 2 misuse, 65 bad "
		 "data, 66 no input,\n73 cannot create, 74 I/O error.\n",
	.options = options,
};

/* Options that have no effect. */
static void
check_idle(const struct cli *cli, const struct ib_weights_options *o)
{
	cli_idle_without(cli, "batch", "stats");
	cli_idle_without(cli, "receipt", "check");
	if (!o->check && !o->stats)
		cli_idle(cli, "total", "without --check or --stats");
	if (o->stats)
		cli_idle(cli, "output-format", "with --stats");
	if (!o->check || o->stats)
		return;
	cli_idle(cli, "output", "with --check, which writes no weights");
	cli_idle(cli, "output-format", "with --check");
	cli_idle(cli, "normalize", "with --check");
}

static void
check(struct cli *cli, struct args *a)
{
	a->o.total_given = cli_given(cli, "total");
	cli_exclude(cli, "base", "total");
	cli_need(cli, "check", "base total");
	cli_need(cli, "base-key", "base");
	cli_need(cli, "index", "base");
	cli_check_epoch_key(cli, "-k", a->o.key);
	cli_check_key(cli, a->o.key, a->o.format);
	cli_check_files(cli, &(struct cli_files){
		.operands = a->o.operands.n });
	check_idle(cli, &a->o);
}

int
main(int argc, char **argv)
{
	struct args a = { .o = { .weight_field = NULL } };
	struct ib_error err;
	enum ib_status st;
	struct cli cli;

	cli_open(&cli, &command, &a, &a.common, argc, argv);
	a.o.operands = cli_operands(&cli, false);
	check(&cli, &a);
	st = ib_weights_run(&a.o, &cli.context, &err);
	if (!st && a.common.verbose)
		cli_say_pace(&cli);
	return cli_close(&cli, st, &err);
}
