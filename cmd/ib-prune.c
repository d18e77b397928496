/* ib-prune: choose the samples that an epoch trains on, and write their weights. */
#include "shared_options.h"

struct args {
	struct ib_prune_options o;
	struct cli_common common;
};

static const char *
set_range(void *args, const char *value)
{
	struct args *a = args;
	const char *p = value;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9' && n <= IB_RANGE_MAX; p++)
		n = 10 * n + (uint64_t)(*p - '0');
	if (*p || p == value || n > IB_RANGE_MAX)
		return "a whole number in [0, 4294967293]";
	a->o.range = n;
	a->o.range_given = true;
	return NULL;
}

static const struct cli_option options[] = {
	CLI_GROUP("Main options"),
	CLI_EPOCH('e', "epoch", "N", NULL, o.rule.epoch,
		  "epoch to prune, counted from 0 (required)"),
	CLI_INPUT('s', "scores", o.scores, CLI_STDIN,
		  "the score file, or a loss log (required, except with --rule random or "
		  "--write-bins)"),
	CLI_OUTPUT('o', "output", o.output, CLI_STDOUT | CLI_PARTS | CLI_NAMES | CLI_NPZ,
		   "write the epoch manifest to FILE (default standard output); if FILE contains "
		   "%s, write one file per operand, and replace %s by the name of the operand"),
	CLI_EPOCHS_ROW(o.rule,
		       "number of epochs of the whole run; the last epochs keep all samples, "
		       "see --delta (default: not set, prune in every epoch)"),
	CLI_SHARE_ROWS(o.rule),
	CLI_FLAG(
		'n', "dry-run", o.dry_run,
		"write no manifest; instead print how many samples the rule would keep: a table on "
		"a terminal, otherwise JSON; without operands, use the samples of the score file"),
	CLI_OUTPUT('a', "audit", o.audit, CLI_APPEND | CLI_LOCK,
		   "append the decisions to the audit log FILE (default: none); see ib-audit(1)"),
	CLI_GROUP("Rule"),
	CLI_RULE_ROWS(o.rule),
	CLI_GROUP("Epochs that keep all samples"),
	CLI_FULL_EPOCHS_ROWS(o.rule, "-E and --delta"),
	CLI_MAX_AGE_ROW(o.rule),
	CLI_GROUP("Input"),
	CLI_CALL(0, "range", "N", set_range,
		 "read no manifest: the ids of the samples are the decimal numbers 0 to N-1 "
		 "(default: not set)"),
	CLI_KEY(o.key),
	CLI_FORMAT(o.format, IB_FORMAT_WORDS),
	CLI_FLAG(0, "allow-duplicates", o.allow_duplicates,
		 "let records with the same id share one decision (default: a duplicate id is an "
		 "error)"),
	CLI_LIMIT(0, "max-unseen", o.max_unseen,
		  "fail if more than N ids, or P per cent of the ids, have no score (default: no "
		  "limit)"),
	CLI_COUNT(0, "header-lines", "N", NULL, o.header_lines,
		  "copy the first N lines of each operand unchanged (default 0)"),
	CLI_GROUP("Output"),
	CLI_OUTPUT('U', "pruned", o.pruned_output, CLI_NPZ,
		   "write the pruned records to FILE (default: drop them)"),
	CLI_FLAG(0, "keep-all", o.keep_all, "write every record; a pruned record gets weight 0"),
	CLI_TEXT(0, "weight-field", "NAME", o.weight_field,
		 "write the weight to this field; a.b is the field b of the object a (default "
		 "weight)"),
	CLI_CHOICE(0, "existing-weight", "WHAT", "fail|multiply|replace", enum ib_existing_weight,
		   o.existing_weight,
		   "if a record already has a weight, fail, multiply the old weight by the "
		   "new weight, or replace the old weight:"),
	CLI_CHOICE(0, "normalize", "HOW", IB_NORMALIZE_WORDS, enum ib_normalize, o.rule.normalize,
		   "scale the weights so that their expected mean is 1 (mean), or do not scale "
		   "(none):"),
	CLI_TEXT(0, "id-field", "NAME", o.id_field,
		 "also write the id, as a string, to the field NAME (default: not written)"),
	CLI_FLAG(0, "explain", o.explain, "add pi, u, score and reason to each record"),
	CLI_OUTPUT(
		'w', "weights", o.weights, CLI_PARTS,
		"write the weights to FILE, one line with id, TAB and weight per record, and leave "
		"the records unchanged (default: none)"),
	CLI_PAIRS(0, "companion", o.companions,
		  "copy the lines of the kept records from the companion file IN to the file OUT "
		  "(may be repeated)"),
	CLI_COUNT(0, "split", "K", "[1, 18446744073709551615]", o.split,
		  "distribute the kept records over K files; -o must contain %d for the number of "
		  "the file, as in 'epoch.%d.jsonl' (default: one file)"),
	CLI_IF_CHANGED(o.if_changed),
	CLI_GROUP("Reports and logs"),
	CLI_OUTPUT(0, "receipt", o.receipt, 0,
		   "write every parameter, count and digest to FILE as JSON (default: none)"),
	CLI_GROUP("Partitions of a large data set, see infobatch-cluster(7)"),
	CLI_PART(0, "part", o.part, "use only the ids of partition I of K (default: all ids)"),
	CLI_INPUT(0, "totals", o.totals, 0,
		  "read the totals of all partitions from FILE (default: compute them from the "
		  "score file)"),
	CLI_OUTPUT(0, "write-bins", o.write_bins, 0,
		   "write no manifest; instead write to FILE a request for the statistics that "
		   "ib-score --bins must collect (needs --totals; default: none)"),
	CLI_COMMON_ROWS,
};
_Static_assert(sizeof(options) / sizeof(*options) <= CLI_OPTIONS_MAX, "rows");

