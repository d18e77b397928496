/*
 * Differences between two spellings of one id. Each kind of difference is called a form. Different
 * programs may spell one id in different ways: R and pandas turn 101 into 101.0, macOS decomposes
 * Unicode, and file names change when a data set moves to another folder.
 */
#ifndef IB_SCORE_ID_FORM_H
#define IB_SCORE_ID_FORM_H

#include "base/bytes.h"

/* Spelling differences. A set of differences is the bitwise OR of these values. */
enum ib_id_form {
	IB_FORM_UNICODE = 1,  /* NFC or NFD */
	IB_FORM_CASE = 2,     /* letter case */
	IB_FORM_NUMBER = 4,   /* 101.0 instead of 101, 1e+05 instead of 100000 */
	IB_FORM_ZEROS = 8,    /* leading zeros */
	IB_FORM_BLANKS = 16,  /* spaces around the id */
	IB_FORM_FOLDERS = 32, /* folders of a path */
	IB_FORM_SUFFIX = 64,  /* suffix of a file name */
	IB_FORM_ALL = 127
};
#define IB_NFORMS 7

/*
 * Normalize an id: remove the differences that `forms` names, and write the result to out. The
 * previous contents of out are removed first. If the id is not valid UTF-8, its Unicode form is
 * not changed, and only the case of ASCII letters is changed. O(length).
 */
void ib_id_reduce(struct ib_span id, unsigned forms, struct ib_bytes *out);

/*
 * Return the smallest set of spelling differences (forms) without which the two ids are equal.
 * Returns 0 if the ids are equal, or if there is no such set. Normalizes both ids at most 2^7
 * times.
 */
unsigned ib_id_difference(struct ib_span a, struct ib_span b);

/*
 * True if ids that differ in `forms` certainly name the same sample. Different
 * samples may have the same file name in different folders. A difference in
 * folders is therefore certain only if removing some leading folders from one
 * id gives the other id. A difference in suffixes is certain only if one of the
 * ids has no suffix.
 */
bool ib_id_is_same(struct ib_span a, struct ib_span b, unsigned forms);

/*
 * Append a text that describes the spelling differences `forms`, for example "in the same letter
 * case and without their folders".
 */
void ib_id_write_forms(struct ib_bytes *to, unsigned forms);

#endif
