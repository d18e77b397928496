/*
 * Read the directory of a zip archive. Only the features that .npz archives need are supported.
 * The input is untrusted. This code is handwritten, because libarchive does not report the offset
 * of a member's data, which is needed to map an array into memory.
 */
#ifndef IB_IO_ZIP_H
#define IB_IO_ZIP_H

#include "io/npz_member.h"

/* Signatures and sizes from APPNOTE.TXT (6.3.10), sections 4.3.7 to 4.3.16. */
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

/* The bytes of an archive, which are in a file or in memory. */
struct ib_zip {
	const char *name; /* name for messages; borrowed */
	int fd;		  /* -1 if the archive is in memory */
	const char *memory;
	uint64_t size;
};

/* Read n bytes at an offset. Returns IB_E_DATA if the archive ends before these n bytes. */
enum ib_status ib_zip_pread(const struct ib_zip *z, uint64_t offset, void *buf, size_t n,
			    struct ib_error *err);

/*
 * Read the central directory. Sets *members to an array of *n members. In each member, name,
 * local, compressed_size, uncompressed_size, method and crc are set. All bounds are checked, except
 * in the local headers. The names point into *directory. The caller frees *directory and *members.
 */
enum ib_status ib_zip_directory(const struct ib_zip *z, char **directory,
				struct ib_npz_member **members, size_t *n, struct ib_error *err);

/*
 * Read the local header of a member, and set *offset to the offset of the member's data. Checks
 * that the archive contains all of the data.
 */
enum ib_status ib_zip_data(const struct ib_zip *z, const struct ib_npz_member *m, uint64_t *offset,
			   struct ib_error *err);

#endif
