/* The text of a range: records with the ids 0 to N-1, which an input generates. */
#ifndef IB_RECORD_RANGE_TEXT_H
#define IB_RECORD_RANGE_TEXT_H

#include "io/input.h"

/*
 * Open an input with n records: the lines of a list, objects {"id":7}, or rows of CSV or TSV below
 * the header id.
 */
enum ib_status ib_range_text_open(uint64_t n, enum ib_format format, struct ib_input **out,
				  struct ib_error *err);

#endif
