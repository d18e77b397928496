/* A command's run, from its command line to its exit status. */
#ifndef CMD_CLI_H
#define CMD_CLI_H

#include "command.h"

/*
 * Read the command line into args (which holds the defaults) and common, and
 * make ready for the run: signals, warnings, progress. --help and --version
 * end the process with 0, misuse with 2. Close with cli_close().
 */
void cli_open(struct cli *cli, const struct cli_command *command, void *args,
	      struct cli_common *common, int argc, char **argv);

/*
 * The end of a run: erase the progress line, print the error, once, free.
 * Returns the exit status.
 */
int cli_close(struct cli *cli, enum ib_status st, const struct ib_error *err);

#endif
