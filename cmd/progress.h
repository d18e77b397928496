/* Show the progress of a run: a line on a terminal, and a line for each SIGUSR1. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "command.h"

/* Start the clock. --progress and -q determine whether progress lines are printed. */
void cli_progress_init(const char *name, enum cli_progress when, bool quiet);

/* Call-back for struct ib_context: update the counts, and print a progress line if one is due. */
void cli_progress_advance(void *data, uint64_t bytes, uint64_t of, uint64_t records);

/* Erase the progress line, so that another line can be printed. */
void cli_progress_erase(void);

/* Get the numbers of records and bytes read so far, and the elapsed seconds. */
void cli_progress_read(uint64_t *records, uint64_t *bytes, double *seconds);

/* Write a status line to fd. A signal handler may call this function. */
void cli_progress_print_status(int fd);
/* If a progress line is visible, end it with a newline. A signal handler may call this function. */
void cli_progress_end_line(int fd);

#endif
