/*
 * A command (struct cli_command) is a table of options. The table controls parsing,
 * range checks, --help, completion, and the hint after a mistyped option. struct cli is
 * one run of a command. This file only defines types. The functions are in messages.h,
 * options.h, operands.h, values.h, files.h, help.h and cli.h.
 *
 * Each command defines `struct args` with a member `struct cli_common common`. A row of
 * the table names the member that receives the value. If the type of the member does not
 * fit the row, the table does not compile.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "infobatch_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum cli_kind {
	CLI_KIND_END,
	CLI_KIND_GROUP,	  /* a heading of --help */
	CLI_KIND_FLAG,	  /* bool */
	CLI_KIND_CHOICE,  /* an enum or a bool; the value is the index of the word */
	CLI_KIND_TEXT,	  /* const char * */
	CLI_KIND_PAIRS,	  /* struct ib_list; each value IN:OUT names two files */
	CLI_KIND_COUNT,	  /* uint64_t */
	CLI_KIND_EPOCH,	  /* int64_t */
	CLI_KIND_REAL,	  /* double */
	CLI_KIND_LIMIT,	  /* struct ib_limit: N or P% */
	CLI_KIND_PART,	  /* struct ib_part: I/K */
	CLI_KIND_INPUT,	  /* const char *, the name of a file; "-" only with CLI_STDIN */
	CLI_KIND_INPUTS,  /* struct ib_list of files */
	CLI_KIND_OUTPUT,  /* const char *, the name of a file; "-" only with CLI_STDOUT */
	CLI_KIND_SETTING, /* struct ib_rule_options: the library parses the value */
	CLI_KIND_RULE,	  /* struct ib_rule_options: NAME[:PARAMETER=VALUE,...] */
	CLI_KIND_CALL,	  /* the option's call() parses the value */
	CLI_KIND_LINES,	  /* a file that contains operands, one per line */
	CLI_KIND_NULS,	  /* a file that contains operands, each terminated by a NUL byte */
	CLI_KIND_ABSENT,  /* an option that the command lacks; `help` says what to use instead */
	CLI_KIND_HELP,
	CLI_KIND_VERSION
};

enum cli_flags {
	CLI_STDIN = 1,	/* "-" means standard input */
	CLI_STDOUT = 2, /* "-" means standard output */
	CLI_HIDDEN = 4, /* --help does not show the option */
	CLI_APPEND = 8, /* the output is always compressed, even if its name does not end in .zst */
	CLI_LOCK = 16,	/* the run also creates FILE.lock */
	CLI_PARTS = 32, /* with --split, %d in the file name is replaced by a number */
	CLI_NAMES = 64, /* %s in the file name is replaced by the name of an operand */
	CLI_START = 128, /* an input that -o may overwrite (ib-score -s X -o X) */
	CLI_NPZ = 256,	 /* an output that is an archive of arrays if its name ends in .npz */
	CLI_NPY = 512	 /* an output that is one array if its name ends in .npy */
};

struct cli_option {
	enum cli_kind kind;
	char letter;	   /* letter of the option; 0 if the option has none */
	const char *name;  /* long name of the option; for a group, the heading */
	const char *arg;   /* name of the value; NULL if the option has no value */
	const char *words; /* words of a choice as "a|b|c", the default first */
	const char *range; /* valid numbers, such as "[0, 1)"; NULL if all numbers are valid */
	size_t at, size;   /* offset and size of the option's member in struct args */
	/*
	 * Parse a value. Returns NULL if the value is valid. If not, returns a description of the
	 * valid values, such as "a number".
	 */
	const char *(*call)(void *args, const char *value);
	unsigned flags;
	const char *help;
};

/*
 * Offset and size of the member. The macro does not compile if the type of the member is not
 * `type`.
 */
#define CLI_AT(type, member)                                                                       \
	.at = offsetof(struct args, member) +                                                      \
	      0 * sizeof((type *)0 == &((struct args *)0)->member),                                \
	.size = sizeof(((struct args *)0)->member)
