/*
 * A totals file: totals, which parts they sum, and what a second pass added.
 */
#ifndef IB_SCORE_SUMS_H
#define IB_SCORE_SUMS_H

#include "score/parts.h"
#include "score/refined.h"

struct ib_sums {
	struct ib_totals totals;
	struct ib_parts parts;
	struct ib_refined *refined; /* NULL: nothing */
};

struct ib_sums *ib_sums_new(void); /* NULL: memory ran out */
void ib_sums_free(struct ib_sums *s);

/* other, of the file `name`, must fit: IB_E_DATA where it does not. */
enum ib_status ib_sums_merge(struct ib_sums *s, struct ib_sums *other, const char *name,
			     struct ib_error *err);

/*
 * Do they stand for everything? Totals with a part missing, or refined from
 * others than they have become: IB_E_DATA.
 */
enum ib_status ib_sums_check(const struct ib_sums *s, const char *name, struct ib_error *err);

/*
 * Known by its first member, "ib_totals". "parts" is there where not all are
 * summed up, "refined" where a second pass was made. The writer's output is
 * not committed.
 */
#define IB_TOTALS_VERSION 1
enum ib_status ib_sums_read(struct ib_input *in, struct ib_sums **out, struct ib_error *err);
enum ib_status ib_sums_write(const struct ib_sums *s, struct ib_output *out, struct ib_error *err);

#endif
