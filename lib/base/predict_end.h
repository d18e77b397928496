/* Predict where a value ends, so that the processor need not wait for the scan. */
#ifndef IB_BASE_PREDICT_END_H
#define IB_BASE_PREDICT_END_H

#include <stdint.h>

/*
 * Returns end, the end of a value that a scan from start on has found. *length is the length
 * of the last such value, and is set to the length of this one.
 *
 * A scan finds the end about 20 cycles after the bytes were loaded, and parsing of the next
 * value cannot start before. But values of one field mostly have the same length. So the
 * returned address is computed from the last length, and a branch checks it: the processor
 * predicts the branch and continues at once, and parsing of successive values overlaps. The asm
 * statement hides from the compiler that both addresses are equal; otherwise it would use the
 * slow one. Saves 13 to 16 % of ib-score's time on losses of one length, and costs 4 % on
 * losses of many lengths; see tests/PERFORMANCE.md.
 */
static inline const char *
ib_predict_end(const char *start, const char *end, uint32_t *length)
{
	uint32_t n = (uint32_t)(end - start), known = *length, guess = known;

	__asm__("" : "+r"(guess));
	if (n == known)
		return start + guess;
	*length = n;
	return end;
}

#endif
