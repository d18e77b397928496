/* Prepare the process: file descriptors and signal handlers. */
#ifndef CMD_PROCESS_H
#define CMD_PROCESS_H

/*
 * If a descriptor from 0 to 2 is closed, occupy it. Turn SIGPIPE into a write error. Install
 * handlers that remove temporary files before a signal ends the process. `command` is the name of
 * the command in messages.
 */
void cli_process_init(const char *command);

#endif
