/*
 * Read a companion file of a manifest (--companion IN:OUT): line i of IN belongs
 * to record i. The run copies the lines of the kept records to OUT.
 */
#ifndef IB_PRUNE_COMPANION_H
#define IB_PRUNE_COMPANION_H

#include "io/input.h"

struct ib_companion;

/* Open the input of spec (IN:OUT, borrowed). */
enum ib_status ib_companion_open(const char *spec, struct ib_companion **out, struct ib_error *err);
void ib_companion_free(struct ib_companion *a); /* NULL is allowed */

/* Return OUT of IN:OUT. */
const char *ib_companion_output_path(const char *spec);

/*
 * Pass line number `line` (from 0, ascending from call to call) to put, in
 * pieces and with a newline. Returns IB_E_DATA if the file has no such line.
 */
enum ib_status ib_companion_line(struct ib_companion *a, uint64_t line,
				 void (*put)(void *ctx, const char *p, size_t n), void *ctx,
				 struct ib_error *err);

/* Call after the last record. Returns IB_E_DATA unless the file has exactly `lines` lines. */
enum ib_status ib_companion_end(struct ib_companion *a, uint64_t lines, struct ib_error *err);

#endif
