/*
 * Declarations that delimited.c (records and fields of CSV and TSV) and delimited_header.c
 * share. Private to these files.
 */
#ifndef IB_RECORD_DELIMITED_H
#define IB_RECORD_DELIMITED_H

#include "record/format.h"

/*
 * Read the field at p. Sets *stop to the delimiter or newline that ends the field. Returns false
 * if the quote of the field is not closed, or if text follows the closing quote.
 */
bool ib_delimited_read_field(char delimiter, const char *p, const char *end, struct ib_value *v,
			     const char **stop);

/* Remove the space around a field, and then, in CSV, the quotes: ' "a" ' becomes 'a'. */
void ib_delimited_trim(struct ib_value *v, char delimiter);

/* Return the newline that ends the record at p, or NULL if the record does not end before `end`. */
const char *ib_delimited_record_stop(char delimiter, const char *p, const char *end);

bool ib_delimited_is_empty_line(const char *p, const char *end);

/* The read_header function of CSV and TSV. Stores and parses the header line. */
enum ib_header_status ib_delimited_read_header(struct ib_source *s, const char *p, size_t n,
					       bool last, size_t *used, struct ib_error *err);

#endif
