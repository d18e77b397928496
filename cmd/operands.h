/* Collect the operands: from the command line and from files of names. */
#ifndef CMD_OPERANDS_H
#define CMD_OPERANDS_H

#include "command.h"

/*
 * Return the operands. `operand` describes an operand in messages, such as "a loss log"; it is NULL
 * if the run needs neither operands nor standard input. If `operand` is not NULL, an empty list
 * means that the run reads standard input. If standard input is then a terminal, the function
 * prints a short usage message and exits with status 2. If the command line has arguments, it first
 * prints that the operand is missing.
 */
struct ib_list cli_get_operands(struct cli *cli, const char *operand);

/* True if the run reads standard input: an operand is "-", or there are no operands. */
bool cli_reads_stdin(const struct cli *cli);

/* True if the output of -o is a terminal. output is NULL if -o was not given. */
bool cli_is_terminal(const char *output);

/* Add one operand. `path` is borrowed. */
void cli_add_operand(struct cli *cli, const char *path);

/* Add the operands that are listed in the file of --files-from or --files0-from. */
void cli_read_operand_file(struct cli *cli, const struct cli_option *o, const char *path);

/* Record that the run reads or writes a file, for cli_check_files(). The texts are borrowed. */
void cli_add_file(struct cli *cli, const struct ib_file_use *use);

#endif
