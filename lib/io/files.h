/* Resolve symbolic links. ib_files_check() in infobatch.h compares files. */
#ifndef IB_IO_FILES_H
#define IB_IO_FILES_H

#include "infobatch.h"

/*
 * Follow the symbolic link `path`, if it is one. Returns the path of its target, which need not
 * exist; the caller frees it. Returns NULL with errno on errors.
 */
char *ib_links_follow(const char *path);

#endif
