/*
 * Temporary files. When a temporary file is complete, it is renamed to its target. Before that, it
 * has no name if the file system supports O_TMPFILE. A signal handler removes temporary files that
 * have a name.
 */
#ifndef IB_IO_TEMP_FILE_H
#define IB_IO_TEMP_FILE_H

#include <signal.h>

#include "infobatch_run.h"

struct ib_temp_file; /* ib_output_abandon() removes it if it was not renamed or removed yet */

/*
 * Create a temporary file in the folder of target. The file is open for reading and writing, and
 * has mode 0666 minus the umask. Returns its descriptor, which *temp owns, or -1 with errno.
 * After ib_output_abandon(), errno is ECANCELED.
 */
int ib_temp_file_create(const char *target, struct ib_temp_file **temp);

/*
 * Give the temporary file the name ".NAME.ib-NNNNNN" if it has no name. Call this function in a
 * critical section, before the file is closed or renamed. Returns false with errno.
 */
bool ib_temp_file_link(struct ib_temp_file *temp);

/* Close the descriptor. Returns -1 with errno if the written data could not be stored. */
int ib_temp_file_close(struct ib_temp_file *temp);

/*
 * Rename the temporary file to target, and free temp. Returns 0, or -1 with errno. Call this
 * function in a critical section.
 */
int ib_temp_file_rename(struct ib_temp_file *temp, const char *target);

/* Close, remove and free the temporary file. NULL is allowed. */
void ib_temp_file_remove(struct ib_temp_file *temp);

/*
 * Create a temporary file in the folder of target, and remove its name if it has one. Use this
 * function for data that no other process reads. Returns the descriptor, which the caller closes,
 * or -1 with errno.
 */
int ib_temp_file_nameless(const char *target);

/*
 * Begin a critical section, in which files are named or renamed. Until ib_temp_file_end_critical()
 * is called, signals are blocked, and ib_output_abandon() in another thread waits. After
 * ib_output_abandon() was called, this function returns false and does not begin the section.
 */
bool ib_temp_file_begin_critical(sigset_t *old);
void ib_temp_file_end_critical(const sigset_t *old);

#endif
