/*
 * Make an .npz archive from members that a fuzzer changes. A fuzzer cannot change the archive
 * itself, because the CRC of the changed member would be wrong.
 */
#ifndef TESTS_FUZZ_ARCHIVE_H
#define TESTS_FUZZ_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_MEMBERS_MAX 16

struct fuzz_member {
	const char *name;  /* including .npy */
	const char *descr; /* NULL: the bytes are the complete member, including its header */
	const void *p;
	size_t n;    /* number of bytes */
	size_t size; /* bytes per item */
};

/*
 * Return an archive of stored members, which the caller frees with free(). crc[] receives the CRC
 * of each member; it may be NULL.
 */
uint8_t *fuzz_archive(const struct fuzz_member *m, size_t count, uint32_t *crc, size_t *n);

#endif
