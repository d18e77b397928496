/* Words to the user, on standard error, and the exit status. */
#ifndef CMD_MESSAGES_H
#define CMD_MESSAGES_H

#include "command.h"

/* Print "NAME: text" and the hint at --help; exit 2. */
void cli_misuse(const struct cli *cli, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Print "NAME: text" and end with a status of the library. */
void cli_die(const struct cli *cli, enum ib_status st, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/* Print "NAME: text" to standard error, control bytes as \xNN. */
void cli_print(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A figure of -v, "none" for NaN; returns out. */
const char *cli_format_number(char out[24], double value);

/* The last of -v's figures: records, bytes, seconds. */
void cli_print_pace(const struct cli *cli);

/* A warning, unless -q was given. */
void cli_warn(const struct cli *cli, const char *sentence);

/* The exit status that stands for a status of the library. */
int cli_exit_status(enum ib_status st);

#endif