static const struct cli_command command = {
	.name = "ib-prune",
	.usage = "-e N -s SCORES [OPTION]... [MANIFEST]...",
	.about = "Drop some of the samples that the model already knows, and give the "
		 "rest of\nthese samples larger weights, so that the training stays unbiased.",
	.examples = "ib-prune -s run.npz -e 3 -E 90 -o epoch.3.jsonl train.jsonl\n"
		    "ib-prune -s run.npz -e 3 --dry-run -r 0.7\n"
		    "ib-prune -s run.npz -e 3 --rule infobatch:threshold=median train.jsonl\n",
	.notes = "Exit status: 0 success, 2 usage error, 65 invalid data, 66 no input,\n73 cannot "
		 "create, 74 I/O error.\n",
	.options = options,
};

/* Check the names of outputs that contain %d or %s, and check --id-field. */
static void
check_outputs(const struct cli *cli, const struct ib_prune_options *o)
{
	const char *weight = o->weight_field ? o->weight_field : "weight";
	size_t i, n = o->id_field ? strlen(o->id_field) : 0;

	for (i = 0; o->split && i < o->companions.n; i++)
		if (!cli_has_placeholder(strchr(o->companions.v[i], ':') + 1, 'd'))
			cli_misuse(cli, "--split needs %%d in the output name of --companion too");
	if (o->split && !cli_has_placeholder(o->output, 'd'))
		cli_misuse(cli, "--split needs -o with %%d in the file name");
	if (o->split && cli_has_placeholder(o->output, 's'))
		cli_misuse(cli, "--split cannot be used with %%s in the file name of -o");
	if (o->split && o->weights && !cli_has_placeholder(o->weights, 'd'))
		cli_misuse(cli, "--split needs %%d in the file name of -w too");
	if (!o->split && !o->dry_run && cli_has_placeholder(o->output, 's') && cli_reads_stdin(cli))
		cli_misuse(cli,
			   "-o with %%s needs operands with names: standard input has no name");
	cli_check_split_names(cli, o->split);
	cli_exclude(cli, "id-field", "weights");
	if (o->id_field && (o->format == IB_FORMAT_LIST || o->format == IB_FORMAT_TAR))
		cli_misuse(cli, "--id-field cannot be used with lists and tar files");
	if (o->id_field && !strcmp(o->id_field, weight))
		cli_misuse(cli, "--id-field and --weight-field name the same field");
	if (o->id_field && !strncmp(o->id_field, weight, n) && weight[n] == '.')
		cli_misuse(cli,
			   "--weight-field %s needs an object in the field %s, but --id-field "
			   "writes a string there",
			   weight, o->id_field);
}

/* Check the name of an .npz output. An .npz output needs --range and cannot hold explanations. */
static void
check_arrays(const struct cli *cli, const struct ib_prune_options *o, const char *name,
	     const char *path)
{
	const char *suffix = path ? ib_array_suffix(path) : NULL;

	if (!suffix || strcmp(suffix, ".npz"))
		return;
	if (o->dry_run)
		cli_misuse(cli, "%s %s: -n writes no arrays, so the name must not end in .npz",
			   name, path);
	if (!o->range_given)
		cli_misuse(cli,
			   "%s %s: only --range writes arrays; ib-weights -O npz converts the "
			   "weights of other epoch manifests",
			   name, path);
	if (o->explain)
		cli_misuse(cli,
			   "%s %s: an .npz file cannot hold the explanations of --explain: "
			   "choose a name that ends in .jsonl or .csv",
			   name, path);
}

/*
 * Reject options that describe a manifest if --range is given, because --range reads no manifest.
 */
