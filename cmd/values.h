/* Parse the values of options and store them in struct args. */
#ifndef CMD_VALUES_H
#define CMD_VALUES_H

#include "command.h"

/* Parse and store the value of an option. An invalid value is a usage error. */
void cli_store_value(struct cli *cli, const struct cli_option *o, const char *value);

#endif
