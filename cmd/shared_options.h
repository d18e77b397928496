/* Options and checks that several commands share. */
#ifndef CMD_SHARED_OPTIONS_H
#define CMD_SHARED_OPTIONS_H

#include "cli.h"
#include "files.h"
#include "operands.h"
#include "options.h"
#include "messages.h"
#include "values.h"

#define CLI_KEY(member)                                                                            \
	CLI_TEXT('k', "key", "FIELD", member,                                                      \
		 "the field that holds the id: a name; 'a.b' for a nested "                        \
		 "field; 'a,b' for a key of two fields; N for the N-th field "                     \
		 "of a list; @line for the number of the record; @hash for a "                     \
		 "hash of the record; or @shard for tar files (default: the "                      \
		 "first of id, __key__, key, uid, ... that the first "                             \
		 "record has)")

/* The option -k for loss logs. A loss log cannot be a list or a tar. */
#define CLI_LOG_KEY(member)                                                                        \
	CLI_TEXT('k', "key", "FIELD", member,                                                      \
		 "the field that holds the id: a name; 'a.b' for a nested "                        \
		 "field; 'a,b' for a key of two fields; @line for the number "                     \
		 "of the record; or @hash for a hash of the record "                               \
		 "(default: the first of id, __key__, key, uid, ... that "                         \
		 "the first record has)")

#define CLI_FORMAT(member, words)                                                                  \
	CLI_CHOICE('f', "format", "FORMAT", words, enum ib_format, member,                         \
		   "format of the operands:")

#define CLI_IF_CHANGED(member)                                                                     \
	CLI_FLAG(0, "if-changed", member,                                                          \
		 "leave an output file untouched if it already has the new content (for make)")

/* Options for reading a loss log. `log` is a struct ib_log_options. */
#define CLI_LOG_ROWS(log, epoch_call)                                                              \
	CLI_LOG_KEY(log.key),                                                                      \
		CLI_TEXT(0, "loss", "TERMS", log.loss,                                             \
			 "the field that holds the loss, or a sum of fields such as "              \
			 "'cls+0.5*box' (default: loss)"),                                         \
		CLI_CALL('e', "epoch", "N|name[:PATTERN]", epoch_call,                             \
			 "the epoch of records without an epoch field; 'name': take the number "   \
			 "after epoch, ep or e in the file name, or else its only number; "        \
			 "'name:PATTERN': take the number that %d in PATTERN matches (default "    \
			 "0; required with earlier scores and, in ib-audit, with several logs)"),  \
		CLI_TEXT(0, "epoch-field", "NAME", log.epoch_field,                                \
			 "the field that holds the epoch (default: epoch)"),                       \
		CLI_FORMAT(log.format, IB_LOG_FORMAT_WORDS),                                       \
		CLI_EPOCH(0, "until", "N", NULL, log.until,                                        \
			  "ignore records of epochs after N (default: no "                         \
			  "limit)"),                                                               \
		CLI_CHOICE(0, "duplicates", "WHICH", IB_DUPLICATES_WORDS, enum ib_duplicates,      \
			   log.duplicates,                                                         \
			   "which loss to use if several records of an epoch have "                \
			   "the same id:"),                                                        \
		CLI_CHOICE(0, "nonfinite", "WHAT", IB_NONFINITE_WORDS, enum ib_nonfinite,          \
			   log.nonfinite,                                                          \
			   "if a loss is NaN or infinite, make the score of the sample unknown "   \
			   "(keep), skip the record (skip), or fail (fail):"),                     \
		CLI_COUNT(0, "max-bad", "N", NULL, log.max_bad,                                    \
			  "skip up to N invalid records (default 0)")

#define CLI_SEED_ROW(rule_)                                                                        \
	CLI_SETTING(0, "seed", "N", NULL, rule_, "seed of the random draws (default 0)")

/* Options of the rule and of the draws. `rule_` is a struct ib_rule_options. */
#define CLI_RULE_ROWS(rule_)                                                                       \
	CLI_RULE(0, "rule", rule_,                                                                 \
		 "formula that turns a sample's score into its keep "                              \
		 "probability; these are the rules and their parameters:"),                        \
		CLI_SETTING(0, "sampling", "HOW", IB_SAMPLING_WORDS, rule_,                        \
			    "draw each sample independently (poisson), or fix, for each keep "     \
			    "probability, how many samples are kept (fixed):"),                    \
		CLI_SEED_ROW(rule_)

/* Options that determine how many samples are pruned. */
#define CLI_SHARE_ROWS(rule_)                                                                      \
	CLI_SETTING('r', "ratio", "R", NULL, rule_,                                                \
		    "prune this fraction of the samples below the threshold; in [0, 1) "           \
		    "(default 0.5)"),                                                              \
		CLI_SETTING(0, "keep", "F", NULL, rule_,                                           \
			    "keep this fraction of the samples with a known score (rules "         \
			    "infobatch and proportional) or of all samples (rule random), "        \
			    "instead of -r (default: not set)")

#define CLI_EPOCHS_ROW(rule_, text) CLI_SETTING('E', "epochs", "N", NULL, rule_, text)

/*
 * Options that determine which epochs keep all samples. `instead` names the options that
 * --full-from replaces.
 */
#define CLI_FULL_EPOCHS_ROWS(rule_, instead)                                                       \
	CLI_SETTING(0, "delta", "D", NULL, rule_,                                                  \
		    "with -E N: prune only in the first D*N epochs (default 0.875)"),              \
		CLI_SETTING(0, "full-from", "N", NULL, rule_,                                      \
			    "keep all samples from epoch N on (instead of " instead                \
			    "; default: never)"),                                                  \
		CLI_SETTING(0, "warmup", "K", NULL, rule_,                                         \
			    "keep all samples in epochs before K (default 0)")

#define CLI_MAX_AGE_ROW(rule_)                                                                     \
	CLI_SETTING(0, "max-age", "K", NULL, rule_,                                                \
		    "keep each sample that was last visited K or more epochs ago "                 \
		    "(default: no limit)")

/*
 * Parse the value of -e for a loss log. Returns NULL if the value is valid. If not, returns a
 * description of the valid values.
 */
const char *cli_parse_log_epoch(struct ib_log_options *log, const char *value);

/* Exit with a usage error if the user gave options of the rule that cannot be used together. */
void cli_check_rule(struct cli *cli, struct ib_rule_options *rule);

/*
 * Exit with a usage error if -k and -f cannot be used together, or if -k is @shard and the
 * input is standard input.
 */
void cli_check_key(const struct cli *cli, const char *key, enum ib_format format);

/* Exit with a usage error if -k is @shard, because a loss log cannot be a tar. */
void cli_check_log_key(const struct cli *cli, const char *key);

/*
 * Exit with a usage error if `key`, the value of the option `name`, cannot identify the records of
 * an epoch manifest. An example is @line.
 */
void cli_check_epoch_key(const struct cli *cli, const char *name, const char *key);

/*
 * Exit with a usage error if the name of an output contains %d, but the output is not split into
 * several files.
 */
void cli_check_split_names(const struct cli *cli, uint64_t split);

/* True if a file name contains the placeholder %d or %s; `letter` is 'd' or 's'. */
bool cli_has_placeholder(const char *path, char letter);

#endif
