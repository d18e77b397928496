/*
 * Companion files of a manifest (--companion): line i belongs to record i. The
 * lines of the kept records are copied to the companion's output.
 */
#ifndef IB_PRUNE_COMPANION_H
#define IB_PRUNE_COMPANION_H

#include "io/input.h"
#include "io/output.h"

struct ib_companion;

/* Open the input of spec (IN:OUT, borrowed), and its output if with_output. */
enum ib_status ib_companion_open(const char *spec, unsigned flags, bool with_output,
				 struct ib_companion **out, struct ib_error *err);
void ib_companion_free(struct ib_companion *a); /* discards the output */

/* Return OUT of IN:OUT. */
const char *ib_companion_output_path(const char *spec);

/* Return the address of the output, which may be NULL. The caller takes the output by setting it to
 * NULL. */
struct ib_output **ib_companion_output(struct ib_companion *a);

/*
 * Pass line number `line` (from 0, ascending from call to call) to put, in
 * pieces and with a newline; if put is NULL, write it to the output. Returns
 * IB_E_DATA if the file has no such line.
 */
enum ib_status ib_companion_line(struct ib_companion *a, uint64_t line,
				 void (*put)(void *ctx, const char *p, size_t n), void *ctx,
				 struct ib_error *err);

/* Call after the last record. Returns IB_E_DATA unless the file has exactly `lines` lines. */
enum ib_status ib_companion_end(struct ib_companion *a, uint64_t lines, struct ib_error *err);

#endif
