/* The values of options: from text into the member that the row names. */
#ifndef CMD_VALUES_H
#define CMD_VALUES_H

#include "command.h"

/* A decimal number in a range such as "[0, 1)"; false if it is none. */
bool cli_parse_real(const char *text, const char *range, double *value);

/* Convert and store one value; ends with misuse. */
void cli_store_value(struct cli *cli, const struct cli_option *o, const char *value);

#endif
