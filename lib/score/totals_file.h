/*
 * A totals file: totals, which parts they sum, and what a second pass added.
 */
#ifndef IB_SCORE_TOTALS_FILE_H
#define IB_SCORE_TOTALS_FILE_H

#include "score/part_set.h"
#include "score/bin_counts.h"

struct ib_totals_file {
	struct ib_totals totals;
	struct ib_part_set parts;
	struct ib_bin_counts *refined; /* NULL: nothing */
};

struct ib_totals_file *ib_totals_file_new(void); /* NULL: memory ran out */
void ib_totals_file_free(struct ib_totals_file *s);

/* other, of the file `name`, must fit: IB_E_DATA where it does not. */
enum ib_status ib_totals_file_merge(struct ib_totals_file *s, struct ib_totals_file *other,
				    const char *name, struct ib_error *err);

/*
 * Do they stand for everything? Totals with a part missing, or refined from
 * others than they have become: IB_E_DATA.
 */
enum ib_status ib_totals_file_check(const struct ib_totals_file *s, const char *name,
				    struct ib_error *err);

/*
 * Known by its first member, "ib_totals". "parts" is there where not all are
 * summed up, "refined" where a second pass was made. The writer's output is
 * not committed.
 */
#define IB_TOTALS_VERSION 1
enum ib_status ib_totals_file_read(struct ib_input *in, struct ib_totals_file **out,
				   struct ib_error *err);
enum ib_status ib_totals_file_write(const struct ib_totals_file *s, struct ib_output *out,
				    struct ib_error *err);

#endif
