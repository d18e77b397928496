/* Prepare the file descriptors and the signal handlers of the process. */
#ifndef CMD_PROCESS_H
#define CMD_PROCESS_H

/*
 * If the file descriptor 0, 1 or 2 is closed, open it, so that no file of the run gets this number.
 * Ignore SIGPIPE, so that a write to a closed pipe fails. Install handlers that remove temporary
 * files before a signal ends the process. `command` is the name of the command in messages.
 */
void cli_process_init(const char *command);

#endif
