/*
 * infobatch: score, prune and weight the samples of a training run.
 *
 * A program that uses this header keeps working with later releases of the library. infobatch_run.h
 * declares the functions that do the work of the commands.
 *
 * The method is InfoBatch (Qin et al., ICLR 2024, arXiv 2303.04947). In each epoch, some samples
 * whose last loss is below a threshold are left out at random. A sample that is kept with the
 * probability pi gets the weight 1/pi, so that the expected value of the gradient is the gradient
 * over all samples.
 *
 * infobatch(7) defines the terms. An id names a sample. The score of a sample is by default its
 * last loss (binary32; NaN if unknown). pi is the probability that a sample is kept in an epoch. u
 * is a random number, computed for each sample and epoch: the sample is kept if u is below pi.
 * Epochs are counted from 0. Losses are in the unit of the trainer, usually nats.
 *
 * libinfobatch(3) describes the rules that all functions share: errors, ownership, threads and
 * structs that begin with their size. Unless a comment says otherwise, two threads must not use the
 * same handle at the same time.
 *
 * Before you fill in a struct that begins with its size, set `size` to sizeof the struct and the
 * other members to 0. The library reads and writes only the members that the caller's version of
 * the struct has.
 */
#ifndef INFOBATCH_H
#define INFOBATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks the functions of the shared library. */
#if defined(__GNUC__)
#define IB_API __attribute__((visibility("default")))
#else
#define IB_API
#endif

#define IB_VERSION "0.1.0"
#define IB_VERSION_NUMBER 100 /* 10000 * major + 100 * minor + patch */

/*
 * Return the version number of the library that is loaded. The number may be greater
 * than IB_VERSION_NUMBER, the version with which the program was compiled.
 */
IB_API int ib_version(void);

/* Return the version of the library that is loaded, as text. It may be later than IB_VERSION. */
IB_API const char *ib_version_string(void);

/* ---- errors ----------------------------------------------------------- */

enum ib_status {
	IB_OK = 0,
	IB_EOF = 1,	   /* end of the data; not an error */
	IB_E_MISUSE = -1,  /* usage error: an option is invalid, or options conflict */
	IB_E_DATA = -2,	   /* invalid data */
	IB_E_NOINPUT = -3, /* a file cannot be opened for reading */
	IB_E_CREATE = -4,  /* a file cannot be created */
	IB_E_IO = -5,	   /* reading or writing failed, or out of memory */
	IB_E_AGAIN = -6,   /* another process has the lock */
	IB_E_CHECK = -7,   /* a requested check failed */
	IB_E_PIPE = -8	   /* the reader of an output closed the pipe */
};

/* The layout of this struct never changes. */
struct ib_error {
	enum ib_status code;
	char text[1000]; /* a complete sentence in UTF-8, without a newline */
};

/* ---- small types ------------------------------------------------------ */

/*
 * A pointer to n bytes, which need not end with a NUL byte. The struct does not own the bytes.
 * The layout of this struct never changes.
 */
struct ib_span {
	const char *p;
	size_t n;
};

#define IB_NO_EPOCH (-1) /* value of an int64_t epoch that means "no epoch" */

/* ---- draws (infobatch-formats(5), DECISION) ---------------------------- */

/*
 * Return the number from which the draws u of one epoch are computed: XXH3_64bits(LE64(seed) ||
 * LE64(epoch)).
 */
IB_API uint64_t ib_draw_key(uint64_t seed, uint64_t epoch);

/*
 * Return u for one id, in [0, 1): (XXH3_64bits_withSeed(id, key) >> 11) * 2^-53. The result
 * is the same on every machine, in every order of the ids and in every partition.
 */
IB_API double ib_draw_u(uint64_t key, struct ib_span id);

/*
 * Return the number of the partition that contains an id: an integer in [0, count). `count` is the
 * number of partitions, and must not be 0. The result is the high 64 bits of the 128-bit product
 * XXH3_64bits(id) * count. This formula will never change.
 */
