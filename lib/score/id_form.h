/*
 * The ways in which one id is written differently by two programs: what R,
 * pandas, a Mac or a change of folders does to it.
 */
#ifndef IB_SCORE_ID_FORM_H
#define IB_SCORE_ID_FORM_H

#include "base/bytes.h"

/* A set of these is a sum of bits. */
enum ib_id_form {
	IB_FORM_UNICODE = 1,  /* NFC or NFD */
	IB_FORM_CASE = 2,     /* of letters */
	IB_FORM_NUMBER = 4,   /* 101.0 for 101, 1e+05 for 100000 */
	IB_FORM_ZEROS = 8,    /* in front of digits */
	IB_FORM_BLANKS = 16,  /* around the id */
	IB_FORM_FOLDERS = 32, /* of a path */
	IB_FORM_SUFFIX = 64,  /* of a file's name */
	IB_FORM_ALL = 127
};
#define IB_NFORMS 7

/*
 * Write the id without that in which these forms differ into out, which is
 * emptied first. Bytes that are no UTF-8 have no Unicode form, and only the
 * case of ASCII. O(length).
 */
void ib_id_reduce(struct ib_span id, unsigned forms, struct ib_bytes *out);

/*
 * The smallest set of forms that makes two ids equal; 0 if they are equal, or
 * no set does. Reads 2^7 forms of both at worst.
 */
unsigned ib_id_difference(struct ib_span a, struct ib_span b);

/*
 * Is that difference no accident? New and removed samples of one folder
 * structure differ in their folders too: it is none where one id is the other
 * without some of its first folders, or without its suffix.
 */
bool ib_id_is_same(struct ib_span a, struct ib_span b, unsigned forms);

/* "in one letter case and without their folders", behind what is there. */
void ib_id_put_forms(struct ib_bytes *to, unsigned forms);

#endif
