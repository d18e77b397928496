/*
 * What is remembered of the samples: a table of ids and a column for each
 * figure; reading and writing score files. The inside of struct ib_scores.
 */
#ifndef IB_SCORE_SCORES_H
#define IB_SCORE_SCORES_H

#include "base/bytes.h"
#include "io/npz.h"
#include "score/table.h"
#include "score/totals.h"

struct ib_scores {
	struct ib_table table;
	struct ib_huge_array score;    /* float[n]; NaN = unknown; never -0 */
	struct ib_huge_array epoch;    /* int32_t[n] */
	struct ib_huge_array visits;   /* uint32_t[n] */
	struct ib_huge_array previous; /* float[n], where has_previous */
	bool has_previous;	       /* the file carries prev (--smooth) */
	struct ib_part part;	       /* of the rows, as the file says; count 0: all */
	char *key;		       /* of all logs, see ib_scores_note_key; or NULL */
	/* Of a file that is mapped, else NULL: */
	struct ib_totals *totals;
	struct ib_npz *archive;
	struct ib_input *input;
};

/* Room for `rows` more rows with `bytes` bytes of ids, in all columns. */
enum ib_status ib_scores_reserve(struct ib_scores *s, uint64_t rows, uint64_t bytes,
				 struct ib_error *err);

/* Have a previous column (all NaN so far). */
enum ib_status ib_scores_keep_previous(struct ib_scores *s, struct ib_error *err);

/*
 * Before rows come in: their ids are of that key of a log, as -k takes it
 * ("id", "user,n", "@line"); empty: it is not known. The table remembers it
 * while it is the key of all its rows.
 */
enum ib_status ib_scores_note_key(struct ib_scores *s, struct ib_span key, struct ib_error *err);

/* The largest epoch of all rows; IB_NO_EPOCH without rows. */
int64_t ib_scores_newest(const struct ib_scores *s);

/*
 * Of a mapped file: let go of the pages that look-ups have touched. They cost
 * memory in whole clusters, so a run that needs few rows does it often.
 */
void ib_scores_forget(const struct ib_scores *s);

/* The totals of all rows. */
void ib_scores_totals(const struct ib_scores *s, struct ib_totals *t);

/* ---- files ---------------------------------------------------------------- */

#define IB_SCORES_FORMAT "infobatch-scores"
#define IB_SCORES_VERSION 1

/*
 * Read a .npz score file into an empty table. file is its name in messages.
 */
enum ib_status ib_scores_from_npz(struct ib_npz *z, const char *file, struct ib_scores *s,
				  struct ib_error *err);

/*
 * The same without reading it: the columns and the index stay in the file's
 * mapping, to be looked up and not changed; valid while z is open. Where that
 * cannot be had (no index, deflated members, a pipe) *mapped is false, and s
 * still empty.
 */
enum ib_status ib_scores_map_npz(struct ib_npz *z, const char *file, struct ib_scores *s,
				 bool *mapped, struct ib_error *err);

/*
 * Is what look-ups have read of a mapped file whole? IB_E_DATA, naming the
 * member, where it is not; IB_OK for scores that were read. Reads the columns
 * through: for a run that has looked up many of the rows.
 */
enum ib_status ib_scores_check_mapped(const struct ib_scores *s, bool epochs, struct ib_error *err);

/*
 * Write all rows as .npz (whose slots are laid out anew for it; with two
 * threads or more while the columns are written), or as JSON lines. The output
 * is not committed.
 */
enum ib_status ib_scores_write_npz(struct ib_scores *s, int threads, struct ib_output *out,
				   struct ib_error *err);
enum ib_status ib_scores_write_jsonl(const struct ib_scores *s, struct ib_output *out,
				     struct ib_error *err);

/* Is a score file of that name an .npz (a compression suffix aside)? For -u
 * every name is, but for .jsonl. */
bool ib_scores_name_is_npz(const char *path, bool update);

#endif
