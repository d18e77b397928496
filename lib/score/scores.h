/*
 * The scores of all samples, stored as a table of ids and one column per value.
 * This header also declares the functions that read and write score files.
 * struct ib_scores, which is opaque in infobatch.h, is defined here.
 */
#ifndef IB_SCORE_SCORES_H
#define IB_SCORE_SCORES_H

#include "base/bytes.h"
#include "io/npz.h"
#include "score/table.h"
#include "score/totals.h"

struct ib_scores {
	struct ib_table table;
	struct ib_huge_array score;    /* float[n]; NaN if unknown; never -0 */
	struct ib_huge_array epoch;    /* int32_t[n] */
	struct ib_huge_array visits;   /* uint32_t[n] */
	struct ib_huge_array previous; /* float[n]; used only if has_previous is true */
	bool has_previous;	       /* true if the table has previous scores (--smooth) */
	/*
	 * The partition of the rows, as named in the file. part.count is 0 if the scores are not
	 * divided into partitions.
	 */
	struct ib_part part;
	/*
	 * the fields from which all ids were built, in the syntax of -k; NULL if they are unknown
	 * or differ between the files; see ib_scores_note_key()
	 */
	char *key;
	/*
	 * true if the files that were read have different keys, or if the key of a file is unknown
	 */
	bool no_key;
	bool for_look_ups; /* true if the table was made by ib_scores_map() */
	/* The members below are NULL unless the file is mapped. */
	struct ib_totals *totals;
	struct ib_npz *archive;
	struct ib_input *input;
};

/* One row of the table. */
struct ib_row {
	struct ib_span id; /* valid until the table changes; the table owns the bytes */
	float score;	   /* NaN: unknown */
	int32_t epoch;	   /* last epoch in which the sample was seen */
	uint32_t visits;   /* number of epochs in which the sample was seen */
	float previous;	   /* score before the last epoch; NaN if there is none */
};

/* Return the row with the number `row`. Numbers begin at 0. The table must have this row. */
struct ib_row ib_scores_row(const struct ib_scores *s, uint64_t row);

/*
 * Return IB_E_MISUSE if the table is mapped or was made by ib_scores_map(), because such a table
 * cannot be changed or saved.
 */
enum ib_status ib_scores_check_writable(const struct ib_scores *s, struct ib_error *err);

/* Reserve room in all columns for `rows` more rows, whose ids have `bytes` bytes in total. */
enum ib_status ib_scores_reserve(struct ib_scores *s, uint64_t rows, uint64_t bytes,
				 struct ib_error *err);

/* Add a `previous` column, filled with NaN, unless the table already has this column. */
enum ib_status ib_scores_keep_previous(struct ib_scores *s, struct ib_error *err);

/*
 * Store the key of the next file: the fields from which its ids were built, in the syntax of -k
 * ("id", "user,n", "@line"). `key` is empty if the key is unknown. The table stores the key as long
 * as all files have the same key. The key of a file is compared even if no row of the file is
 * added, so that all partitions of the file store the same key.
 */
enum ib_status ib_scores_note_key(struct ib_scores *s, struct ib_span key, struct ib_error *err);

/* Return the largest epoch of all rows; IB_NO_EPOCH if there are no rows. */
int64_t ib_scores_newest(const struct ib_scores *s);

/*
 * Release the pages of a mapped file into which look-ups have loaded data. The kernel loads pages
 * in clusters, so a run that needs few rows calls this function often to save memory.
 */
void ib_scores_forget(const struct ib_scores *s);

/* Compute the totals of all rows. */
void ib_scores_totals(const struct ib_scores *s, struct ib_totals *t);

/* ---- files ---------------------------------------------------------------- */

#define IB_SCORES_FORMAT "infobatch-scores"
#define IB_SCORES_VERSION 1
#define IB_SCORES_VERSION_RANGE 2 /* format version of a file whose ids are a range */

/* Read an .npz score file into an empty table. `file` is the file's name in messages. */
enum ib_status ib_scores_from_npz(struct ib_npz *z, const char *file, struct ib_scores *s,
				  struct ib_error *err);

/*
 * Map the file instead of reading it. The columns and the index stay in the
 * file's mapping, so s is read-only and is valid only while z is open. If the
 * file cannot be mapped (no index, deflated members, a pipe), *mapped is set to
 * false and s stays empty.
 */
enum ib_status ib_scores_map_npz(struct ib_npz *z, const char *file, struct ib_scores *s,
				 bool *mapped, struct ib_error *err);

/*
 * Check the CRCs of the members that look-ups have read from a mapped file.
 * Returns IB_E_DATA if a member is corrupt; the message names the member.
 * Returns IB_OK if the scores are not mapped. The check reads complete columns,
 * so it is meant for a run that has looked up many rows. The epoch column is
 * checked only if `epochs` is true.
 */
enum ib_status ib_scores_check_mapped(const struct ib_scores *s, bool epochs, struct ib_error *err);

/*
 * Write all rows as .npz. Sorts the slots in another thread while the columns are written, or after
 * the columns are written if `threads` is 1. The caller commits the output.
 */
enum ib_status ib_scores_write_npz(struct ib_scores *s, int threads, struct ib_output *out,
				   struct ib_error *err);

/* Write all rows as JSON lines. The caller commits the output. */
enum ib_status ib_scores_write_jsonl(const struct ib_scores *s, struct ib_output *out,
				     struct ib_error *err);

/*
 * True if a score file with the name `path` has the .npz format; a compression
 * suffix is ignored. With -u (update), every name except *.jsonl means .npz.
 */
bool ib_scores_name_is_npz(const char *path, bool update);

#endif