IB_API uint64_t ib_part_of(struct ib_span id, uint64_t count);

/* ---- scores ----------------------------------------------------------- */

/*
 * A table of scores with one row per sample. Rows are numbered from 0, in the order in which their
 * ids were added. A table needs memory for the bytes of the ids, and about 40 more bytes per row.
 * Several threads may read a table at the same time while no thread changes the table.
 */
struct ib_scores;

/* Make an empty table. Returns IB_E_IO if out of memory. Free the table with ib_scores_free(). */
IB_API enum ib_status ib_scores_new(struct ib_scores **out, struct ib_error *err);
IB_API void ib_scores_free(struct ib_scores *s); /* s may be NULL */

/*
 * Read a score file (.npz or JSON lines) or a loss log, compressed or not, into a new table. The
 * path "-" is standard input. Free the table with ib_scores_free().
 */
IB_API enum ib_status ib_scores_load(const char *path, struct ib_scores **out,
				     struct ib_error *err);

/*
 * Open a score file for look-ups only. The table cannot be changed or saved. An uncompressed .npz
 * is mapped instead of read: a page of the file is read at the first access to the page, and the
 * checksums of the file are not checked. Any other file is read by ib_scores_load(). On a
 * big-endian machine, every file is read by ib_scores_load().
 */
IB_API enum ib_status ib_scores_map(const char *path, struct ib_scores **out, struct ib_error *err);

/*
 * Return the name of the score file that ib_scores_map() has mapped at the address, or NULL if no
 * score file is mapped there. If another process shortens a mapped file, the kernel sends SIGBUS to
 * a process that reads the lost bytes. This function is async-signal-safe, so a handler of SIGBUS
 * can call this function with the address of the fault.
 */
IB_API const char *ib_mapped_file(const void *address);

/*
 * Write a score file: .npz if the name ends in .npz, .npz.zst or .npz.gz, otherwise JSON lines. The
 * suffixes .zst and .gz select compression. The file is written under a temporary name and renamed,
 * so a reader finds either the complete old file or the complete new file. Saving changes no row,
 * but rebuilds the index of the ids. So no other thread may use the table, or a rule that borrows
 * the table, during a save. Returns IB_E_MISUSE if the table was made by ib_scores_map().
 */
IB_API enum ib_status ib_scores_save(struct ib_scores *s, const char *path, struct ib_error *err);

/*
 * Update the table with the losses of one epoch. ib-score does the same with a loss log.
 *   id    [n]  ids of the samples; if an id occurs several times, its last loss is used
 *   loss  [n]  losses; a loss that is not finite makes the score unknown
 *   epoch      in [0, INT32_MAX]; a row that already has a later epoch does not change
 *   smooth     B in [0, 1): the score becomes B * score + (1-B) * loss; with B = 0,
 *              the score becomes the loss
 *
 * Returns IB_E_MISUSE if epoch or smooth is out of range or if the table was made by
 * ib_scores_map(), and IB_E_IO if out of memory. After IB_E_IO the table is still valid, and
 * contains some of the losses. O(n).
 */
IB_API enum ib_status ib_scores_fold(struct ib_scores *s, const struct ib_span *id,
				     const float *loss, size_t n, int64_t epoch, double smooth,
				     struct ib_error *err);

/*
 * Update the table like ib_scores_fold(), with row numbers as ids: the id of row 7 is "7". If the
 * rows 0, 1, 2 ... are added to an empty table in this order, the table is a range: the ids need no
 * memory, look-ups compute no hash, and the score file has no ids.
 *   row   [n]  row numbers of the samples, each in [0, 4294967292]
 *   loss  [n]  losses, as in ib_scores_fold()
 *
 * Returns the same statuses as ib_scores_fold(). If a row number is out of range, the function
 * returns IB_E_MISUSE and folds nothing. O(n).
 */
