/* Temporary files beside their targets, which a signal handler can remove. */
#ifndef IB_IO_TEMP_H
#define IB_IO_TEMP_H

#include <sys/types.h>

#include "infobatch.h"

struct ib_temp; /* on the list of ib_output_abandon() until released */

/*
 * Make ".NAME.ib-XXXXXX" in the folder of target, open for reading and
 * writing, with the mode that umask leaves of 0666. Returns its descriptor
 * and *temp, or -1 with errno (ECANCELED: ib_output_abandon() came between).
 */
int ib_temp_create(const char *target, struct ib_temp **temp);

const char *ib_temp_path(const struct ib_temp *temp);

/* Off the list, and freed: it was renamed or unlinked. NULL is fine. */
void ib_temp_release(struct ib_temp *temp);

#endif
