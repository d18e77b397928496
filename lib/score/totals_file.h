/*
 * A totals file contains totals, the set of partitions that the totals include,
 * and, after a second pass, the counts of the second pass.
 */
#ifndef IB_SCORE_TOTALS_FILE_H
#define IB_SCORE_TOTALS_FILE_H

#include "score/part_set.h"
#include "score/bin_counts.h"

struct ib_totals_file {
	struct ib_totals totals;
	struct ib_part_set parts;
	/* counts of the second pass; NULL if there was no second pass */
	struct ib_bin_counts *bins;
};

struct ib_totals_file *ib_totals_file_new(void); /* NULL if out of memory */
void ib_totals_file_free(struct ib_totals_file *s);

/*
 * Add the totals of `other` to s. `name` is the file from which `other` was read. Returns IB_E_DATA
 * if a partition is repeated. Also returns IB_E_DATA if only one of s and `other` is partitioned,
 * or if only one of them has second-pass counts.
 */
enum ib_status ib_totals_file_merge(struct ib_totals_file *s, struct ib_totals_file *other,
				    const char *name, struct ib_error *err);

/*
 * Returns IB_E_DATA unless the totals include all partitions and the second
 * pass was made for exactly these totals.
 */
enum ib_status ib_totals_file_check(const struct ib_totals_file *s, const char *name,
				    struct ib_error *err);

/*
 * The version of a totals file, which is the value of the member "ib_totals". Readers recognize the
 * file by this member, which is the first. The member "parts" is present unless all partitions are
 * included. The member "refined" is present if there was a second pass.
 */
#define IB_TOTALS_VERSION 1

/* Read a totals file. */
enum ib_status ib_totals_file_read(struct ib_input *in, struct ib_totals_file **out,
				   struct ib_error *err);

/* Write a totals file. The caller commits the output. */
enum ib_status ib_totals_file_write(const struct ib_totals_file *s, struct ib_output *out,
				    struct ib_error *err);

#endif
