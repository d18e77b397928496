/* Which options were given, and which of them do not go together. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "command.h"

/* Whether the option of that long name was given. */
bool cli_is_given(const struct cli *cli, const char *name);

/* An option is misuse beside any of the others ("epochs delta"). */
void cli_exclude(const struct cli *cli, const char *name, const char *others);

/* An option is misuse where none of the others is given. */
void cli_require_any(const struct cli *cli, const char *name, const char *others);

/* A warning where an option is given that has no effect "with this --rule". */
void cli_warn_unused(const struct cli *cli, const char *name, const char *why);

/* The same for an option that needs another one to have an effect. */
void cli_warn_unused_without(const struct cli *cli, const char *name, const char *other);

/* "-s" or "--scores": as it was spelled where given, else the short one. */
const char *cli_option_spelling(const struct cli *cli, const struct cli_option *o, char out[40]);

/* The row of a long name or a letter; NULL: none. */
const struct cli_option *cli_find_name(const struct cli *cli, const char *name, size_t n);
const struct cli_option *cli_find_letter(const struct cli *cli, char letter);

/* The value's place in struct args. */
void *cli_member_address(const struct cli *cli, const struct cli_option *o);

/* Have p freed at the end; out of memory if it is NULL. Returns p. */
void *cli_free_at_end(struct cli *cli, void *p);

#endif
