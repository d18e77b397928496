/* The ids of a range: the id of row i is the decimal number i. */
#ifndef IB_BASE_ROW_ID_H
#define IB_BASE_ROW_ID_H

#include "base/digits.h"
#include "infobatch_run.h"

/* Larger than the number of digits of any row number. A multiple of 8 makes copies fast. */
#define IB_ROW_ID_MAX 24

struct ib_row_id {
	char text[IB_ROW_ID_MAX];
	uint32_t n;
};

static inline void
ib_row_id_set(struct ib_row_id *id, uint64_t row)
{
	char digits[IB_ROW_ID_MAX];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + row % 10);
	while ((row /= 10) > 0);
	id->n = (uint32_t)(sizeof(digits) - at);
	memcpy(id->text, digits + at, id->n);
}

/* Change the id to the id of the next row. */
static inline void
ib_row_id_next(struct ib_row_id *id)
{
	uint32_t i = id->n;

	while (i > 0 && id->text[i - 1] == '9')
		id->text[--i] = '0';
	if (i > 0) {
		id->text[i - 1]++;
		return;
	}
	id->text[0] = '1'; /* all digits were 9 */
	id->text[id->n++] = '0';
}

static inline struct ib_span
ib_row_id_span(const struct ib_row_id *id)
{
	if (id->n > 16)
		__builtin_unreachable(); /* lets the compiler omit code for longer ids */
	return (struct ib_span){ id->text, id->n };
}

/* Return the number of digits of a row number below 10^10. */
static inline uint32_t
ib_row_id_length(uint64_t row)
{
	uint32_t n = 1;

	while (row >= 10) {
		row /= 10;
		n++;
	}
	return n;
}

/*
 * If p[0..n) is the id of a row whose number is below 10^10, set *row to this number and return
 * true. "07" and "+7" are not ids of rows.
 */
static inline bool
ib_row_id_parse(const char *p, size_t n, uint64_t *row)
{
	uint64_t value = 0;
	size_t i;

	if (n == 0 || n > 10 || (*p == '0' && n > 1))
		return false;
	for (i = 0; i < n; i++) {
		if (!ib_is_digit(p[i]))
			return false;
		value = 10 * value + (uint64_t)(p[i] - '0');
	}
	*row = value;
	return true;
}

#endif
