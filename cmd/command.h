/*
 * What a command is: one table of options, which drives parsing, bounds, --help
 * and the hint on a typo; and one run of it. Definitions alone: the functions
 * are in messages.h, options.h, operands.h, values.h, files.h, help.h and cli.h.
 *
 * A command has a `struct args` with a member `struct cli_common common`; the
 * rows below say by member where a value goes, and do not compile if its type
 * is another than the row's.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "infobatch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum cli_kind {
	CLI_KIND_END,
	CLI_KIND_GROUP,	 /* a heading of --help */
	CLI_KIND_FLAG,	 /* bool */
	CLI_KIND_CHOICE, /* an enum or a bool: the number of the word */
	CLI_KIND_TEXT,	 /* const char * */
	CLI_KIND_PAIRS,	 /* struct ib_list of IN:OUT, two files each */
	CLI_KIND_COUNT,	 /* uint64_t */
	CLI_KIND_EPOCH,	 /* int64_t */
	CLI_KIND_REAL,	 /* double */
	CLI_KIND_LIMIT,	 /* struct ib_limit: N or P% */
	CLI_KIND_PART,	 /* struct ib_part: I/K */
	CLI_KIND_INPUT,	 /* const char *, a file; "-" with CLI_STDIN alone */
	CLI_KIND_INPUTS, /* struct ib_list of files */
	CLI_KIND_OUTPUT, /* const char *; "-" with CLI_STDOUT alone */
	CLI_KIND_RULE,	 /* struct ib_rule_options: NAME[:PARAMETER=VALUE,...] */
	CLI_KIND_CALL,	 /* the row's own function */
	CLI_KIND_LINES,	 /* a file of operands, one a line */
	CLI_KIND_NULS,	 /* a file of operands, each ended by NUL */
	CLI_KIND_HELP,
	CLI_KIND_VERSION
};

enum cli_flags {
	CLI_STDIN = 1,	/* "-" is standard input */
	CLI_STDOUT = 2, /* "-" is standard output */
	CLI_HIDDEN = 4, /* not in --help */
	CLI_APPEND = 8, /* an output whose suffix says nothing (-a) */
	CLI_LOCK = 16,	/* FILE.lock is written too */
	CLI_PARTS = 32, /* with --split, %d in the name is a part's number */
	CLI_NAMES = 64, /* %s in the name is an operand's name */
	CLI_START = 128 /* an input that -o may replace (ib-score -s X -o X) */
};

struct cli_option {
	enum cli_kind kind;
	char letter;	   /* 0: none */
	const char *name;  /* the long name, or the heading */
	const char *arg;   /* NULL: takes none */
	const char *words; /* "a|b|c" of a choice, the default first */
	const char *range; /* "[0, 1)" of a number; NULL: all of its type */
	size_t at, size;   /* in struct args */
	/* Returns NULL, or what the value should have been ("a number"). */
	const char *(*call)(void *args, const char *value);
	unsigned flags;
	const char *help;
};

/* Where a value goes, and that it is of the row's type. */
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
/* A decimal that the library wants as it was written. */
#define CLI_DECIMAL(short, long, argument, bounds, member, text)                                   \
	{                                                                                          \
		CLI_ROW(CLI_KIND_TEXT, short, long, argument, text), .range = bounds,              \
								     CLI_AT(const char *, member)  \
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
	uint64_t threads; /* -T; 0: the library's default */
	bool quiet;	  /* -q */
	bool verbose;	  /* -v */
	enum cli_progress progress;
};

/* The rows that every command ends with. */
#define CLI_COMMON_ROWS                                                                            \
	CLI_GROUP("General options"), CLI_FLAG('q', "quiet", common.quiet, "print no warnings"),   \
		CLI_FLAG('v', "verbose", common.verbose,                                           \
			 "print statistics of the run to standard error"),                         \
		CLI_CHOICE(0, "progress", "WHEN", "auto|always|never", enum cli_progress,          \
			   common.progress,                                                        \
			   "show progress on standard error (auto: on a "                          \
			   "terminal):"),                                                          \
		CLI_COUNT('T', "threads", "N", "[0, 1024]", common.threads,                        \
			  "use N threads (default 0: one per available core, "                     \
			  "at most as many as Slurm granted)"),                                    \
		CLI_ONE_FILE(CLI_KIND_LINES, "files-from",                                         \
			     "read the names of the operands from FILE, one "                      \
			     "per line (default: none)"),                                          \
		CLI_ONE_FILE(CLI_KIND_NULS, "files0-from",                                         \
			     "the same, each name terminated by a NUL byte "                       \
			     "(default: none)"),                                                   \
		{ CLI_ROW(CLI_KIND_HELP, 'h', "help", NULL, "print this help and exit") },         \
		{ CLI_ROW(CLI_KIND_VERSION, 'V', "version", NULL, "print the version and exit") }, \
		CLI_END

struct cli_command {
	const char *name;			/* "ib-score" */
	const char *verb;			/* "summary" of ib-audit; NULL: none */
	const char *usage;			/* "[OPTION]... [LOG]..." */
	const char *about;			/* one sentence for --help */
	const char *examples;			/* of --help: a line each, as to be pasted */
	const char *notes;			/* the end of --help; NULL: nothing */
	const struct cli_option *options;	/* ends with CLI_END */
	const struct cli_command *const *verbs; /* NULL, or what it has */
};

#define CLI_OPTIONS_MAX 96

/* One run of a command. */
struct cli {
	const struct cli_command *command;
	void *args;
	struct cli_common *common;
	int argc;
	bool given[CLI_OPTIONS_MAX];  /* by row */
	char letter[CLI_OPTIONS_MAX]; /* as it was spelled; 0: long */
	const char **operand;
	size_t noperands, operand_room;
	const char *list_file;	  /* of --files-from; NULL: not given */
	struct ib_file_use *uses; /* files read or written, as far as known */
	size_t nuses, use_room;
	unsigned stdin_uses;
	bool stdin_operand; /* standard input is read for want of operands */
	void **owned;	    /* freed at the end */
	size_t nowned, owned_room;
	struct ib_context context; /* for the run */
};

#endif
