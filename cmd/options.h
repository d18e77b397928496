/* Look up options, and check which of them may be used together. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "command.h"

/* True if the option with this long name was given. */
bool cli_is_given(const struct cli *cli, const char *name);

/* Usage error if the option and any of the others ("epochs delta") were given. */
void cli_exclude(const struct cli *cli, const char *name, const char *others);

/* Usage error if the option was given, but none of the others. */
void cli_require_any(const struct cli *cli, const char *name, const char *others);

/* Warn if the option was given although it has no effect; `why` completes the sentence. */
void cli_warn_unused(const struct cli *cli, const char *name, const char *why);

/* Warn if the option was given without the other option, which it needs to have an effect. */
void cli_warn_unused_without(const struct cli *cli, const char *name, const char *other);

/*
 * Write the option's name, "-s" or "--scores": as the user spelled it, or the short
 * one if the option was not given. Returns out.
 */
const char *cli_option_spelling(const struct cli *cli, const struct cli_option *o, char out[40]);

/* Return the row of a long name or of a letter, NULL if there is none. */
const struct cli_option *cli_find_name(const struct cli *cli, const char *name, size_t n);
const struct cli_option *cli_find_letter(const struct cli *cli, char letter);

/* Return the address of the option's member in struct args. */
void *cli_member_address(const struct cli *cli, const struct cli_option *o);

#endif
