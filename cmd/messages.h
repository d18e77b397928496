/* Print messages to standard error, and choose exit statuses. */
#ifndef CMD_MESSAGES_H
#define CMD_MESSAGES_H

#include "command.h"

/* Report a usage error: print "NAME: text" and a line that mentions --help; exit with status 2. */
void cli_misuse(const struct cli *cli, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Print "NAME: text" and exit with the exit status for `st`. */
void cli_die(const struct cli *cli, enum ib_status st, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/* Print "NAME: text" to standard error. Control bytes are printed as \xNN. */
void cli_print(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Format a number for -v. NaN becomes "none". Returns out. */
const char *cli_format_number(char out[24], double value);

/* Format a count for -v, with commas: 431,203. Returns out. */
const char *cli_format_count(char out[32], uint64_t value);

/* Print the last line of -v: the numbers of records and bytes, and the seconds. */
void cli_print_pace(const struct cli *cli);

/* Message text: an operand is missing, such as "a loss log". */
#define CLI_OPERAND_MISSING "%s is missing: give its name ('-' means standard input)"

/* Print a warning, unless -q was given. */
void cli_warn(const struct cli *cli, const char *sentence);

/* Return the exit status of the process for a status of the library. */
int cli_exit_status(enum ib_status st);

#endif
