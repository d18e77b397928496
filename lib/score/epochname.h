/* Read the epoch from the file name of an operand (-e name, -e name:PATTERN). */
#ifndef IB_SCORE_EPOCHNAME_H
#define IB_SCORE_EPOCHNAME_H

#include "base/bytes.h"

/*
 * Read the epoch from the name of `path`. Without a pattern, the epoch is the number after the word
 * epoch, ep or e. If no number in the name is after such a word, the epoch is the only number in
 * the name. With a pattern, the epoch is the number that matches %d in the pattern. Returns
 * IB_E_MISUSE if the name gives no epoch, or more than one.
 */
enum ib_status ib_epochname_read(const char *path, const char *pattern, int64_t *epoch,
				 struct ib_error *err);

/*
 * Do the same without a pattern, but return false if the name gives no epoch. In names such as
 * "rank0" and "part-3", the number is not an epoch.
 */
bool ib_epochname_guess(const char *path, int64_t *epoch);

#endif
