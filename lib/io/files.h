/* Symbolic links, and the number of output files. ib_files_check() in infobatch.h compares files.
 */
#ifndef IB_IO_FILES_H
#define IB_IO_FILES_H

#include "infobatch.h"

/*
 * Follow the symbolic link `path`, if it is one. Returns the path of its target, which need not
 * exist; the caller frees it. Returns NULL with errno on errors.
 */
char *ib_links_follow(const char *path);

/* Returns IB_E_CREATE if --split asks for more files than IB_SPLIT_MAX. */
enum ib_status ib_split_check(uint64_t files, struct ib_error *err);

#endif
