/* Just so much of zip as .npz archives need. Input is untrusted. */
#ifndef IB_IO_ZIP_H
#define IB_IO_ZIP_H

#include "io/npz_member.h"

/* Signatures and sizes of APPNOTE.TXT (6.3.10) sections 4.3.7 to 4.3.16. */
#define IB_ZIP_LOCAL 0x04034b50u
#define IB_ZIP_CENTRAL 0x02014b50u
#define IB_ZIP_END 0x06054b50u
#define IB_ZIP_END64 0x06064b50u
#define IB_ZIP_LOCATOR 0x07064b50u
#define IB_ZIP_LOCAL_SIZE ((size_t)30)
#define IB_ZIP_CENTRAL_SIZE ((size_t)46)
#define IB_ZIP_END_SIZE ((size_t)22)
#define IB_ZIP_END64_SIZE ((size_t)56)
#define IB_ZIP_LOCATOR_SIZE ((size_t)20)
#define IB_ZIP_STORED 0u
#define IB_ZIP_DEFLATED 8u

/* An archive's bytes, by a descriptor or in memory. */
struct ib_zip {
	const char *name; /* borrowed, as messages have it */
	int fd;		  /* -1: in memory */
	const char *memory;
	uint64_t size;
};

/* Read n bytes at an offset; IB_E_DATA where they are not all there. */
enum ib_status ib_zip_pread(const struct ib_zip *z, uint64_t offset, void *buf, size_t n,
			    struct ib_error *err);

/*
 * The central directory: *n members with name, local, stored, whole, method
 * and crc, all bounds checked but for the local headers. Names point into
 * *directory. Both are the caller's to free.
 */
enum ib_status ib_zip_directory(const struct ib_zip *z, char **directory,
				struct ib_npz_member **members, size_t *n, struct ib_error *err);

/* Where a member's data begin, by its local header; all of it is in the file. */
enum ib_status ib_zip_data(const struct ib_zip *z, const struct ib_npz_member *m, uint64_t *offset,
			   struct ib_error *err);

#endif
