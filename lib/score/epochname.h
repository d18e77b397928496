/* The epoch that an operand's name holds (-e name, -e name:PATTERN). */
#ifndef IB_SCORE_EPOCHNAME_H
#define IB_SCORE_EPOCHNAME_H

#include "base/bytes.h"

/*
 * The epoch in the name of `path`. Without a pattern: the number behind one of
 * the words epoch, ep, e, or else the only number. With one: the number that
 * its %d matches. IB_E_MISUSE if the name has no such number, or several.
 */
enum ib_status ib_epochname_read(const char *path, const char *pattern, int64_t *epoch,
				 struct ib_error *err);

#endif
