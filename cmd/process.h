/* What a process is given: descriptors and signals. */
#ifndef CMD_PROCESS_H
#define CMD_PROCESS_H

/*
 * Descriptors 0 to 2 are taken, SIGPIPE becomes an error, signals that end the
 * process remove temporary files first.
 */
void cli_process_init(void);

#endif
