/*
 * Structs of infobatch.h that begin with their size. A program may have been compiled with an
 * older or a newer version of the struct than the library.
 */
#ifndef IB_BASE_SIZED_H
#define IB_BASE_SIZED_H

#include "infobatch_run.h"

/*
 * Copy a struct of the caller to `own`, which has `size` bytes. Members of `own` that the caller's
 * version of the struct does not have become 0. Returns IB_E_MISUSE if the caller did not set the
 * size, or if a member that the library does not know is not 0.
 */
enum ib_status ib_sized_read(void *own, size_t size, const void *given, struct ib_error *err);

/*
 * Copy the members of `own` to a struct of the caller, except for the size. Members of the caller's
 * struct that the library does not know become 0. Returns IB_E_MISUSE if the caller did not set the
 * size.
 */
enum ib_status ib_sized_write(void *given, const void *own, size_t size, struct ib_error *err);

#endif
