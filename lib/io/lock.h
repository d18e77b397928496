/* Lock files. */
#ifndef IB_IO_LOCK_H
#define IB_IO_LOCK_H

#include "infobatch.h"

/*
 * Lock FILE.lock, the lock file of FILE. It is created if needed and never removed. If another
 * process holds the lock, wait, or return IB_E_AGAIN if no_wait is set. If the file system has no
 * locks, warn and return IB_OK, or return IB_E_IO if no_wait is set. *lock is a descriptor
 * for ib_unlock(); it is -1 if FILE is a device or a pipe, which needs no lock.
 */
enum ib_status ib_lock(const char *file, bool no_wait, const struct ib_context *context, int *lock,
		       struct ib_error *err);
void ib_unlock(int lock); /* -1 is allowed */

#endif
