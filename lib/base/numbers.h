/*
 * Text <-> numbers, correctly rounded, whatever the locale. The only place
 * that converts either way.
 */
#ifndef IB_BASE_NUMBERS_H
#define IB_BASE_NUMBERS_H

#include "infobatch.h"

/*
 * Read the number at p: RFC 8259's grammar, or one of the words nan, inf,
 * infinity in any case, with a minus or without. The value is what strtod
 * makes of the same bytes in the C locale (overflow: an infinity).
 *
 * Returns one past the number's last byte, NULL if none begins at p, or one
 * that breaks off or goes on wrongly ("1.", "1e", "01"). The bytes behind the
 * number must hold one that cannot continue it (a comma, a brace, a line end
 * ...), and 8 bytes behind that one must be readable. It is the caller's to
 * see that the number ends where it should.
 */
const char *ib_number_json(const char *p, double *value);

/*
 * The number that fills the whole of a field of CSV, TSV or an option: as
 * above, and it may begin with + (a word too) or a point, or end with a point
 * ("+.5", "5.", "007"). No blanks, no hexadecimal. False if it is none. Reads
 * not one byte beyond the span.
 */
bool ib_number_text(struct ib_span field, double *value);

/* A whole unsigned decimal ("0042" too); false on anything else or overflow. */
bool ib_number_unsigned(struct ib_span field, uint64_t *value);

#define IB_NUMBER_MAX 40 /* room to copy by whole words */

/*
 * The shortest decimal that reads back as the same double, the closest of
 * these, in the form of Python's repr: always a fraction or an exponent (1.0,
 * 1e-05, 1e+16, 1.5e+300; an exponent below 1e-4 and from 1e16 on). nan, inf,
 * -inf. Writes no NUL; returns the length, at most 24.
 */
size_t ib_number_put(char out[IB_NUMBER_MAX], double value);

/*
 * The shortest decimal that reads back, by way of a double, as the same
 * binary32; otherwise as ib_number_put().
 */
size_t ib_number_put_float(char out[IB_NUMBER_MAX], float value);

/* Decimal digits of an integer; returns the length, at most 20. */
size_t ib_number_put_unsigned(char out[IB_NUMBER_MAX], uint64_t value);

#endif