#define CLI_ROW(what, short, long, argument, text)                                                 \
	.kind = what, .letter = short, .name = long, .arg = argument, .help = text

#define CLI_GROUP(title)                                                                           \
	{                                                                                          \
		.kind = CLI_KIND_GROUP, .name = title                                              \
	}
#define CLI_FLAG(short, long, member, text)                                                        \
	{                                                                                          \
		CLI_ROW(CLI_KIND_FLAG, short, long, NULL, text), CLI_AT(bool, member)              \
	}
#define CLI_CHOICE(short, long, argument, list, type, member, text)                                \
	{                                                                                          \
		CLI_ROW(CLI_KIND_CHOICE, short, long, argument, text), .words = list,              \
								       CLI_AT(type, member)        \
	}
#define CLI_TEXT(short, long, argument, member, text)                                              \
	{                                                                                          \
		CLI_ROW(CLI_KIND_TEXT, short, long, argument, text), CLI_AT(const char *, member)  \
	}
#define CLI_PAIRS(short, long, member, text)                                                       \
	{                                                                                          \
		CLI_ROW(CLI_KIND_PAIRS, short, long, "IN:OUT", text),                              \
			CLI_AT(struct ib_list, member), .flags = CLI_PARTS                         \
	}
#define CLI_COUNT(short, long, argument, bounds, member, text)                                     \
	{                                                                                          \
		CLI_ROW(CLI_KIND_COUNT, short, long, argument, text), .range = bounds,             \
								      CLI_AT(uint64_t, member)     \
	}
#define CLI_EPOCH(short, long, argument, bounds, member, text)                                     \
	{                                                                                          \
		CLI_ROW(CLI_KIND_EPOCH, short, long, argument, text), .range = bounds,             \
								      CLI_AT(int64_t, member)      \
	}
#define CLI_REAL(short, long, argument, bounds, member, text)                                      \
	{                                                                                          \
		CLI_ROW(CLI_KIND_REAL, short, long, argument, text), .range = bounds,              \
								     CLI_AT(double, member)        \
	}
#define CLI_LIMIT(short, long, member, text)                                                       \
	{                                                                                          \
		CLI_ROW(CLI_KIND_LIMIT, short, long, "N|P%", text),                                \
			CLI_AT(struct ib_limit, member)                                            \
	}
#define CLI_PART(short, long, member, text)                                                        \
	{                                                                                          \
		CLI_ROW(CLI_KIND_PART, short, long, "I/K", text), CLI_AT(struct ib_part, member)   \
	}
#define CLI_INPUT(short, long, member, which, text)                                                \
	{                                                                                          \
		CLI_ROW(CLI_KIND_INPUT, short, long, "FILE", text), CLI_AT(const char *, member),  \
			.flags = which                                                             \
	}
#define CLI_INPUTS(short, long, argument, member, text)                                            \
	{                                                                                          \
		CLI_ROW(CLI_KIND_INPUTS, short, long, argument, text),                             \
			CLI_AT(struct ib_list, member)                                             \
	}
#define CLI_OUTPUT(short, long, member, which, text)                                               \
	{                                                                                          \
		CLI_ROW(CLI_KIND_OUTPUT, short, long, "FILE", text), CLI_AT(const char *, member), \
			.flags = which                                                             \
	}
#define CLI_ABSENT(short, long, text)                                                              \
	{                                                                                          \
		CLI_ROW(CLI_KIND_ABSENT, short, long, NULL, text), .flags = CLI_HIDDEN             \
	}
/* The row of any rule option except --rule. The library finds the option by its long name. */
#define CLI_SETTING(short, long, argument, list, member, text)                                     \
	{                                                                                          \
		CLI_ROW(CLI_KIND_SETTING, short, long, argument, text),                            \
			.words = list, CLI_AT(struct ib_rule_options, member)                      \
	}
