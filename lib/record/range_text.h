/* Generate the text of --range: records with the ids 0 to N-1. */
#ifndef IB_RECORD_RANGE_TEXT_H
#define IB_RECORD_RANGE_TEXT_H

#include "io/input.h"

/*
 * Open an input that generates n records: lines of a list, objects such as {"id":7}, or rows of CSV
 * or TSV after the header line "id".
 */
enum ib_status ib_range_text_open(uint64_t n, enum ib_format format, struct ib_input **out,
				  struct ib_error *err);

#endif
