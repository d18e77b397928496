/*
 * Functions that use system calls outside POSIX.1-2008. With IB_PORTABLE (make PORTABLE=1), each
 * function uses calls of POSIX instead, or does nothing if its only purpose is speed.
 *
 * Three other files also use calls outside POSIX. With IB_PORTABLE, huge_array.c copies an array
 * instead of calling mremap(), and io/temp_file.c names each temporary file from the start instead
 * of using O_TMPFILE. io/descriptor.c always needs flock(2), which Linux, macOS and the BSDs have.
 */
#ifndef IB_BASE_SYSTEM_H
#define IB_BASE_SYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * Return a random number that is not 0. If the system has no source of random numbers, the number
 * is derived from the time.
 */
uint64_t ib_system_random(void);

#define IB_CPUS_MAX 65536 /* more CPUs than any kernel supports */

/* Return the number of CPUs that this process may use, which is at least 1. */
int ib_system_cpus(void);

/* Return the address of the last byte in p[0..n) that equals c, or NULL if no byte equals c. */
const void *ib_system_find_last(const void *p, char c, size_t n);

/*
 * Return the address of the first occurrence of what[0..k) in p[0..n), or NULL if what[0..k) does
 * not occur. k must be at least 1.
 */
const void *ib_system_find(const void *p, size_t n, const void *what, size_t k);

/*
 * Start to write n bytes of a file to the disk, from offset `from` on. Does not wait for the disk.
 */
void ib_system_write_soon(int fd, off_t from, off_t n);

/* Tell the kernel to read ahead, because the complete file will be read in order. */
void ib_system_read_ahead(int fd);

/* Release the memory of n bytes mapped at p. The next access reads them from the file again. */
void ib_system_unload(const void *p, size_t n);

/*
 * Return the nanoseconds of the modification time of a file. Returns 0 if the system does not
 * provide nanoseconds.
 */
long ib_system_mtime_ns(const struct stat *s);

#endif
