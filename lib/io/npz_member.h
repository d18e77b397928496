/* A member of an .npz archive, as described by the zip directory and the .npy header. */
#ifndef IB_IO_NPZ_MEMBER_H
#define IB_IO_NPZ_MEMBER_H

#include "infobatch_run.h"

struct ib_npz_member {
	struct ib_span name; /* "score.npy" */
	/* true if the .npy header was parsed; the members from descr to nbytes are then set */
	bool array;
	char descr[16]; /* item type without its quotes: "<f4" */
	bool fortran;
	unsigned ndim;
	uint64_t n;	 /* number of items */
	size_t size;	 /* bytes per item; 0 if unknown (objects) */
	uint64_t nbytes; /* bytes of all items, or of the member if it is not an array */
	uint32_t crc;	 /* CRC-32 of the uncompressed member, from the zip directory */
	/* The members below are used only by the zip and npz readers. */
	uint64_t local; /* offset of the local header */
	uint64_t compressed_size, uncompressed_size;
	unsigned method; /* compression method of zip */
	size_t header;	 /* length of the .npy header, which precedes the items */
};

#endif
