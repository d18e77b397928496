/* Begin and end a run of a command. */
#ifndef CMD_CLI_H
#define CMD_CLI_H

#include "command.h"

/*
 * Parse the command line into args, which must already contain the defaults, and into common. Then
 * set up signal handlers, warnings and progress lines. With --help or --version, the function exits
 * with status 0. After a usage error, it exits with status 2. End the run with cli_close().
 */
void cli_open(struct cli *cli, const struct cli_command *command, void *args,
	      struct cli_common *common, int argc, char **argv);

/*
 * End a run: erase the progress line, print the error if there is one, and free
 * all memory. Returns the exit status.
 */
int cli_close(struct cli *cli, enum ib_status st, const struct ib_error *err);

#endif
