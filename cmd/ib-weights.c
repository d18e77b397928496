/* ib-weights: write the weights of an epoch manifest in a format that a trainer loads. */
#include "shared_options.h"

struct args {
	struct ib_weights_options o;
	struct cli_common common;
};

static const char *
set_normalize(void *args, const char *value)
{
	static const char expected[] = "none, mean, or sum:N with a number N above 0";
	struct args *a = args;

	if (!strncmp(value, "sum:", 4)) {
		a->o.normalize = IB_NORMALIZE_SUM;
		return ib_value_real(value + 4, "(0, inf)", &a->o.normalize_sum) ? NULL : expected;
	}
	if (!strcmp(value, "mean"))
		a->o.normalize = IB_NORMALIZE_MEAN;
	else if (!strcmp(value, "none"))
		a->o.normalize = IB_NORMALIZE_NONE;
	else
		return expected;
	return NULL;
}

static const struct cli_option options[] = {
	CLI_GROUP("Output"),
	CLI_OUTPUT('o', "output", o.output, CLI_STDOUT | CLI_NPZ | CLI_NPY,
		   "write to FILE (default standard output)"),
	CLI_CHOICE('O', "output-format", "FORM", "text|tsv|jsonl|npy|npz|f32",
		   enum ib_weights_format, o.out,
		   "format of the output (if -o FILE ends in .npy or .npz, this ending selects "
		   "the format):"),
	CLI_INPUTS(0, "base", "MANIFEST", o.base,
		   "write one weight per record of this full manifest, 0 for a pruned record (may "
		   "be repeated)"),
	CLI_TEXT(0, "base-key", "FIELD", o.base_key,
		 "the field of --base that holds the id (default: the same as -k)"),
	CLI_OUTPUT(0, "index", o.index, CLI_NPY,
		   "write to FILE, in .npy format, the row numbers that the kept records have in "
		   "--base (default: none)"),
	CLI_CALL(
		0, "normalize", "HOW", set_normalize,
		"scale the weights so that the mean of the positive weights is 1 (mean) or so that "
		"the sum of the weights is N (sum:N), or do not scale (none, the default)"),
	CLI_IF_CHANGED(o.if_changed),
	CLI_GROUP("Input"),
	CLI_TEXT(0, "weight-field", "NAME", o.weight_field,
		 "the field that holds the weight (default: weight)"),
	CLI_KEY(o.key),
	CLI_FORMAT(o.format, IB_FORMAT_WORDS),
	CLI_GROUP("Checks and statistics, instead of weights"),
	CLI_FLAG(0, "stats", o.stats,
		 "print statistics as JSON: n, sum, mean, effective sample size, fraction saved, "
		 "and others"),
	CLI_COUNT(0, "batch", "B", "[1, 18446744073709551615]", o.batch,
		  "with --stats: also print the number of steps for batches of B samples (default: "
		  "not set)"),
	CLI_FLAG(0, "check", o.check,
		 "check the manifest against --base or --total; exit with status 1 if the check "
		 "fails"),
	CLI_COUNT(0, "total", "N", NULL, o.total,
		  "number of records of the full manifest (default: counted in --base)"),
	CLI_INPUT(
		0, "receipt", o.receipt, 0,
		"read the factor of ib-prune --normalize from the receipt FILE; with --check: also "
		"compare the counts and sums of the receipt with the weights (default: none)"),
	CLI_COMMON_ROWS,
};
_Static_assert(sizeof(options) / sizeof(*options) <= CLI_OPTIONS_MAX, "rows");

static const struct cli_command command = {
	.name = "ib-weights",
	.usage = "[OPTION]... [EPOCH-MANIFEST]...",
	.about = "Print the weights of an epoch manifest, one per line, in the order of "
		 "its\nrecords; -O selects other formats.",
	.examples = "ib-weights -O npy -o weights.npy epoch.3.jsonl\n"
		    "ib-weights -O npz -o weights.npz --base train.jsonl epoch.3.jsonl\n"
		    "ib-weights --check --base train.jsonl epoch.3.jsonl\n",
	.notes = "Exit status: 0 success, 1 a check failed, 2 usage error, 65 invalid data,\n66 no "
		 "input, 73 cannot create, 74 I/O error.\n",
	.options = options,
};

/* Warn about options that have no effect. */
static void
check_idle(const struct cli *cli, const struct ib_weights_options *o)
{
	cli_warn_unused_without(cli, "batch", "stats");
	if (!o->check && o->normalize != IB_NORMALIZE_MEAN)
		cli_warn_unused(cli, "receipt", "without --check or --normalize mean");
	if (!o->check && !o->stats)
		cli_warn_unused(cli, "total", "without --check or --stats");
	if (o->stats)
		cli_warn_unused(cli, "output-format", "with --stats");
	if (!o->check || o->stats)
		return;
	cli_warn_unused(cli, "output", "with --check, which writes no weights");
	cli_warn_unused(cli, "output-format", "with --check");
	cli_warn_unused(cli, "normalize", "with --check");
}

/* If the file name given to -o ends in .npy or .npz, set the output format to .npy or .npz. */
static void
choose_form(struct cli *cli, struct ib_weights_options *o)
{
	const char *suffix = o->output ? ib_array_suffix(o->output) : NULL;
	enum ib_weights_format form;

	if (!suffix)
		return;
	if (o->stats)
		cli_misuse(cli, "-o %s: --stats writes JSON, so the name must not end in %s",
			   o->output, suffix);
	form = suffix[3] == 'z' ? IB_WEIGHTS_NPZ : IB_WEIGHTS_NPY;
	if (cli_is_given(cli, "output-format") && o->out != form)
		cli_misuse(cli,
			   "-o %s: the name selects the format %s, but -O selects another format",
			   o->output, suffix + 1);
	o->out = form;
}

static void
check(struct cli *cli, struct args *a)
{
	choose_form(cli, &a->o);
	a->o.total_given = cli_is_given(cli, "total");
	cli_exclude(cli, "base", "total");
	cli_require_any(cli, "check", "base total");
	cli_require_any(cli, "base-key", "base");
	cli_require_any(cli, "index", "base");
	cli_check_epoch_key(cli, "-k", a->o.key);
	cli_check_key(cli, a->o.key, a->o.format);
	cli_check_files(cli, &(struct cli_files){ .operands = a->o.operands.n });
	check_idle(cli, &a->o);
}

/* Print what --check has compared: the records, the samples and the sum of the weights. */
static void
print_agreement(const struct cli *cli, const struct ib_weights_result *r)
{
	char records[32], total[32], sum[24];

	cli_print(cli, "%s record%s of %s samples, sum of the weights %s: all correct",
		  cli_format_count(records, r->records), r->records == 1 ? "" : "s",
		  cli_format_count(total, r->total), cli_format_number(sum, r->sum));
}

int
main(int argc, char **argv)
{
	struct args a = { .o = { .weight_field = NULL } };
	struct ib_weights_result result = { 0 };
	struct ib_error err;
	enum ib_status st;
	struct cli cli;

	cli_open(&cli, &command, &a, &a.common, argc, argv);
	a.o.operands = cli_get_operands(&cli, "an epoch manifest");
	check(&cli, &a);
	a.o.result = &result;
	st = ib_weights_run(&a.o, &cli.context, &err);
	if (!st && a.common.verbose && a.o.check)
		print_agreement(&cli, &result);
	if (!st && a.common.verbose)
		cli_print_pace(&cli);
	return cli_close(&cli, st, &err);
}
