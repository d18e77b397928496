/*
 * infobatch: score, prune and weight the samples of a training run.
 *
 * A program that uses this header keeps working with later releases of the library. The
 * functions that do the work of the commands are in infobatch_run.h.
 *
 * The method is InfoBatch (Qin et al., ICLR 2024, arXiv 2303.04947). In each epoch, samples
 * whose last loss is below a threshold are left out at random. The samples that are kept
 * get the weight 1/pi, so that the expected gradient is the gradient of all data.
 *
 * Words, as in infobatch(7): an id names a sample. The score of a sample is by default its
 * last loss (binary32; NaN if unknown). pi is the probability with which the sample is kept
 * in an epoch. u is its random number in that epoch. The weight of a kept sample is 1/pi.
 * Epochs are counted from 0. Losses are in the unit of the trainer, usually nats.
 *
 * Every function that can fail returns enum ib_status and writes a complete sentence into
 * the caller's struct ib_error. The library never prints or exits. Its only global state is
 * two lists: the temporary files that ib_output_abandon() removes, and the mapped files for
 * ib_mapped_file(). Unless a comment says otherwise, two threads must not use the same
 * handle at the same time.
 */
#ifndef INFOBATCH_H
#define INFOBATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IB_VERSION "0.1.0"

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

struct ib_error {
	enum ib_status code;
	char text[1000]; /* a complete sentence in UTF-8, without a newline */
};

/* ---- small types ------------------------------------------------------ */

/* A sequence of bytes. The struct does not own the bytes. */
struct ib_span {
	const char *p;
	size_t n;
};

/* What a run needs from its caller (infobatch_run.h). */
struct ib_context;

#define IB_NO_EPOCH (-1) /* an epoch (int64_t) that is not given */

/* ---- draws (infobatch-formats(5), DECISION) ---------------------------- */

/* Return the key S of the draws of one epoch: XXH3_64bits(LE64(seed) || LE64(epoch)). */
uint64_t ib_draw_key(uint64_t seed, uint64_t epoch);

/*
 * Return u of one id, in [0, 1): (XXH3_64bits_withSeed(id, key) >> 11) * 2^-53. The result
 * is the same on every machine, in every order and in every partition.
 */
double ib_draw_u(uint64_t key, struct ib_span id);

/*
 * Return the partition, from 0, to which an id belongs if there are `count` > 0 partitions.
 * The partition is the high 64 bits of the 128-bit product XXH3_64bits(id) * count. This
 * formula will never change.
 */
uint64_t ib_part_of(struct ib_span id, uint64_t count);

/* ---- scores ----------------------------------------------------------- */

/*
 * A table of scores with one row per sample, in the order in which the ids first appeared.
 * Memory: the bytes of the ids and about 40 bytes per row.
 */
struct ib_scores;

struct ib_row {
	struct ib_span id; /* valid until the table changes; the table owns the bytes */
	float score;	   /* NaN: unknown */
	int32_t epoch;	   /* last epoch in which the sample was seen */
	uint32_t visits;   /* number of epochs in which the sample was seen */
	float previous;	   /* score before the last epoch; NaN: no such score */
};

/* Make an empty table. Returns IB_E_IO if out of memory. Free the table with ib_scores_free(). */
enum ib_status ib_scores_new(struct ib_scores **out, struct ib_error *err);
void ib_scores_free(struct ib_scores *s); /* s may be NULL */

/* Return the number of rows, with known and unknown scores. O(1). */
uint64_t ib_scores_count(const struct ib_scores *s);

/* Return the row with a number from 0 to the number of rows - 1. */
struct ib_row ib_scores_row(const struct ib_scores *s, uint64_t row);

/* Find the row of an id. Returns false if the id has no row. O(1). */
bool ib_scores_find(const struct ib_scores *s, struct ib_span id, uint64_t *row);

