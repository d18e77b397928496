/*
 * A totals file: totals, the partitions that they include, and the counts of a
 * second pass if there was one.
 */
#ifndef IB_SCORE_TOTALS_FILE_H
#define IB_SCORE_TOTALS_FILE_H

#include "score/part_set.h"
#include "score/bin_counts.h"

struct ib_totals_file {
	struct ib_totals totals;
	struct ib_part_set parts;
	struct ib_bin_counts *bins; /* counts of the second pass; NULL if none */
};

struct ib_totals_file *ib_totals_file_new(void); /* NULL if out of memory */
void ib_totals_file_free(struct ib_totals_file *s);

/*
 * Add other, read from the file `name`. Returns IB_E_DATA if a partition is
 * repeated, or if only one of them is partitioned or has second-pass counts.
 */
enum ib_status ib_totals_file_merge(struct ib_totals_file *s, struct ib_totals_file *other,
				    const char *name, struct ib_error *err);

/*
 * Check that the totals include all partitions, and that the second pass was
 * made for these very totals. Returns IB_E_DATA if not.
 */
enum ib_status ib_totals_file_check(const struct ib_totals_file *s, const char *name,
				    struct ib_error *err);

/*
 * The file starts with the member "ib_totals", by which it is recognized. It
 * has "parts" unless all partitions are included, and "refined" if there was a
 * second pass. The caller of the writer commits the output.
 */
#define IB_TOTALS_VERSION 1
enum ib_status ib_totals_file_read(struct ib_input *in, struct ib_totals_file **out,
				   struct ib_error *err);
enum ib_status ib_totals_file_write(const struct ib_totals_file *s, struct ib_output *out,
				    struct ib_error *err);

#endif