IB_API enum ib_status ib_scores_fold_rows(struct ib_scores *s, const int64_t *row,
					  const float *loss, size_t n, int64_t epoch, double smooth,
					  struct ib_error *err);

/* Return the number of rows, including rows with an unknown score. O(1). */
IB_API uint64_t ib_scores_count(const struct ib_scores *s);

/* Set *row to the row number of an id. Returns false if the table does not contain the id. O(1). */
IB_API bool ib_scores_find(const struct ib_scores *s, struct ib_span id, uint64_t *row);

/* Arrays that ib_scores_read() fills. An array that is NULL is not filled. */
struct ib_score_columns {
	size_t size;	    /* sizeof(struct ib_score_columns) */
	struct ib_span *id; /* ids; the table owns their bytes, which are valid until it changes */
	float *score;	    /* NaN: unknown */
	int32_t *epoch;	    /* last epoch in which the sample was visited */
	uint32_t *visits;   /* number of epochs in which the sample was visited */
	float *previous;    /* score before the last loss was folded; NaN: none or unknown */
};

/*
 * Copy n rows, beginning with row `from`, into arrays of n elements. Returns IB_E_MISUSE if
 * the table does not have these rows. O(n).
 */
IB_API enum ib_status ib_scores_read(const struct ib_scores *s, uint64_t from, size_t n,
				     const struct ib_score_columns *columns, struct ib_error *err);

/* Statistics of a table. They do not depend on the order of the rows. */
struct ib_score_stats {
	size_t size; /* sizeof(struct ib_score_stats) */
	uint64_t rows;
	uint64_t known;	 /* number of rows with a known score */
	double mean;	 /* mean of the known scores, rounded once; NaN if no score is known */
	double min, max; /* smallest and largest known score; NaN if no score is known */
	int64_t newest;	 /* latest epoch of all rows; IB_NO_EPOCH if there are no rows */
};

/* Compute the statistics. Returns IB_E_IO if out of memory. O(rows). */
IB_API enum ib_status ib_scores_stats(const struct ib_scores *s, struct ib_score_stats *stats,
				      struct ib_error *err);

/* ---- rules ------------------------------------------------------------- */

/* The options of a rule: everything that pi depends on, except the scores and the epoch. */
struct ib_rule_options;

/* Make options with the defaults of ib-prune(1). Returns NULL if out of memory. */
IB_API struct ib_rule_options *ib_rule_options_new(void);
IB_API void ib_rule_options_free(struct ib_rule_options *o); /* o may be NULL */

/*
 * Set one option. `name` is a long option of ib-prune(1) without its dashes: "rule", "ratio",
 * "keep", "seed", "sampling", "epochs", "delta", "full-from", "warmup", "max-age" or
 * "normalize". The value is written as in the command, for example "0.7" for "keep" and
 * "rank:power=0.7" for "rule". `name` may also be a parameter of the current rule, such as
 * "threshold" or "floor". Set the rule first, because setting the rule sets its parameters to
 * their defaults.
 *
 * Returns IB_E_MISUSE if the name is unknown or the value is invalid. The message then contains
 * the valid values, and the options do not change.
 */
IB_API enum ib_status ib_rule_options_set(struct ib_rule_options *o, const char *name,
					  const char *value, struct ib_error *err);

/*
 * Check that the options can be used together. Returns IB_E_MISUSE if an option is missing, or
 * if two options exclude each other. ib_rule_new() makes the same check. A program that calls
 * this function finds an error before the first epoch.
 */
IB_API enum ib_status ib_rule_options_check(const struct ib_rule_options *o, struct ib_error *err);

/* A rule for one epoch, with the thresholds and other numbers that were computed for this epoch. */
struct ib_rule;

