/* Companions of a manifest (--companion): files whose lines go with its records. */
#ifndef IB_PRUNE_COMPANION_H
#define IB_PRUNE_COMPANION_H

#include "io/input.h"
#include "io/output.h"

struct ib_companion;

/* spec (borrowed): IN:OUT. with_output false: OUT is somebody else's. */
enum ib_status ib_companion_open(const char *spec, unsigned flags, bool with_output,
				 struct ib_companion **out, struct ib_error *err);
void ib_companion_free(struct ib_companion *a); /* its output is discarded */

/* OUT of IN:OUT. */
const char *ib_companion_target(const char *spec);

/* Its output; NULL: none. *ib_companion_output() = NULL hands it over. */
struct ib_output **ib_companion_output(struct ib_companion *a);

/*
 * Hand line number `line` (from 0; never before one asked for earlier) to put,
 * in pieces, with a line end; NULL: to the output. IB_E_DATA: there is none.
 */
enum ib_status ib_companion_line(struct ib_companion *a, uint64_t line,
				 void (*put)(void *ctx, const char *p, size_t n), void *ctx,
				 struct ib_error *err);

/* The manifest's records took so many lines: the companion must end there. */
enum ib_status ib_companion_end(struct ib_companion *a, uint64_t lines, struct ib_error *err);

#endif
