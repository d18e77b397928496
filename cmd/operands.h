/* The operands: from the command line, from files of names, or standard input.
 */
#ifndef CMD_OPERANDS_H
#define CMD_OPERANDS_H

#include "command.h"

/*
 * The operands. Without any it is standard input that is read: the list is
 * empty then; on a terminal a short usage and exit 2. `optional`: none are
 * needed, nor is standard input.
 */
struct ib_list cli_get_operands(struct cli *cli, bool optional);

/* Whether standard input is one of the operands. */
bool cli_reads_stdin(const struct cli *cli);

/* Whether the output of -o (NULL: not given) goes to a terminal. */
bool cli_is_terminal(const char *output);

void cli_add_operand(struct cli *cli, const char *path);

/* Those that a file of --files-from or --files0-from names. */
void cli_read_operand_file(struct cli *cli, const struct cli_option *o, const char *path);

/* Note a file that the run reads or writes; `role` and `path` are borrowed. */
void cli_add_file(struct cli *cli, const struct ib_file_use *use);

#endif
