/*
 * Follow symbolic links, recognize regular files, and limit the number of output files. The check
 * that no file is used twice, ib_files_check(), is declared in infobatch_run.h.
 */
#ifndef IB_IO_FILES_H
#define IB_IO_FILES_H

#include "infobatch_run.h"

/*
 * Follow the symbolic link `path`. Returns the path of the link's target, which need not exist,
 * or a copy of path if it is not a link. The caller frees the result. Returns NULL with errno on
 * errors.
 */
char *ib_links_follow(const char *path);

/*
 * True if `path` is a regular file, or a link to a regular file. False for "-", which is standard
 * input.
 */
bool ib_file_is_regular(const char *path);

/* Return IB_E_MISUSE if --split requests more than IB_SPLIT_MAX files. */
enum ib_status ib_split_check(uint64_t files, struct ib_error *err);

#endif
