/* ib-prune: which samples an epoch trains on, each with its weight. */
#include "rows.h"

struct args {
	struct ib_prune_options o;
	struct cli_common common;
};

static const struct cli_option options[] = {
	CLI_GROUP("What is decided"),
	CLI_EPOCH('e', "epoch", "N", NULL, o.rule.epoch,
		  "the epoch to decide on, from 0 (required)"),
	CLI_INPUT('s', "scores", o.scores, CLI_STDIN,
		  "the score file, or a loss log (required but for --rule "
		  "random)"),
	CLI_INPUT(0, "totals", o.totals, 0,
		  "totals of all parts, in place of the score file's own"),
	CLI_OUTPUT(0, "write-bins", o.write_bins, 0,
		   "write no manifest but, to FILE, what a second ib-score "
		   "over the parts must count for this rule, given --totals"),
	CLI_RULE_ROWS(o.rule),
	CLI_GROUP("When all is kept"),
	CLI_SCHEDULE_ROWS(o.rule),
	CLI_GROUP("The manifest"),
	CLI_KEY(o.key),
	CLI_FORMAT(o.format, CLI_FORMATS),
	CLI_FLAG(0, "allow-duplicates", o.allow_duplicates,
		 "records of one id share one decision (default: a duplicate "
		 "id is bad data)"),
	CLI_LIMIT(0, "max-unseen", o.max_unseen,
		  "more ids without a score than this are bad data"),
	CLI_COUNT(0, "header-lines", "N", NULL, o.header_lines,
		  "pass the first N lines"),
	CLI_PART(0, "part", o.part, "take the ids of part I of K alone"),
	CLI_GROUP("What is written"),
	CLI_OUTPUT(
		'o', "output", o.output, CLI_STDOUT | CLI_PARTS | CLI_NAMES,
		"write the epoch manifest to FILE (default standard output); "
		"%s in the name: a file an operand"),
	CLI_OUTPUT('U', "pruned", o.pruned_output, 0, "write the pruned records"),
	CLI_FLAG(0, "keep-all", o.keep_all,
		 "keep every record, pruned ones with "
		 "weight 0"),
	CLI_TEXT(0, "weight-field", "NAME", o.weight_field,
		 "the weight's name; a.b puts it into the object a (default "
		 "weight)"),
	CLI_CHOICE(0, "existing-weight", "WHAT", "fail|multiply|replace",
		   enum ib_existing_weight, o.existing_weight,
		   "a record that carries a weight already is bad data, or the "
		   "new one is multiplied with it, or put in its place:"),
	CLI_TEXT(0, "id-field", "NAME", o.id_field,
		 "add the id too, as a string"),
	CLI_FLAG(0, "explain", o.explain,
		 "add pi, u, score and reason to each record"),
	CLI_OUTPUT('w', "weights", o.weights, CLI_PARTS,
		   "write id TAB weight beside; the records pass unchanged"),
	CLI_PAIRS(0, "companion", o.companions,
		  "write the lines of IN that go with kept records to OUT (may "
		  "stand several times)"),
	CLI_COUNT(0, "split", "K", "[1, 18446744073709551615]", o.split,
		  "deal the records to K files of equal length, the names of "
		  "-o 'epoch.%d.jsonl'"),
	CLI_IF_CHANGED(o.if_changed),
	CLI_GROUP("What is told about it"),
	CLI_OUTPUT(0, "receipt", o.receipt, 0,
		   "write every parameter, count and digest as JSON"),
	CLI_OUTPUT('a', "audit", o.audit, CLI_APPEND | CLI_LOCK,
		   "append the decisions to the audit log"),
	CLI_FLAG('n', "dry-run", o.dry_run,
		 "write no manifest but what the rule would do, as JSON (a "
		 "table on a terminal); without operands over the scored "
		 "samples"),
	CLI_COMMON_ROWS,
};
_Static_assert(sizeof(options) / sizeof(*options) <= CLI_OPTIONS_MAX, "rows");

static const struct cli_command command = {
	.name = "ib-prune",
	.usage = "-e N -s SCORES [OPTION]... [MANIFEST]...",
	.about = "Keep a share of the samples that are learned, and weigh the "
		 "survivors.",
	.notes = "Exit status: 0 done, 2 misuse, 65 bad data, 66 no input, "
		 "73 cannot create,\n74 I/O error.\n",
	.options = options,
};

