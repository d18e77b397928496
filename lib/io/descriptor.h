/*
 * System calls on descriptors. If a signal interrupts a call, the call is repeated, because
 * SA_RESTART does not prevent EINTR on network file systems and FUSE. A function returns the same
 * result and errno as the system call, unless its comment says otherwise.
 */
#ifndef IB_IO_DESCRIPTOR_H
#define IB_IO_DESCRIPTOR_H

#include <stdbool.h>
#include <sys/types.h>

/* Open a file; O_CLOEXEC and O_NOCTTY are added to flags. */
int ib_fd_open(const char *path, int flags, mode_t mode);

/*
 * Return the open descriptor that a path names: 1 for /dev/stdout, 2 for /dev/stderr, and N for
 * /dev/fd/N and /proc/self/fd/N. Returns -1 for all other paths.
 */
int ib_fd_of_path(const char *path);

/* Duplicate a descriptor. The copy and fd share the position in the file. */
int ib_fd_duplicate(int fd);

ssize_t ib_fd_read(int fd, void *p, size_t n);
/* Read until n bytes are read or the file ends. */
ssize_t ib_fd_pread(int fd, void *p, size_t n, off_t at);
ssize_t ib_fd_write(int fd, const void *p, size_t n);
/* Write all n bytes. Returns 0 or -1. */
int ib_fd_pwrite(int fd, const void *p, size_t n, off_t at);

/* Set the length of the file. Returns 0 or -1. */
int ib_fd_truncate(int fd, off_t size);

/*
 * Sync the file. Returns true if the file is synced, or if its file system does not support syncing
 * this kind of file.
 */
bool ib_fd_sync(int fd);
int ib_fd_lock(int fd, int operation); /* flock(2) */

/* Close fd, which may be -1. EINTR is not an error, because Linux closes fd even then. */
int ib_fd_close(int fd);

#endif
