/*
 * Read a companion file of a manifest (--companion IN:OUT). Line i of IN
 * belongs to record i of the manifest. The run copies the lines of the kept
 * records to OUT.
 */
#ifndef IB_PRUNE_COMPANION_H
#define IB_PRUNE_COMPANION_H

#include "io/input.h"

struct ib_companion;

/* Open the file IN of spec, which has the form IN:OUT. The caller keeps ownership of spec. */
enum ib_status ib_companion_open(const char *spec, struct ib_companion **out, struct ib_error *err);
void ib_companion_free(struct ib_companion *a); /* NULL is allowed */

/* Return the path OUT of `spec`, which has the form IN:OUT. */
const char *ib_companion_output_path(const char *spec);

/*
 * Go to the line with the number `line`, counted from 0. Each call must have a larger `line` than
 * the previous call. Returns IB_E_DATA if the file has no line with this number.
 */
enum ib_status ib_companion_seek(struct ib_companion *a, uint64_t line, struct ib_error *err);

/*
 * Get the next piece of the current line. The piece is valid until the next
 * call. The last piece ends in a newline. Returns IB_EOF after the last piece.
 */
enum ib_status ib_companion_get(struct ib_companion *a, struct ib_span *piece,
				struct ib_error *err);

/*
 * Check that the companion file has exactly `lines` lines. Call this function when the manifest has
 * no more records. Returns IB_E_DATA if the number of lines differs.
 */
enum ib_status ib_companion_end(struct ib_companion *a, uint64_t lines, struct ib_error *err);

#endif
