/* Print --help and the short usage; find the name that a typo is nearest to. */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "command.h"

/* Print --help to standard output, or a usage of three lines to standard error. */
void cli_print_help(const struct cli *cli);
void cli_print_usage(const struct cli *cli);

/* Return the long name that is nearest to a mistyped one, NULL if none is near. */
const char *cli_find_nearest(const struct cli *cli, const char *name, size_t n);

#endif
