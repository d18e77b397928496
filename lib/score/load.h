/*
 * A score file of either kind, or loss logs folded on the fly, into a table;
 * and what is done with whole tables.
 */
#ifndef IB_SCORE_LOAD_H
#define IB_SCORE_LOAD_H

#include "score/loss_logs.h"

/*
 * Read one file ("-": standard input). Records of a raw log without an epoch
 * are of epoch 0. digest (33 bytes; may be NULL) gets its XXH3-128.
 */
enum ib_status ib_scores_load_any(const char *path, const struct ib_context *context,
				  struct ib_scores **out, char *digest, struct ib_error *err);

/*
 * The same to look rows up alone: a plain .npz with an index is not read but
 * mapped (see ib_scores_map_npz); anything else is loaded.
 */
enum ib_status ib_scores_open_any(const char *path, const struct ib_context *context,
				  struct ib_scores **out, char *digest, struct ib_error *err);

/* A sink that folds into f: the batch and scores members of a logs sink. */
enum ib_status ib_load_batch(struct ib_fold *f, struct ib_loss_batch *b, struct ib_error *err);
enum ib_status ib_load_scores(struct ib_fold *f, struct ib_scores *from, const struct ib_part *part,
			      struct ib_error *err);

/*
 * A table of n of its rows, in that order. *out: NULL, or what an earlier call
 * for the same scores made, whose memory is used again.
 */
enum ib_status ib_scores_extract(const struct ib_scores *s, const uint32_t *row, uint64_t n,
				 struct ib_scores **out, struct ib_error *err);

/* Does any row belong to another part? *row is the first that does. */
bool ib_scores_has_stranger(const struct ib_scores *s, const struct ib_part *part, uint64_t *row);

#endif
