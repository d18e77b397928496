/*
 * Load scores from a score file (.npz or JSON lines), or from a loss log, which is folded while it
 * is read. This header also declares functions on complete score tables.
 */
#ifndef IB_SCORE_LOAD_H
#define IB_SCORE_LOAD_H

#include "score/loss_logs.h"

/*
 * Load scores from one file, or from standard input if path is "-". Records of a loss log that
 * have no epoch get epoch 0. The file's XXH3-128 hash is written to digest[33], unless digest is
 * NULL.
 */
enum ib_status ib_scores_load_any(const char *path, const struct ib_context *context,
				  struct ib_scores **out, char *digest, struct ib_error *err);

/* Load scores as ib_scores_load_any() does, but fail if the file is a loss log. */
enum ib_status ib_scores_load_file(const char *path, const struct ib_context *context,
				   struct ib_scores **out, char *digest, struct ib_error *err);

/*
 * Open a file of scores for look-ups only. An uncompressed .npz with an index is mapped instead
 * of read (see ib_scores_map_npz); any other file is loaded into memory.
 */
enum ib_status ib_scores_open_any(const char *path, const struct ib_context *context,
				  struct ib_scores **out, char *digest, struct ib_error *err);

/* Fold a batch into f. Called by the call-back `batch` of a struct ib_loss_logs_consumer. */
enum ib_status ib_load_batch(struct ib_fold *f, struct ib_loss_batch *b, struct ib_error *err);

/*
 * Fold losses whose ids are row numbers into f. Sets *taken to false, and folds nothing, if f does
 * not accept these row numbers. Called by the call-back `rows` of a struct ib_loss_logs_consumer.
 */
enum ib_status ib_load_rows(struct ib_fold *f, const struct ib_row_batch *b, bool *taken,
			    struct ib_error *err);

/*
 * Merge the rows of a complete score file that belong to `part` into f. The rows may be moved
 * instead of copied, so the contents of `from` may change. Called by the call-back `scores` of a
 * struct ib_loss_logs_consumer.
 */
enum ib_status ib_load_scores(struct ib_fold *f, struct ib_scores *from, const struct ib_part *part,
			      struct ib_error *err);

/*
 * Copy n rows, in the order of row[], to a new table. *out is NULL or the
 * result of an earlier call for the same scores. The memory of an earlier
 * result is reused.
 */
enum ib_status ib_scores_extract(const struct ib_scores *s, const uint32_t *row, uint64_t n,
				 struct ib_scores **out, struct ib_error *err);

/*
 * True if the table has a row that does not belong to the partition `part`; *row is then the first
 * such row.
 */
bool ib_scores_has_foreign_row(const struct ib_scores *s, const struct ib_part *part,
			       uint64_t *row);

#endif