/*
 * Fold the losses of one epoch into the table, as ib-score does with a loss log.
 *   id    [n]  the samples; if an id occurs several times, its last loss is used
 *   loss  [n]  in the unit of the trainer; a loss that is not finite makes the
 *              score unknown
 *   epoch      0 to INT32_MAX; a row with a later epoch does not change
 *   smooth     0: score = loss; B in [0, 1): score = B * score + (1-B) * loss
 *
 * Returns IB_E_MISUSE if epoch or smooth is out of range, and IB_E_IO if out of memory.
 * After IB_E_IO the table is still valid, and contains some of the losses. The function
 * copies the ids and losses that it needs. O(n).
 */
enum ib_status ib_scores_fold(struct ib_scores *s, const struct ib_span *id, const float *loss,
			      size_t n, int64_t epoch, double smooth, struct ib_error *err);

/*
 * Read or write a score file. A file that is read may be .npz or JSONL, compressed or not;
 * "-" is standard input. A file is written atomically. The name determines
 * whether it is .npz or JSONL. Saving does not change any row, but it rebuilds the index of the
 * ids. So no other thread may use the table, or a rule that borrows the table, during a save.
 */
enum ib_status ib_scores_load(const char *path, struct ib_scores **out, struct ib_error *err);
enum ib_status ib_scores_save(struct ib_scores *s, const char *path, struct ib_error *err);

/* The statistics of a table that a rule needs. They are exact, and do not depend on the order of
 * the rows. */
struct ib_figures {
	uint64_t rows;
	uint64_t known;	 /* number of rows with a known score */
	double mean;	 /* mean of the known scores, rounded once; NaN if no score is known */
	double min, max; /* smallest and largest known score; NaN if no score is known */
	int64_t newest;	 /* largest epoch; IB_NO_EPOCH if there are no rows */
};
struct ib_figures ib_scores_figures(const struct ib_scores *s);

/* ---- the decision ------------------------------------------------------ */

enum ib_rule_id {
	IB_RULE_INFOBATCH,
	IB_RULE_BUCKETS,
	IB_RULE_RANDOM,
	IB_RULE_PROPORTIONAL,
	IB_RULE_HARD,
	IB_RULE_RANK,
	IB_NRULES
};

enum ib_proxy { IB_PROXY_BOUNDED, IB_PROXY_LOSS };
enum ib_sampling { IB_SAMPLING_POISSON, IB_SAMPLING_FIXED };

enum ib_reason {
	IB_REASON_WARMUP,
	IB_REASON_ANNEAL,
	IB_REASON_UNSEEN,
	IB_REASON_NONFINITE,
	IB_REASON_HIGH,
	IB_REASON_AGE,
	IB_REASON_DRAWN,
	IB_REASON_PRUNED,
	IB_NREASONS
};
/* Return the word for a reason that the files contain ("warmup", "anneal", ...). */
const char *ib_reason_name(enum ib_reason reason);

/*
 * Everything that pi depends on, except the scores. Start from IB_RULE_DEFAULTS. A decimal
 * whose exact value matters is a borrowed string, as the user wrote it; NULL if not given.
 */
struct ib_rule_options {
	enum ib_rule_id rule;
	int64_t epoch;	/* -e; required */
	int64_t epochs; /* -E; IB_NO_EPOCH: do not anneal */
	double delta;	/* --delta */
	bool delta_given;
	int64_t full_from; /* --full-from; IB_NO_EPOCH: not given */
	int64_t warmup;	   /* --warmup */
	double ratio;	   /* -r, in [0, 1) */
	bool ratio_given;
	uint64_t seed;	       /* --seed */
	const char *threshold; /* infobatch and hard: "mean" (NULL), "median", "q0.3", "v1.5" */
	const char *buckets;   /* rule buckets: "q0.2:0.75,q0.85:0.5" */
	const char *keep;      /* --keep F */
	const char *scale;     /* rule proportional */
	double floor;	       /* rules proportional and rank: in (0, 1] */
	enum ib_proxy proxy;   /* rule proportional */
	double power;	       /* rule rank: from 0 to 100 */
	int64_t max_age;       /* --max-age; 0: no maximum */
	enum ib_sampling sampling;
};
#define IB_RULE_DEFAULTS                                                                           \
	{                                                                                          \
		.rule = IB_RULE_INFOBATCH, .epoch = IB_NO_EPOCH, .epochs = IB_NO_EPOCH,            \
		.delta = 0.875, .full_from = IB_NO_EPOCH, .ratio = 0.5, .floor = 0.1, .power = 1   \
	}

