/*
 * Structs of infobatch.h that begin with their size. A program may have been compiled with an
 * older or a newer version of the struct than the library.
 */
#ifndef IB_BASE_SIZED_H
#define IB_BASE_SIZED_H

#include "infobatch_run.h"

/*
 * Copy the struct `given`, which comes from the program, to `own`, which has `size` bytes.
 * Members of `own` that `given` does not have become 0. Returns IB_E_MISUSE if the size in
 * `given` is not set, or if `given` has a member that the library does not know and that is not
 * 0.
 */
enum ib_status ib_sized_read(void *own, size_t size, const void *given, struct ib_error *err);

/*
 * Copy the members of `own`, except for the size, to the struct `given`, which comes from the
 * program. Members of `given` that the library does not know become 0. Returns IB_E_MISUSE if the
 * size in `given` is not set.
 */
enum ib_status ib_sized_write(void *given, const void *own, size_t size, struct ib_error *err);

#endif
