/* Find options by name, and check which options may be used together. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "command.h"

/* True if the option with this long name was given. */
bool cli_is_given(const struct cli *cli, const char *name);

/*
 * Exit with a usage error if the option was given together with any of `others`, which are long
 * names separated by spaces ("epochs delta").
 */
void cli_exclude(const struct cli *cli, const char *name, const char *others);

/*
 * Exit with a usage error if the option was given without any of `others`, which are long names
 * separated by spaces.
 */
void cli_require_any(const struct cli *cli, const char *name, const char *others);

/*
 * If the option was given, warn that it has no effect. `why` is the end of the warning and gives
 * the reason.
 */
void cli_warn_unused(const struct cli *cli, const char *name, const char *why);

/*
 * Warn if the option `name` was given without the option `other`, because `name` has no effect
 * without `other`.
 */
void cli_warn_unused_without(const struct cli *cli, const char *name, const char *other);

/*
 * Write the option's name to out as the user wrote it: "-s" or "--scores". If the user did not give
 * the option, write its short name, or its long name if it has no short name. Returns out.
 */
const char *cli_option_spelling(const struct cli *cli, const struct cli_option *o, char out[40]);

/* Return the row of the option with this long name, or NULL if there is none. */
const struct cli_option *cli_find_name(const struct cli *cli, const char *name, size_t n);
/* Return the row of the option with this letter, or NULL if there is none. */
const struct cli_option *cli_find_letter(const struct cli *cli, char letter);

/* Return the address of the option's member in struct args. */
void *cli_member_address(const struct cli *cli, const struct cli_option *o);

#endif
