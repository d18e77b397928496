/* Temporary files beside their targets, which a signal handler can remove. */
#ifndef IB_IO_TEMP_H
#define IB_IO_TEMP_H

#include <signal.h>

#include "infobatch.h"

struct ib_temp; /* on the list of ib_output_abandon() until released */

/*
 * Make ".NAME.ib-XXXXXX" in the folder of target, open for reading and
 * writing, with the mode that umask leaves of 0666. Returns its descriptor
 * and *temp, or -1 with errno (ECANCELED after ib_output_abandon()).
 */
int ib_temp_create(const char *target, struct ib_temp **temp);

const char *ib_temp_path(const struct ib_temp *temp);

/*
 * Hold back signals, and ib_output_abandon() in other threads, from here to
 * ib_temp_let_go(): while files come to be or are renamed. False, with nothing
 * held, once everything was abandoned.
 */
bool ib_temp_hold(sigset_t *old);
void ib_temp_let_go(const sigset_t *old);

/* Off the list, and freed: it was renamed or unlinked. NULL is fine. */
void ib_temp_release(struct ib_temp *temp);

#endif
