/* Parse the values of options and store them in struct args. */
#ifndef CMD_VALUES_H
#define CMD_VALUES_H

#include "command.h"

/*
 * Parse a decimal number in a range such as "[0, 1)". Returns false if the text is not such
 * a number.
 */
bool cli_parse_real(const char *text, const char *range, double *value);

/* Parse and store the value of an option. An invalid value is a usage error. */
void cli_store_value(struct cli *cli, const struct cli_option *o, const char *value);

#endif
