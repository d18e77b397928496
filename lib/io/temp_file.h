/*
 * Temporary files that become their targets. Without a name as long as the file
 * system allows it; a signal handler can remove those that have one.
 */
#ifndef IB_IO_TEMP_FILE_H
#define IB_IO_TEMP_FILE_H

#include <signal.h>

#include "infobatch.h"

struct ib_temp_file; /* on the list of ib_output_abandon() until it is gone */

/*
 * Make a temporary in the folder of target, open for reading and writing, with
 * the mode that umask leaves of 0666. Returns its descriptor, which is the
 * temporary's, or -1 with errno (ECANCELED after ib_output_abandon()).
 */
int ib_temp_file_create(const char *target, struct ib_temp_file **temp);

/*
 * See that it has a name, ".NAME.ib-NNNNNN": with the gate held (see
 * ib_temp_file_hold), before it is closed or renamed. False with errno.
 */
bool ib_temp_file_link(struct ib_temp_file *temp);

/* -1 with errno where what was written could not be stored. */
int ib_temp_file_close(struct ib_temp_file *temp);

/* 0: it is the target now, and temp is freed. -1 with errno. Gate held. */
int ib_temp_file_rename(struct ib_temp_file *temp, const char *target);

/* Close, remove and free it. NULL is fine. */
void ib_temp_file_remove(struct ib_temp_file *temp);

/*
 * A file without a name, to be closed, for what does not fit into memory: in
 * $TMPDIR, else beside a file (NULL or "-": in /tmp).
 */
enum ib_status ib_temp_file_scratch(const char *beside, int *fd, struct ib_error *err);

/*
 * Hold the gate: keep back signals, and ib_output_abandon() in other threads,
 * from here to ib_temp_file_file_forget(), while files get names or are renamed. False,
 * with nothing held, once everything was abandoned.
 */
bool ib_temp_file_hold(sigset_t *old);
void ib_temp_file_file_forget(const sigset_t *old);

#endif