#define CLI_RULE(short, long, member, text)                                                        \
	{                                                                                          \
		CLI_ROW(CLI_KIND_RULE, short, long, "RULE[:NAME=VALUE,...]", text),                \
			CLI_AT(struct ib_rule_options, member)                                     \
	}
#define CLI_CALL(short, long, argument, function, text)                                            \
	{                                                                                          \
		CLI_ROW(CLI_KIND_CALL, short, long, argument, text), .call = function              \
	}
#define CLI_ONE_FILE(what, long, text)                                                             \
	{                                                                                          \
		CLI_ROW(what, 0, long, "FILE", text), .flags = CLI_STDIN                           \
	}
#define CLI_END                                                                                    \
	{                                                                                          \
		.kind = CLI_KIND_END                                                               \
	}

enum cli_progress { CLI_PROGRESS_AUTO, CLI_PROGRESS_ALWAYS, CLI_PROGRESS_NEVER };

struct cli_common {
	uint64_t threads; /* -T; number of threads; 0 for the default */
	bool quiet;	  /* -q */
	bool verbose;	  /* -v */
	enum cli_progress progress;
};

/* The last rows of every command's table. */
#define CLI_COMMON_ROWS                                                                            \
	CLI_GROUP("General options"), CLI_FLAG('q', "quiet", common.quiet, "print no warnings"),   \
		CLI_FLAG('v', "verbose", common.verbose,                                           \
			 "print statistics of the run to standard error"),                         \
		CLI_CHOICE(0, "progress", "WHEN", "auto|always|never", enum cli_progress,          \
			   common.progress,                                                        \
			   "show progress on standard error (auto: only on a "                     \
			   "terminal):"),                                                          \
		CLI_COUNT('T', "threads", "N", "[0, 1024]", common.threads,                        \
			  "use N threads (default 0: one per available core, "                     \
			  "but no more than Slurm granted)"),                                      \
		CLI_ONE_FILE(CLI_KIND_LINES, "files-from",                                         \
			     "read the names of the operands from FILE, one "                      \
			     "per line (default: none)"),                                          \
		CLI_ONE_FILE(CLI_KIND_NULS, "files0-from",                                         \
			     "read the names of the operands from FILE, each terminated by a NUL " \
			     "byte (default: none)"),                                              \
		{ CLI_ROW(CLI_KIND_HELP, 'h', "help", NULL, "print this help and exit") },         \
		{ CLI_ROW(CLI_KIND_VERSION, 'V', "version", NULL, "print the version and exit") }, \
		CLI_END

struct cli_command {
	const char *name;		  /* "ib-score" */
	const char *subcommand;		  /* such as "summary" in ib-audit summary, or NULL */
	const char *usage;		  /* "[OPTION]... [LOG]..." */
	const char *about;		  /* a sentence for --help */
	const char *examples;		  /* command lines for --help, one per line */
	const char *notes;		  /* the last lines of --help, or NULL */
	const struct cli_option *options; /* table of options; the last row is CLI_END */
};

#define CLI_OPTIONS_MAX 96

/* One run of a command. */
struct cli {
	const struct cli_command *command;
	void *args;
	struct cli_common *common;
	int argc;
	bool given[CLI_OPTIONS_MAX]; /* given[i]: true if command->options[i] was given */
	/*
	 * letter[i]: the letter with which the user gave option i; 0 if the user wrote the long
	 * name
	 */
	char letter[CLI_OPTIONS_MAX];
	const char **operand;
	size_t noperands, operand_room;
	const char *list_file;	  /* the file that --files-from names, or NULL */
	struct ib_file_use *uses; /* files that the run reads or writes */
	size_t nuses, use_room;
	unsigned stdin_uses; /* how many operands and operand lists are standard input */
	bool stdin_operand; /* true if no operand was given, so that the run reads standard input */
	void **owned;	    /* memory that cli_close() frees */
	size_t nowned, owned_room;
	struct ib_context context; /* context for calls of the library */
};

#endif