/* --id-field, and the names of several outputs. */
static void
check_outputs(const struct cli *cli, const struct ib_prune_options *o)
{
	const char *weight = o->weight_field ? o->weight_field : "weight";
	size_t i;

	for (i = 0; o->split && i < o->companions.n; i++)
		if (!cli_has_field(strchr(o->companions.v[i], ':') + 1, 'd'))
			cli_misuse(cli, "--split needs %%d in the name of "
					"--companion too");
	if (o->split && !cli_has_field(o->output, 'd'))
		cli_misuse(cli, "--split needs -o with %%d in the name");
	if (o->split && cli_has_field(o->output, 's'))
		cli_misuse(cli, "--split and %%s in the name of -o exclude "
				"each other");
	if (o->split && o->weights && !cli_has_field(o->weights, 'd'))
		cli_misuse(cli, "--split needs %%d in the name of -w too");
	if (!o->split && !o->dry_run && cli_has_field(o->output, 's') &&
	    cli_reads_stdin(cli))
		cli_misuse(cli, "%%s in the name of -o needs operands with "
				"names: standard input has none");
	cli_check_parts(cli, o->split);
	cli_exclude(cli, "id-field", "weights");
	if (o->id_field &&
	    (o->format == IB_FORMAT_LIST || o->format == IB_FORMAT_TAR))
		cli_misuse(cli, "--id-field is not for list and tar");
	if (o->id_field && !strcmp(o->id_field, weight))
		cli_misuse(cli, "--id-field and --weight-field are one name");
}

static void
check(struct cli *cli, struct args *a)
{
	struct ib_prune_options *o = &a->o;

	if (o->rule.epoch == IB_NO_EPOCH)
		cli_misuse(cli, "-e is missing: which epoch is it?");
	cli_need(cli, "write-bins", "totals");
	cli_exclude(cli, "write-bins",
		    "scores dry-run output pruned weights companion receipt "
		    "audit split");
	if (!o->scores && !o->write_bins && o->rule.rule != IB_RULE_RANDOM)
		cli_misuse(cli, "-s is missing: only --rule random does "
				"without scores");
	cli_exclude(cli, "full-from", "epochs delta");
	cli_idle_without(cli, "delta", "epochs");
	cli_check_rule(cli, &o->rule);
	cli_check_key(cli, o->key, o->format);
	check_outputs(cli, o);
	cli_check_files(cli, &(struct cli_files){
		o->operands.n, o->split, !o->dry_run && !o->split });
	o->dry_run_table = o->dry_run && cli_on_terminal(o->output);
}

static void
print_figures(const struct cli *cli, const struct ib_prune_result *r)
{
	char reasons[400] = "", threshold[24];
	size_t n = 0, i;

	for (i = 0; i < IB_NREASONS; i++)
		if (r->reasons[i])
			n += (size_t)snprintf(
				reasons + n, sizeof(reasons) - n,
				"%s%" PRIu64 " %s", n ? ", " : "",
				r->reasons[i],
				ib_reason_name((enum ib_reason)i));
	cli_say(cli,
		"%" PRIu64 " samples: %" PRIu64 " kept, %" PRIu64
		" pruned; %" PRIu64 " low, threshold %s",
		r->samples, r->kept, r->pruned, r->low,
		cli_figure(threshold, r->threshold));
	if (n)
		cli_say(cli, "%s", reasons);
	cli_say(cli,
		"expected kept %.6g; weights: sum %.6g, variance %.6g, "
		"largest %.6g",
		r->expected_kept, r->weight_sum, r->weight_var, r->max_weight);
	cli_say_pace(cli);
}

int
main(int argc, char **argv)
{
	struct args a = { .o = IB_PRUNE_DEFAULTS };
	struct ib_prune_result result = { 0 };
	struct ib_error err;
	enum ib_status st;
	struct cli cli;

	cli_open(&cli, &command, &a, &a.common, argc, argv);
	a.o.operands = cli_operands(&cli, a.o.dry_run || a.o.write_bins);
	check(&cli, &a);
	st = ib_prune_run(&a.o, &cli.context, &result, &err);
	if (!st && a.common.verbose && !a.o.dry_run && !a.o.write_bins)
		print_figures(&cli, &result);
	return cli_close(&cli, st, &err);
}
