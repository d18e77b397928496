/* Prepare the process: file descriptors and signal handlers. */
#ifndef CMD_PROCESS_H
#define CMD_PROCESS_H

/*
 * Occupy descriptors 0 to 2, turn SIGPIPE into a write error, and remove temporary
 * files before a signal ends the process.
 */
void cli_process_init(void);

#endif