static void
check_range(const struct cli *cli, const struct ib_prune_options *o)
{
	check_arrays(cli, o, "-o", o->output);
	check_arrays(cli, o, "-U", o->pruned_output);
	if (!o->range_given)
		return;
	cli_exclude(cli, "range",
		    "write-bins key format header-lines allow-duplicates id-field existing-weight "
		    "files-from files0-from");
	if (o->operands.n > 0)
		cli_misuse(cli, "--range reads no manifest, but an operand is given: %.100s",
			   o->operands.v[0]);
	if (o->weight_field &&
	    (!strcmp(o->weight_field, "id") || !strcmp(o->weight_field, "index")))
		cli_misuse(cli, "--weight-field %s: with --range, the id field has this name",
			   o->weight_field);
	if (o->weight_field && !strcmp(o->weight_field, "rate_factor") &&
	    o->rule.normalize == IB_NORMALIZE_MEAN)
		cli_misuse(cli, "--weight-field rate_factor: with --range and --normalize, another "
				"array has this name");
	if (!o->split && !o->dry_run && cli_has_placeholder(o->output, 's'))
		cli_misuse(cli, "-o with %%s needs operands, but --range has no operands");
}

static void
check(struct cli *cli, struct args *a)
{
	struct ib_prune_options *o = &a->o;

	if (o->rule.epoch == IB_NO_EPOCH)
		cli_misuse(cli, "-e is missing: give the number of the epoch");
	cli_require_any(cli, "write-bins", "totals");
	cli_exclude(cli, "write-bins",
		    "scores dry-run output pruned weights companion receipt audit split");
	if (!o->scores && !o->write_bins && ib_rule_needs_scores(o->rule.rule))
		cli_misuse(cli, "-s is missing: every rule except random needs a score file");
	cli_exclude(cli, "full-from", "epochs delta");
	if (o->rule.normalize == IB_NORMALIZE_MEAN && o->totals)
		cli_misuse(cli, "--normalize mean and --totals are mutually exclusive: each "
				"partition would scale its weights by a different factor");
	if (o->dry_run)
		cli_warn_unused(cli, "normalize", "with --dry-run");
	if (o->weights)
		cli_warn_unused(cli, "explain", "with -w, which leaves the records unchanged");
	cli_warn_unused_without(cli, "delta", "epochs");
	cli_check_rule(cli, &o->rule);
	check_range(cli, o);
	cli_check_key(cli, o->key, o->format);
	check_outputs(cli, o);
	cli_check_files(cli,
			&(struct cli_files){ o->operands.n, o->split, !o->dry_run && !o->split });
	o->dry_run_table = o->dry_run && cli_is_terminal(o->output);
}

static void
print_figures(const struct cli *cli, const struct ib_prune_result *r, enum ib_normalize normalize)
{
	char reasons[400] = "", threshold[24];
	size_t n = 0, i;

	for (i = 0; i < IB_NREASONS; i++)
		if (r->reasons[i])
			n += (size_t)snprintf(reasons + n, sizeof(reasons) - n, "%s%" PRIu64 " %s",
					      n ? ", " : "", r->reasons[i],
					      ib_reason_name((enum ib_reason)i));
	cli_print(cli,
		  "%" PRIu64 " samples: %" PRIu64 " kept, %" PRIu64 " pruned; %" PRIu64
		  " with pi below 1, threshold %s",
		  r->samples, r->kept, r->pruned, r->eligible,
		  cli_format_number(threshold, r->threshold));
	if (n)
		cli_print(cli, "reasons: %s", reasons);
	cli_print(cli,
		  "expected number of kept samples %.6g; weights: sum %.6g, variance of the sum "
		  "%.6g, largest %.6g",
		  r->expected_kept, r->weight_sum, r->weight_var, r->max_weight);
	if (normalize == IB_NORMALIZE_MEAN)
		cli_print(cli, "weights multiplied by %.6g; factor for the learning rate: %.6g",
			  r->weight_factor, r->rate_factor);
	cli_print_pace(cli);
}

int
main(int argc, char **argv)
{
	struct args a = { .o = IB_PRUNE_DEFAULTS };
	struct ib_prune_result result = { 0 };
	struct ib_error err;
	enum ib_status st;
	struct cli cli;
	bool optional;

	cli_open(&cli, &command, &a, &a.common, argc, argv);
	optional = a.o.dry_run || a.o.write_bins || a.o.range_given;
	a.o.operands = cli_get_operands(&cli, optional ? NULL : "a manifest");
	check(&cli, &a);
	st = ib_prune_run(&a.o, &cli.context, &result, &err);
	if (!st && a.common.verbose && !a.o.dry_run && !a.o.write_bins)
		print_figures(&cli, &result, a.o.rule.normalize);
	return cli_close(&cli, st, &err);
}
