/*
 * The elements of the arrays of a record, such as the ids and the losses of a batch. Nearly all
 * arrays contain only strings without escapes, or only numbers, and have the same bytes between
 * all elements. json.c reads the first element like any other value. These functions then read the
 * similar elements that follow. An element is similar if it has the same kind as the first element,
 * and if the same bytes follow it. For the speed, see tests/PERFORMANCE.md.
 */
#ifndef IB_RECORD_JSON_ELEMENTS_H
#define IB_RECORD_JSON_ELEMENTS_H

#include "record/value.h"

/* Initialize with {0}. */
struct ib_json_elements {
	struct ib_value *v; /* v[0..n): the elements */
	size_t n, cap;
	bool failed; /* true if memory ran out */
};
void ib_json_elements_release(struct ib_json_elements *e);

/* Append an element, which the caller fills. Returns NULL if out of memory. */
struct ib_value *ib_json_elements_add(struct ib_json_elements *e);

/*
 * Append the elements that begin at p and are similar to the previous element, which ended at
 * `end`. Stops at the first element that is not similar, and never appends the final element of the
 * array. Returns the position of the first element that was not appended, or of the space before
 * this element. The input must end as in ib_json_read_object().
 */
const char *ib_json_elements_read_similar(struct ib_json_elements *e, const char *end,
					  const char *p);

#endif