/*
 * Prepare a rule for one epoch. If there are no scores yet, `scores` may be NULL; a rule that
 * needs scores then keeps every sample. The rule borrows `scores`, which must not change until
 * ib_rule_free(). The rule does not borrow the options. O(rows) if the rule needs statistics
 * of all scores. Returns IB_E_MISUSE if the epoch is not in [0, INT32_MAX], or if the options
 * cannot be used together or with these scores.
 */
IB_API enum ib_status ib_rule_new(const struct ib_rule_options *o, int64_t epoch,
				  const struct ib_scores *scores, struct ib_rule **out,
				  struct ib_error *err);
IB_API void ib_rule_free(struct ib_rule *rule); /* rule may be NULL */

/* Return the threshold, or NaN if the rule has no threshold or no score is known. */
IB_API double ib_rule_threshold(const struct ib_rule *rule);

/*
 * Return the factor by which to multiply the learning rate if the option "normalize" scales
 * the weights to mean 1: the square root of the mean of the unscaled weights. The factor is 1
 * if the weights are not scaled.
 */
IB_API double ib_rule_rate_factor(const struct ib_rule *rule);

/* ---- decisions --------------------------------------------------------- */

/* The reason for keeping or pruning a sample. Later versions may add reasons. */
enum ib_reason {
	IB_REASON_WARMUP = 0,
	IB_REASON_ANNEAL = 1,
	IB_REASON_UNSEEN = 2,
	IB_REASON_NONFINITE = 3,
	IB_REASON_HIGH = 4,
	IB_REASON_AGE = 5,
	IB_REASON_DRAWN = 6,
	IB_REASON_PRUNED = 7
};

/*
 * Return the word that the commands write into files for a reason, such as "warmup". Returns "?"
 * for an unknown reason.
 */
IB_API const char *ib_reason_name(enum ib_reason reason);

/* Arrays that ib_rule_decide() fills. An array that is NULL is not filled. */
struct ib_decisions {
	size_t size;	 /* sizeof(struct ib_decisions) */
	double *weight;	 /* 1/pi, scaled by the option "normalize"; 0 for a pruned sample */
	double *pi;	 /* keep probabilities */
	double *u;	 /* the random number u; NaN if the decision does not depend on u */
	uint8_t *kept;	 /* 1 if kept, 0 if pruned */
	uint8_t *reason; /* an enum ib_reason */
};

/*
 * Decide for each of n samples whether to keep it.
 *   id        [n]  ids of the samples
 *   decisions      arrays of n elements
 *
 * The result for a sample depends only on its id, the rule and the scores. Several threads may
 * call this function with the same rule at the same time. Returns IB_E_MISUSE if
 * decisions->size is not valid. O(n); allocates nothing.
 */
IB_API enum ib_status ib_rule_decide(const struct ib_rule *rule, const struct ib_span *id, size_t n,
				     const struct ib_decisions *decisions, struct ib_error *err);

/*
 * Do the work of ib_rule_decide() for the n samples whose ids are the decimal numbers in [first,
 * first + n). first + n must be at most 4294967293. If the ids of the scores are row numbers
 * (see ib_scores_fold_rows()), the function does not hash ids.
 */
IB_API enum ib_status ib_rule_decide_rows(const struct ib_rule *rule, uint64_t first, size_t n,
					  const struct ib_decisions *decisions,
					  struct ib_error *err);

/* ---- runs -------------------------------------------------------------- */

/*
 * The training loop of one process. In each epoch, the trainer calls
 *
 *	ib_run_draw()	 once, to get the rows to visit and their weights
 *	ib_run_record()	 after each step, with the losses of the rows of the step
 *	ib_run_commit()	 once, to fold the losses into the score file
 *
 * The decisions are the same as those of the commands, and the audit log and the score file are
 * byte for byte the files that the commands write; see libinfobatch(3). If the process is killed,
 * the losses of the uncommitted epoch are lost, and the next process draws this epoch again.
 */
struct ib_run;
struct ib_run_options;

/* Make options with their defaults. Returns NULL if out of memory. */
IB_API struct ib_run_options *ib_run_options_new(void);
IB_API void ib_run_options_free(struct ib_run_options *o); /* o may be NULL */

