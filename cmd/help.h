/* --help, the short usage, and the nearest name on a typo. */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "command.h"

void cli_print_help(const struct cli *cli);
void cli_print_usage(const struct cli *cli); /* the short one, standard error */

/* The word of a table that a mistyped one is nearest to, or NULL. */
const char *cli_find_nearest(const struct cli *cli, const char *name, size_t n);

#endif
