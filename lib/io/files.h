/* Names of files: where links lead. Which names are one file: infobatch.h. */
#ifndef IB_IO_FILES_H
#define IB_IO_FILES_H

#include "infobatch.h"

/*
 * The path that the symbolic links of `path` lead to, even if nothing exists
 * there. free() it. NULL with errno if it cannot be told.
 */
char *ib_links_follow(const char *path);

#endif