/*
 * Set one option. `name` is an option of ib_rule_options_set(), or one of:
 *   audit        audit log to which ib_run_draw() appends the decisions, as with ib-prune -a
 *   max-missing  number or percentage of the drawn rows that may have no loss in a commit;
 *                default 0
 *   max-unseen   number or percentage of the samples that may have no score when the score
 *                file is read; the default is 0, but no limit if the rule needs no scores, or if
 *                max-missing or nonfinite=skip is set
 *   smooth, duplicates, nonfinite  as in ib-score(1)
 *   threads      number of threads; default 1
 */
IB_API enum ib_status ib_run_options_set(struct ib_run_options *o, const char *name,
					 const char *value, struct ib_error *err);

/* A function that receives a warning: a complete sentence without a newline. */
typedef void ib_warn_function(void *data, const char *sentence);

/*
 * Set the function that receives warnings, and its argument `data`. If `warn` is NULL, which is the
 * default, warnings are dropped.
 */
IB_API void ib_run_options_warn(struct ib_run_options *o, ib_warn_function *warn, void *data);

/*
 * Open a run.
 *   scores     score file, which need not exist: the first commit then creates the file
 *   id    [n]  ids of the samples, which the run copies; NULL: the decimal numbers 0 to n-1
 *   options    borrowed until ib_run_free()
 *
 * The run locks the score file until ib_run_free(). Returns IB_E_AGAIN if another process has the
 * lock. Returns IB_E_DATA if the file is a loss log or contains a sample that is not in the run, or
 * if more samples than max-unseen have no score. Returns IB_E_MISUSE if an id is empty, occurs
 * twice or contains a newline or a NUL, or if the options cannot be used together.
 */
IB_API enum ib_status ib_run_open(const char *scores, const struct ib_span *id, uint64_t n,
				  const struct ib_run_options *options, struct ib_run **out,
				  struct ib_error *err);
IB_API void ib_run_free(struct ib_run *run); /* run may be NULL */

/*
 * Return the epoch after the epoch that was committed last. Before the first commit, return the
 * epoch after the newest epoch in the score file.
 */
IB_API int64_t ib_run_next_epoch(const struct ib_run *run);

/* Return ib_rule_rate_factor() for the epoch of the last ib_run_draw(); 1 before the first call. */
IB_API double ib_run_rate_factor(const struct ib_run *run);

/*
 * Decide which samples to visit in an epoch. The run owns the arrays row[n] and weight[n], which
 * are valid until the next draw. The row numbers are in ascending order. If the epoch of the
 * previous draw was not committed, the recorded losses of that epoch are dropped. Returns
 * IB_E_MISUSE if the score file already has losses of this or a later epoch.
 */
IB_API enum ib_status ib_run_draw(struct ib_run *run, int64_t epoch, const int64_t **row,
				  const float **weight, size_t *n, struct ib_error *err);

/*
 * Record the losses of n rows. The losses must not be multiplied by the weights. If a row is
 * recorded several times, the option "duplicates" says which loss is used. Returns IB_E_MISUSE, and
 * records nothing, if ib_run_draw() was not called since the last commit, or if one of the n rows
 * was not drawn.
 */
IB_API enum ib_status ib_run_record(struct ib_run *run, const int64_t *row, const float *loss,
				    size_t n, struct ib_error *err);

/*
 * Fold the recorded losses into the score file, which is replaced atomically. Returns IB_E_MISUSE
 * if ib_run_draw() was not called since the last commit, or if ib_run_draw() returned rows, but no
 * loss is recorded. Returns IB_E_DATA if more rows than max-missing have no loss. A commit that
 * fails changes nothing, so the call can be repeated.
 */
IB_API enum ib_status ib_run_commit(struct ib_run *run, struct ib_error *err);

#ifdef __cplusplus
}
#endif
#endif
