/*
 * System calls on descriptors, tried again when a signal interrupts them
 * (EINTR: network file systems and FUSE, whatever SA_RESTART says). Results
 * and errno are those of the calls.
 */
#ifndef IB_IO_DESCRIPTOR_H
#define IB_IO_DESCRIPTOR_H

#include <stdbool.h>
#include <sys/types.h>

/* O_CLOEXEC and O_NOCTTY are added. */
int ib_fd_open(const char *path, int flags, mode_t mode);

ssize_t ib_fd_read(int fd, void *p, size_t n);
/* Until n bytes are read or the file ends. */
ssize_t ib_fd_pread(int fd, void *p, size_t n, off_t at);
ssize_t ib_fd_write(int fd, const void *p, size_t n);
/* All n bytes: 0, or -1. */
int ib_fd_pwrite(int fd, const void *p, size_t n, off_t at);

/* Make the file `size` bytes long: 0, or -1. */
int ib_fd_truncate(int fd, off_t size);

/* A file system that cannot sync such a file is no failure. */
bool ib_fd_sync(int fd);
int ib_fd_lock(int fd, int operation); /* flock(2) */

/* EINTR is success: Linux has closed it. -1 as fd is fine. */
int ib_fd_close(int fd);

#endif
