/*
 * Parse and format numbers. The results are correctly rounded and independent of the locale.
 * strtod() and printf() are used only in rare cases, because they depend on the locale and take
 * several times as long. In addition, printf() cannot find the shortest decimal.
 */
#ifndef IB_BASE_NUMBERS_H
#define IB_BASE_NUMBERS_H

#include <string.h>

#include "infobatch_run.h"

/*
 * Parse the number at p: a JSON number (RFC 8259), or one of the words nan, inf and infinity in
 * upper or lower case, with an optional minus sign. *value is set to the value that strtod()
 * returns for the same bytes in the C locale (an infinity on overflow).
 *
 * Returns the address after the number. Returns NULL if the text at p is not a valid number; "1.",
 * "1e" and "01" are not valid. The text must contain a byte that ends the number (a comma, a brace,
 * a newline ...), and 8 bytes after this byte must be readable. The caller must check the byte that
 * follows the number.
 */
const char *ib_number_json(const char *p, double *value);

/*
 * Parse a number that is a complete field of CSV or TSV, or the value of an option. In
 * addition to the numbers of ib_number_json(), the function accepts a leading + ("+1", "+inf"),
 * leading zeros, and a decimal point without digits before or after it ("+.5", "5.", "007"). Spaces
 * and hexadecimal numbers are not accepted. Returns false if the field is not a number. No byte
 * outside the span is read.
 */
bool ib_number_text(struct ib_span field, double *value);

/*
 * Parse an unsigned decimal integer; leading zeros are allowed ("0042"). Returns false if the value
 * is too large, or if the field is not an unsigned decimal integer.
 */
bool ib_number_unsigned(struct ib_span field, uint64_t *value);

/*
 * Size of a buffer for a number. The buffer is larger than any number, because bytes are copied 8
 * at a time.
 */
#define IB_NUMBER_MAX 40

/*
 * Write the shortest decimal that reads back as the same double. If several decimals are equally
 * short, write the one that is closest to the value. The format is that of repr() in Python.
 * Numbers always have a decimal point or an exponent (1.0, 1e-05, 1e+16, 1.5e+300). The exponent is
 * used if the absolute value is below 1e-4 (and not 0) or at least 1e16. The special values are
 * nan, inf and -inf. No NUL is written. Returns the length, which is at most 24.
 */
size_t ib_number_write(char out[IB_NUMBER_MAX], double value);

/*
 * Write the shortest decimal that gives the same binary32 even if a reader parses the decimal as a
 * double first, and then converts the double to a binary32. The decimal is written in the format of
 * ib_number_write().
 */
size_t ib_number_write_float(char out[IB_NUMBER_MAX], float value);

/* Write the decimal digits of an integer. Returns the length, which is at most 20. */
size_t ib_number_write_unsigned(char out[IB_NUMBER_MAX], uint64_t value);

/* Return a hash of the number. The hash is in [0, 2^bits). */
static inline size_t
ib_number_slot(double value, unsigned bits)
{
	uint64_t x;

	memcpy(&x, &value, sizeof(x));
	return (size_t)(x * 0x9e3779b97f4a7c15u >> (64 - bits));
}

#endif
