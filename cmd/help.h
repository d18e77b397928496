/*
 * Print --help and the short usage message. Find the option name that is most similar to a mistyped
 * name.
 */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "command.h"

/* Print --help to standard output. */
void cli_print_help(const struct cli *cli);
/* Print a short usage message, which mentions --help, to standard error. */
void cli_print_usage(const struct cli *cli);

/* Return the long name that is most similar to a mistyped name, or NULL if none is similar. */
const char *cli_find_nearest(const struct cli *cli, const char *name, size_t n);

#endif
