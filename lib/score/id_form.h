/*
 * Differences in the spelling of one id between two programs. R and pandas
 * turn 101 into 101.0, macOS decomposes Unicode, a data set moves to another
 * folder, and so on.
 */
#ifndef IB_SCORE_ID_FORM_H
#define IB_SCORE_ID_FORM_H

#include "base/bytes.h"

/* Spelling differences; a set of them is the OR of its bits. */
enum ib_id_form {
	IB_FORM_UNICODE = 1,  /* NFC or NFD */
	IB_FORM_CASE = 2,     /* letter case */
	IB_FORM_NUMBER = 4,   /* 101.0 for 101, 1e+05 for 100000 */
	IB_FORM_ZEROS = 8,    /* leading zeros */
	IB_FORM_BLANKS = 16,  /* spaces around the id */
	IB_FORM_FOLDERS = 32, /* folders of a path */
	IB_FORM_SUFFIX = 64,  /* suffix of a file name */
	IB_FORM_ALL = 127
};
#define IB_NFORMS 7

/*
 * Normalize an id: write it to out without the differences in `forms`. out is
 * emptied first. If the id is not valid UTF-8, only the case of ASCII letters
 * is changed, and the Unicode form is not. O(length).
 */
void ib_id_reduce(struct ib_span id, unsigned forms, struct ib_bytes *out);

/*
 * Return the smallest set of forms that explains the difference between two
 * ids. Returns 0 if they are equal, or if no set explains it. Normalizes both
 * ids 2^7 times at worst.
 */
unsigned ib_id_difference(struct ib_span a, struct ib_span b);

/*
 * True if ids that differ in `forms` certainly name the same sample. Different
 * samples may have the same file name in different folders, so folders are
 * certain only if one id is the other without some of its first folders, and a
 * suffix only if one of the ids has none.
 */
bool ib_id_is_same(struct ib_span a, struct ib_span b, unsigned forms);

/* Append the forms in words: "in one letter case and without their folders". */
void ib_id_put_forms(struct ib_bytes *to, unsigned forms);

#endif
