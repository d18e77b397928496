/*
 * An .npz archive whose members a fuzzer can change: zip has a CRC of each,
 * which no mutation gets right, so the archive is made here.
 */
#ifndef TESTS_FUZZ_ARCHIVE_H
#define TESTS_FUZZ_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_MEMBERS_MAX 16

struct fuzz_member {
	const char *name;  /* with .npy */
	const char *descr; /* NULL: the bytes are the member, header and all */
	const void *p;
	size_t n;    /* bytes */
	size_t size; /* of an item */
};

/* A stored archive in memory; free() it. crc (may be NULL): of each member. */
uint8_t *fuzz_archive(const struct fuzz_member *m, size_t count, uint32_t *crc, size_t *n);

#endif
