/* Rows and checks that more than one command has. */
#ifndef CMD_ROWS_H
#define CMD_ROWS_H

#include "cli.h"

#define CLI_KEY(member)                                                        \
	CLI_TEXT('k', "key", "FIELD", member,                                  \
		 "where the id is: a field, a.b a nested one, a,b a composite "\
		 "key, N the N-th field of a list's lines; @line, @hash, or "  \
		 "@shard of a tar (default: the first of id, __key__, key, "   \
		 "uid ... that the first record has)")

/* The same of a loss log, which is neither a list nor a tar. */
#define CLI_LOG_KEY(member)                                                    \
	CLI_TEXT('k', "key", "FIELD", member,                                  \
		 "where the id is: a field, a.b a nested one, a,b a composite "\
		 "key; @line, @hash (default: the first of id, __key__, key, " \
		 "uid ... that the first record has)")

#define CLI_FORMAT(member, words)                                              \
	CLI_CHOICE('f', "format", "FORMAT", words, enum ib_format, member,     \
		   "format of the operands:")
#define CLI_FORMATS "auto|jsonl|json|csv|tsv|list|tar"

#define CLI_IF_CHANGED(member)                                                 \
	CLI_FLAG(0, "if-changed", member,                                      \
		 "leave an output that would be equal as it is, time stamp "   \
		 "included (for make)")

/* How a loss log is read: `log` is a struct ib_log_options. */
#define CLI_LOG_ROWS(log, epoch_call)                                          \
	CLI_LOG_KEY(log.key),                                                      \
		CLI_FORMAT(log.format, "auto|jsonl|json|csv|tsv"),             \
		CLI_TEXT(0, "loss", "TERMS", log.loss,                         \
			 "the loss: a field or a sum of terms, "               \
			 "'cls+0.5*box' (default loss)"),                      \
		CLI_TEXT(0, "epoch-field", "NAME", log.epoch_field,            \
			 "the field with the epoch, where there is one "       \
			 "(default epoch)"),                                   \
		CLI_CALL('e', "epoch", "N|name", epoch_call,                   \
			 "epoch of records that carry none; name: the last "   \
			 "number in the operand's file name"),                 \
		CLI_EPOCH(0, "until", "N", NULL, log.until,                    \
			  "ignore records of epochs above N"),                 \
		CLI_CHOICE(0, "duplicates", "WHICH",                           \
			   "last|first|mean|max|min", enum ib_duplicates,      \
			   log.duplicates,                                     \
			   "which of an id's records of one epoch counts:"),   \
		CLI_CHOICE(0, "nonfinite", "WHAT", "keep|skip|fail",           \
			   enum ib_nonfinite, log.nonfinite,                   \
			   "a loss that is not finite makes the score "        \
			   "unknown, is passed over, or is bad data:"),        \
		CLI_COUNT(0, "max-bad", "N", NULL, log.max_bad,                \
			  "pass over up to N bad records (default 0)")

/* All that pi depends on: `rule` is a struct ib_rule_options. */
#define CLI_RULE_ROWS(rule_)                                                   \
	CLI_RULE(0, "rule", rule_,                                             \
		 "how the keep probability follows from the score (default "   \
		 "infobatch); the rules and their parameters:"),               \
		CLI_REAL('r', "ratio", "R", "[0, 1)", rule_.ratio,             \
			 "share of the low samples to drop, in [0, 1) "        \
			 "(default 0.5)"),                                     \
		CLI_DECIMAL(0, "keep", "F", "[0, 1]", rule_.keep,              \
			    "share of all samples to keep, in place of -r "    \
			    "(infobatch, random), or the budget of "           \
			    "proportional"),                                   \
		CLI_CHOICE(0, "sampling", "HOW", "poisson|fixed",              \
			   enum ib_sampling, rule_.sampling,                   \
			   "each sample by itself, or a fixed number of "      \
			   "those of one chance:"),                            \
		CLI_COUNT(0, "seed", "N", NULL, rule_.seed,                    \
			  "seed of the draws (default 0)")

#define CLI_SCHEDULE_ROWS(rule_)                                               \
	CLI_EPOCH('E', "epochs", "E", NULL, rule_.epochs,                      \
		  "epochs of the whole run: the last ones keep all"),          \
		CLI_REAL(0, "delta", "D", "[0, 1]", rule_.delta,               \
			 "prune in the first D*E epochs (default 0.875)"),     \
		CLI_EPOCH(0, "full-from", "N", NULL, rule_.full_from,          \
			  "keep all from epoch N on, in place of -E and "      \
			  "--delta"),                                          \
		CLI_EPOCH(0, "warmup", "K", NULL, rule_.warmup,                \
			  "keep all in epochs below K (default 0)"),           \
		CLI_EPOCH(0, "max-age", "K", "[1, 2147483647]",                \
			  rule_.max_age,                                       \
			  "keep each sample that was last seen K or more "     \
			  "epochs ago")

/* -e of a log: a number or `name`; returns what it should have been. */
const char *cli_log_epoch(struct ib_log_options *log, const char *value);

/* Options of the rule that do not fit together; fills what was given. */
void cli_check_rule(struct cli *cli, struct ib_rule_options *rule);

/* -k and -f that do not fit together, or -k @shard on standard input. */
void cli_check_key(const struct cli *cli, const char *key,
		   enum ib_format format);

/* A key that means nothing in an epoch manifest. */
void cli_check_epoch_key(const struct cli *cli, const char *name,
			 const char *key);

/* %d in the name of an output that --split numbers, without --split. */
void cli_check_parts(const struct cli *cli, uint64_t split);

/* Whether "%d" or "%s" stands in a file name. */
bool cli_has_field(const char *path, char letter);

#endif
