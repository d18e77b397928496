/*
 * Temporary files that replace their targets when they are complete. If the file system
 * supports it, a temporary has no name until then; a signal handler removes those that
 * have a name.
 */
#ifndef IB_IO_TEMP_FILE_H
#define IB_IO_TEMP_FILE_H

#include <signal.h>

#include "infobatch.h"

struct ib_temp_file; /* listed for ib_output_abandon() until it is renamed or removed */

/*
 * Create a temporary in the folder of target, open for reading and writing, with mode 0666
 * minus the umask. Returns its descriptor, which *temp owns, or -1 with errno (ECANCELED
 * after ib_output_abandon()).
 */
int ib_temp_file_create(const char *target, struct ib_temp_file **temp);

/*
 * Give the temporary the name ".NAME.ib-NNNNNN" if it has none. Call in a critical section, before
 * the temporary is closed or renamed. Returns false with errno.
 */
bool ib_temp_file_link(struct ib_temp_file *temp);

/* Close the descriptor. Returns -1 with errno if the written data could not be stored. */
int ib_temp_file_close(struct ib_temp_file *temp);

/*
 * Rename the temporary to target and free temp. Returns 0, or -1 with errno. Call in a critical
 * section.
 */
int ib_temp_file_rename(struct ib_temp_file *temp, const char *target);

/* Close, remove and free the temporary. NULL is allowed. */
void ib_temp_file_remove(struct ib_temp_file *temp);

/*
 * Create such a file and remove its name, if it has one: for data that no other process reads.
 * Returns its descriptor, which the caller closes, or -1 with errno.
 */
int ib_temp_file_nameless(const char *target);

/*
 * Begin a critical section, in which files get names or are renamed: until
 * ib_temp_file_end_critical(), signals are blocked and ib_output_abandon() in another thread
 * waits. Returns false, without beginning, after ib_output_abandon().
 */
bool ib_temp_file_begin_critical(sigset_t *old);
void ib_temp_file_end_critical(const sigset_t *old);

#endif
