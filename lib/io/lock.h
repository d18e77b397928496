/* Lock files. */
#ifndef IB_IO_LOCK_H
#define IB_IO_LOCK_H

#include "infobatch_run.h"

/*
 * Lock the lock file of FILE, whose name ib_lock_name() returns. The lock file is created if
 * needed, and is never removed. If another process holds the lock, wait, or return IB_E_AGAIN if
 * no_wait is set. If the file system does not support locks, warn and return IB_OK, or return
 * IB_E_IO if no_wait is set. *lock is a descriptor for ib_unlock(). It is -1 if FILE is a device
 * or a pipe, because these need no lock.
 */
enum ib_status ib_lock(const char *file, bool no_wait, const struct ib_context *context, int *lock,
		       struct ib_error *err);
void ib_unlock(int lock); /* -1 is allowed */

#endif
