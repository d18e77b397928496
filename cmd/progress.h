/* How far a run is: a line on a terminal, or in answer to SIGUSR1. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "command.h"

/* Begin to count; what is shown depends on --progress and -q. */
void cli_progress_init(const char *name, enum cli_progress when, bool quiet);

/* For struct ib_context. */
void cli_progress_advance(void *data, uint64_t bytes, uint64_t of, uint64_t records);

/* Erase the line, before another one is printed. */
void cli_progress_erase(void);

/* What was read so far, and in how many seconds. */
void cli_progress_read(uint64_t *records, uint64_t *bytes, double *seconds);

/* Print a status line; or end the line that is there. Async-signal-safe. */
void cli_progress_print_status(int fd);
void cli_progress_end_line(int fd);

#endif