/* Return the name of a rule ("infobatch"), or a sentence for --help about the rule. */
const char *ib_rule_name(enum ib_rule_id rule);
const char *ib_rule_about(enum ib_rule_id rule);

/* True if the rule needs scores. Other rules use a score file only for --max-age. */
bool ib_rule_needs_scores(enum ib_rule_id rule);

/* True if the rule has the ratio r, which -r sets. */
bool ib_rule_uses_ratio(enum ib_rule_id rule);

/* A parameter of a rule, written NAME=VALUE in "--rule RULE:NAME=VALUE,...". */
struct ib_rule_parameter {
	const char *name;
	const char *value; /* placeholder of the value in a manual: "F" */
	const char *words; /* "a|b", with the default first; NULL: any value */
	bool has_default;
	double by_default; /* default of a number, if has_default */
	const char *help;
};

/* Get the i-th parameter of a rule, from 0. Returns false if the rule has no more parameters. */
bool ib_rule_parameter(enum ib_rule_id rule, size_t i, struct ib_rule_parameter *out);

/*
 * Parse the value of --rule ("rank" or "rank:power=0.7,floor=0.1") into options->rule and
 * the members for the parameters of rules. Parameters that the text does not contain get
 * their defaults. The function replaces commas in the text by NUL bytes, and options borrows
 * the text. Returns IB_E_MISUSE for an unknown rule or parameter, for a parameter that is
 * given twice, and for a value out of range. The message lists the parameters of the rule.
 */
enum ib_status ib_rule_parse(char *text, struct ib_rule_options *options, struct ib_error *err);

/*
 * Check the options of a rule without scores. The epochs are not checked. Returns
 * IB_E_MISUSE if an option is missing or out of range, or if two options cannot be used
 * together.
 */
enum ib_status ib_rule_options_check(const struct ib_rule_options *options, struct ib_error *err);

/* A rule that is prepared for one epoch: its thresholds and budgets are computed. */
struct ib_rule;

struct ib_decision {
	double pi;
	double u;      /* NaN if pi is 1, because then u is not drawn */
	double weight; /* 1/pi if kept, 0 if pruned */
	enum ib_reason reason;
	bool kept;
};

/*
 * Prepare a rule for one epoch. scores may be NULL if the rule needs no scores (random), or
 * if the epoch keeps all samples (epoch 0, or no scores exist yet). The rule borrows scores
 * until ib_rule_free(). O(rows) if the rule needs statistics of all scores. Returns
 * IB_E_MISUSE for options that cannot be used together.
 */
enum ib_status ib_rule_new(const struct ib_rule_options *options, const struct ib_scores *scores,
			   const struct ib_context *context, struct ib_rule **out,
			   struct ib_error *err);
void ib_rule_free(struct ib_rule *rule); /* rule may be NULL */

/* Return the threshold, or NaN if the rule has no threshold or no score is known. */
double ib_rule_threshold(const struct ib_rule *rule);

/*
 * Decide n samples.
 *   id        [n]  the samples
 *   decision  [n]  the results
 * Several threads may call this function at the same time.
 */
void ib_rule_decide(const struct ib_rule *rule, const struct ib_span *id, size_t n,
		    struct ib_decision *decision);

#ifdef __cplusplus
}
#endif
#endif
