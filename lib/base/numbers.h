/*
 * Parse and format numbers, correctly rounded and independent of the locale. No other code
 * converts between text and numbers. Written by hand because strtod() and printf() depend on
 * the locale and take several times as long, and printf() does not find the shortest decimal.
 */
#ifndef IB_BASE_NUMBERS_H
#define IB_BASE_NUMBERS_H

#include <string.h>

#include "infobatch.h"

/*
 * Parse the number at p: a number of RFC 8259, or one of the words nan, inf and infinity in
 * any case, with an optional minus sign. The value is the same as strtod's for the same bytes
 * in the C locale (an infinity on overflow).
 *
 * Returns one past the last byte of the number, or NULL if there is no valid number at p
 * ("1.", "1e", "01"). The text must contain a byte that ends the number (a comma, a brace,
 * a newline ...), and the 8 bytes after it must be readable. The caller must check the byte
 * that follows the number.
 */
const char *ib_number_json(const char *p, double *value);

/*
 * Parse a number that is a complete field of CSV, TSV or an option. In addition to
 * ib_number_json(), it accepts a leading + (also before a word), leading zeros, and a point
 * without digits on one side ("+.5", "5.", "007"). It does not accept spaces or hexadecimal.
 * Returns false if the field is not a number. Reads no byte beyond the span.
 */
bool ib_number_text(struct ib_span field, double *value);

/* Parse an unsigned decimal integer ("0042" too). Returns false on overflow or other text. */
bool ib_number_unsigned(struct ib_span field, uint64_t *value);

#define IB_NUMBER_MAX 40 /* buffer size; more than the text needs, for copies of 8 bytes */

/*
 * Write the shortest decimal that reads back as the same double; of several, the closest.
 * The format is that of Python's repr: always with a fraction or an exponent (1.0, 1e-05,
 * 1e+16, 1.5e+300), with an exponent below 1e-4 and from 1e16 on; nan, inf and -inf.
 * Writes no NUL. Returns the length, at most 24.
 */
size_t ib_number_put(char out[IB_NUMBER_MAX], double value);

/*
 * Write the shortest decimal that gives the same binary32 if it is read as a double and then
 * converted. In all other respects the same as ib_number_put().
 */
size_t ib_number_put_float(char out[IB_NUMBER_MAX], float value);

/* Write the decimal digits of an integer. Returns the length, at most 20. */
size_t ib_number_put_unsigned(char out[IB_NUMBER_MAX], uint64_t value);

/* Hash a number to a slot in [0, 2^bits). */
static inline size_t
ib_number_slot(double value, unsigned bits)
{
	uint64_t x;

	memcpy(&x, &value, sizeof(x));
	return (size_t)(x * 0x9e3779b97f4a7c15u >> (64 - bits));
}

#endif
