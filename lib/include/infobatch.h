/*
 * infobatch: score, prune and weigh the samples of a training run.
 *
 * The one public header. The method is InfoBatch (Qin et al., ICLR 2024,
 * arXiv 2303.04947): in each epoch, a random fraction of the samples
 * whose last loss is below a threshold is left out, and the other samples get
 * the weight 1/pi, so that the expected gradient equals the gradient of all data.
 *
 * Terms: an id names a sample. Its score is its last loss (binary32; NaN if
 * unknown). pi is the probability that the sample is kept in this epoch, u is
 * its random number, and its weight is 1/pi if it is kept. Epochs are counted
 * from 0. Losses are in the unit of the trainer, usually nats.
 *
 * Every function that can fail returns enum ib_status and writes a complete
 * sentence into the caller's struct ib_error. The library never prints or
 * exits. Its only global state is the list of temporary files that
 * ib_output_abandon() removes. Do not share a handle between threads unless
 * its function allows it.
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
	IB_EOF = 1,	   /* end of the input; not an error */
	IB_E_MISUSE = -1,  /* usage error: an option is invalid, or options conflict */
	IB_E_DATA = -2,	   /* invalid data */
	IB_E_NOINPUT = -3, /* a file cannot be opened for reading */
	IB_E_CREATE = -4,  /* a file cannot be created */
	IB_E_IO = -5,	   /* reading or writing failed, or out of memory */
	IB_E_AGAIN = -6,   /* another process holds the lock */
	IB_E_CHECK = -7,   /* a requested check failed */
	IB_E_PIPE = -8	   /* the reader of an output closed it */
};

struct ib_error {
	enum ib_status code;
	char text[1000]; /* a complete sentence in UTF-8, without a newline */
};

/* ---- basic types ------------------------------------------------------ */

/* A view of bytes that it does not own. */
struct ib_span {
	const char *p;
	size_t n;
};

/* A list of strings, borrowed (operands, --expect, --companion, ...). */
struct ib_list {
	const char *const *v;
	size_t n;
};

/* --part I/K; if count is 0, all ids. See ib_part_of(). */
struct ib_part {
	uint64_t index, count;
};

/* A limit as it was given: a count, or a percentage as an exact decimal. */
struct ib_limit {
	bool given;
	bool percent;
	uint64_t count;	     /* if percent is false */
	const char *decimal; /* the digits before '%', borrowed */
};

#define IB_NO_EPOCH (-1) /* value of an int64_t epoch that was not given */

enum ib_format {
	IB_FORMAT_AUTO,
	IB_FORMAT_JSONL,
	IB_FORMAT_JSON,
	IB_FORMAT_CSV,
	IB_FORMAT_TSV,
	IB_FORMAT_LIST,
	IB_FORMAT_TAR,
	IB_FORMAT_NPZ,	 /* recognised only by its content */
	IB_FORMAT_TOTALS /* also recognised only by its content */
};
/* The values of -f, in the order of the enum. */
#define IB_FORMAT_WORDS "auto|jsonl|json|csv|tsv|list|tar"

/*
 * Number of threads, and the functions that a run calls while it works. Every
 * member may be zero.
 *   threads   if 0, ib_threads_default()
 *   warn      gets one complete sentence without a newline; called from one
 *             thread at a time, in the order of the input
 *   progress  called at most a few times per second, from one thread at a time;
 *             gets the bytes read so far, their total (0 if unknown), and the
 *             records read so far
 */
struct ib_context {
	int threads;
	void (*warn)(void *data, const char *sentence);
	void (*progress)(void *data, uint64_t bytes, uint64_t of, uint64_t records);
	void *data;
};

/*
 * Return the number of threads that a run uses by default: the number of cores
 * that this process may run on, but at most SLURM_CPUS_PER_TASK, or else
 * SLURM_CPUS_ON_NODE, if set.
 */
int ib_threads_default(void);

/*
 * Remove the temporary files of all outputs that are not committed yet.
 * Async-signal-safe: for a handler of SIGINT or SIGTERM that ends the process.
 * Waits for a commit in another thread to finish. After this call, no output
 * can be opened or committed.
 */
void ib_output_abandon(void);

/*
 * Return the name of the file whose mapping contains the address, or NULL if no
 * mapping of the library does. Async-signal-safe: for a handler of SIGBUS, which
 * is raised if a score file is truncated while it is read. (The commands then
 * call ib_output_abandon(), print what happened, and exit.)
 */
const char *ib_mapped_file(const void *address);

/* ---- files of a run ---------------------------------------------------- */

/*
 * How a run uses a file. An output replaces the content of the file, so an
 * output must not be an input or another output, even under another name. The
 * only exception: IB_USE_RESULT may replace IB_USE_START (ib-score -s X -o X).
 */
enum ib_use { IB_USE_READ, IB_USE_START, IB_USE_WRITE, IB_USE_RESULT };

struct ib_file_use {
	const char *role; /* for messages: "-o", "the operand" */
	const char *path; /* NULL or "-": standard input or standard output */
	const char *of;	  /* the operand that an output belongs to, or NULL */
	enum ib_use use;
};

/*
 * Returns IB_E_MISUSE, with the names of both files, if two of n uses conflict.
 * Files are compared by device and inode, and files that do not exist yet by
 * folder and name, so links and different paths to a file are recognised.
 * Devices never conflict; a pipe or FIFO conflicts only if it is read twice.
 * Writes and creates nothing.
 */
enum ib_status ib_files_check(const struct ib_file_use *uses, size_t n, struct ib_error *err);

/*
 * Return the pattern with "%s" replaced by the name of the operand, or with "%d"
 * replaced by the number. The pattern must contain it. free() the result, which
 * is NULL if out of memory.
 */
char *ib_name_for_operand(const char *pattern, const char *operand);
char *ib_name_for_number(const char *pattern, uint64_t number);

/* Largest number of files that --split writes. */
#define IB_SPLIT_MAX ((uint64_t)1 << 20)

/* ---- draws (infobatch-formats(5), DECISION) ---------------------------- */

/*
 * Return the key S of the draws of one epoch: XXH3_64bits(LE64(seed) || LE64(epoch)).
 */
uint64_t ib_draw_key(uint64_t seed, uint64_t epoch);

/*
 * Return u of an id, in [0, 1): (XXH3_64bits_withSeed(id, key) >> 11) * 2^-53.
 * It is the same on every machine, in any order and any shard.
 */
double ib_draw_u(uint64_t key, struct ib_span id);

/*
 * Return the number of the partition, of `count` partitions, to which an id
 * belongs: the high 64 bits of the 128-bit product XXH3_64bits(id) * count. It is
 * the same on every machine and in every version. count must be above 0.
 */
uint64_t ib_part_of(struct ib_span id, uint64_t count);

/* ---- scores ----------------------------------------------------------- */

/*
 * A table with one row per sample, in the order in which the ids first appeared.
 * It needs about 40 bytes per row, plus the bytes of the ids.
 */
struct ib_scores;

struct ib_row {
	struct ib_span id; /* borrowed from the table; valid until the table changes */
	float score;	   /* NaN if unknown */
	int32_t epoch;	   /* last epoch in which it was seen */
	uint32_t visits;   /* number of epochs in which it was seen */
	float previous;	   /* score before its last epoch; NaN if none */
};

/* Create an empty table. Returns IB_E_IO if out of memory. */
enum ib_status ib_scores_new(struct ib_scores **out, struct ib_error *err);
void ib_scores_free(struct ib_scores *s); /* s may be NULL */

/* Return the number of rows, with known and unknown scores. O(1). */
uint64_t ib_scores_count(const struct ib_scores *s);

/* Return row number `row`, from 0, below the count. */
struct ib_row ib_scores_row(const struct ib_scores *s, uint64_t row);

/* Find the row of an id. Returns false if there is none. O(1). */
bool ib_scores_find(const struct ib_scores *s, struct ib_span id, uint64_t *row);

/*
 * Fold the losses of one epoch, as in a loss log, into the scores.
 *   id    [n]  the samples; if an id is repeated, its last loss is used
 *   loss  [n]  in the unit of the trainer; NaN or infinity makes the score unknown
 *   epoch      0 to INT32_MAX; a row whose own epoch is later does not change
 *   smooth     B in [0, 1): the new score is B * score + (1-B) * loss; if 0, the loss
 *
 * Returns IB_E_MISUSE if epoch or smooth is out of range. Returns IB_E_IO if out
 * of memory: the table is then still valid, with some of the losses folded.
 * Copies the ids. O(n).
 */
enum ib_status ib_scores_fold(struct ib_scores *s, const struct ib_span *id, const float *loss,
			      size_t n, int64_t epoch, double smooth, struct ib_error *err);

/*
 * Read a score file (.npz or JSONL, compressed or not; "-" is standard input), or
 * write one atomically (.npz if the name ends so, else JSONL). Saving does not
 * change rows, but it rebuilds the index of the ids: no other thread may use the
 * table, or a rule that borrows it, at the same time.
 */
enum ib_status ib_scores_load(const char *path, struct ib_scores **out, struct ib_error *err);
enum ib_status ib_scores_save(struct ib_scores *s, const char *path, struct ib_error *err);

/* Statistics of a table for the rules. They are exact, and do not depend on the order. */
struct ib_figures {
	uint64_t rows;
	uint64_t known;	 /* number of rows with a known score */
	double mean;	 /* the double nearest to sum/known; NaN if known is 0 */
	double min, max; /* NaN if known is 0 */
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
/* Return the name of a reason, as in files: "warmup", "anneal" ... */
const char *ib_reason_name(enum ib_reason reason);

/*
 * Everything that pi depends on, except the scores. Start from
 * IB_RULE_DEFAULTS. Decimals whose exact value matters are strings as the user
 * wrote them, borrowed, or NULL if not given.
 */
struct ib_rule_options {
	enum ib_rule_id rule;
	int64_t epoch;	/* -e; required */
	int64_t epochs; /* -E; IB_NO_EPOCH: not given */
	double delta;	/* --delta */
	bool delta_given;
	int64_t full_from; /* --full-from; IB_NO_EPOCH: not given */
	int64_t warmup;	   /* --warmup */
	double ratio;	   /* -r, in [0, 1) */
	bool ratio_given;
	uint64_t seed;	       /* --seed */
	const char *threshold; /* infobatch and hard: "mean" (NULL), "median",
				* "q0.3", "v1.5" */
	const char *buckets;   /* buckets: "q0.2:0.75,q0.85:0.5" */
	const char *keep;      /* --keep F */
	const char *scale;     /* proportional */
	double floor;	       /* proportional and rank: in (0, 1] */
	enum ib_proxy proxy;   /* proportional */
	double power;	       /* rank: 0 to 100 */
	int64_t max_age;       /* --max-age; 0: not given */
	enum ib_sampling sampling;
};
#define IB_RULE_DEFAULTS                                                                           \
	{                                                                                          \
		.rule = IB_RULE_INFOBATCH, .epoch = IB_NO_EPOCH, .epochs = IB_NO_EPOCH,            \
		.delta = 0.875, .full_from = IB_NO_EPOCH, .ratio = 0.5, .floor = 0.1, .power = 1   \
	}

/* Return the name of a rule ("infobatch"), or the sentence that describes it in --help. */
const char *ib_rule_name(enum ib_rule_id rule);
const char *ib_rule_about(enum ib_rule_id rule);

/* True if the rule needs scores. Other rules use -s only for --max-age. */
bool ib_rule_needs_scores(enum ib_rule_id rule);

/* True if the rule has a ratio r, the value of -r. */
bool ib_rule_uses_ratio(enum ib_rule_id rule);

/* A parameter of a rule, NAME=VALUE in "--rule RULE:NAME=VALUE,...". */
struct ib_rule_parameter {
	const char *name;
	const char *value; /* its placeholder in a manual: "F" */
	const char *words; /* "a|b", the default first; NULL: any value */
	bool has_default;
	double by_default; /* default of a number, if has_default */
	const char *help;
};

/* Get the i-th parameter of a rule, from 0. Returns false if there are no more. */
bool ib_rule_parameter(enum ib_rule_id rule, size_t i, struct ib_rule_parameter *out);

/*
 * Parse the value of --rule, "rank" or "rank:power=0.7,floor=0.1", into
 * options->rule and the parameters of rules. Parameters that are not given get
 * their defaults. Writes NULs into the text; options borrows it.
 * Returns IB_E_MISUSE, with a sentence that lists the parameters of the rule, if
 * the rule or a parameter is unknown, a parameter is given twice, or a value is
 * out of range.
 */
enum ib_status ib_rule_parse(char *text, struct ib_rule_options *options, struct ib_error *err);

/*
 * Check the options of a rule, except its epochs, without scores. Returns
 * IB_E_MISUSE if one is out of range, missing, or cannot be used with the others.
 */
enum ib_status ib_rule_options_check(const struct ib_rule_options *options, struct ib_error *err);

/* A rule prepared for one epoch: its thresholds are computed, its budget is solved. */
struct ib_rule;

struct ib_decision {
	double pi;
	double u;      /* NaN if pi is 1, because u is not drawn then */
	double weight; /* 1/pi if kept, 0 if pruned */
	enum ib_reason reason;
	bool kept;
};

/*
 * Prepare a rule for one epoch. scores may be NULL if the rule does not need them
 * (random), or if every sample is to be kept (epoch 0, when there are none yet).
 * They are borrowed until ib_rule_free(). O(rows) if the rule looks at all scores.
 * Returns IB_E_MISUSE if an option is invalid or options conflict.
 */
enum ib_status ib_rule_new(const struct ib_rule_options *options, const struct ib_scores *scores,
			   const struct ib_context *context, struct ib_rule **out,
			   struct ib_error *err);
void ib_rule_free(struct ib_rule *rule); /* rule may be NULL */

/* Return the threshold, or NaN if the rule has none or no score is known. */
double ib_rule_threshold(const struct ib_rule *rule);

/*
 * Decide n samples.
 *   id        [n]  the samples
 *   decision  [n]  the results
 * Several threads may call this at once.
 */
void ib_rule_decide(const struct ib_rule *rule, const struct ib_span *id, size_t n,
		    struct ib_decision *decision);

/* ---- complete runs, as the commands do them ----------------------------- */

/*
 * Each function below does what its command does after it has parsed its options.
 * The manual of the command explains each option. Options and context are
 * borrowed for the call, with everything they point to. context may be NULL: no
 * warnings, no progress, ib_threads_default(). result may be NULL; it is valid
 * only if IB_OK is returned.
 */

enum ib_duplicates {
	IB_DUPLICATES_LAST,
	IB_DUPLICATES_FIRST,
	IB_DUPLICATES_MEAN,
	IB_DUPLICATES_MAX,
	IB_DUPLICATES_MIN
};
enum ib_nonfinite { IB_NONFINITE_KEEP, IB_NONFINITE_SKIP, IB_NONFINITE_FAIL };

/* How to read a loss log (infobatch-formats(5)). A member that is NULL has its default. */
struct ib_log_options {
	enum ib_format format;
	const char *key;	   /* -k */
	const char *loss;	   /* --loss, default "loss" */
	const char *epoch_field;   /* --epoch-field, default "epoch" */
	int64_t epoch;		   /* -e N: epoch of records without one */
	bool epoch_by_name;	   /* -e name */
	const char *epoch_pattern; /* PATTERN of -e name:PATTERN, or NULL */
	int64_t until;		   /* --until; IB_NO_EPOCH: no limit */
	enum ib_duplicates duplicates;
	enum ib_nonfinite nonfinite;
	uint64_t max_bad;    /* --max-bad */
	struct ib_part part; /* --part */
};
#define IB_LOG_DEFAULTS                                                                            \
	{                                                                                          \
		.epoch = IB_NO_EPOCH, .until = IB_NO_EPOCH                                         \
	}

/* Options of ib-score(1). Paths are borrowed; NULL if not given. */
struct ib_score_options {
	struct ib_list operands;
	struct ib_log_options log;
	double smooth;		  /* --smooth */
	const char *start;	  /* -s */
	const char *output;	  /* -o; NULL: standard output, JSONL */
	const char *update;	  /* -u */
	bool no_wait;		  /* --no-wait */
	const char *write_totals; /* --write-totals */
	const char *bins;	  /* --bins: file that ib-prune --write-bins wrote */
	struct ib_list expect;	  /* --expect */
	const char *expect_key;	  /* --expect-key */
	const char *weight_field; /* --weight-field: a field of the manifests of --expect */
	struct ib_limit max_missing;
	uint64_t split;	 /* --split K; 0: do not split */
	bool if_changed; /* --if-changed */
};
#define IB_SCORE_DEFAULTS                                                                          \
	{                                                                                          \
		.log = IB_LOG_DEFAULTS                                                             \
	}

/* Statistics of ib_score_run(), which -v prints. */
struct ib_score_result {
	uint64_t records, bad, stale, nonfinite, ignored;
	uint64_t samples, fresh; /* number of all rows; number of new rows */
	double mean;		 /* mean of the known scores; NaN if there are none */
};
enum ib_status ib_score_run(const struct ib_score_options *options,
			    const struct ib_context *context, struct ib_score_result *result,
			    struct ib_error *err);

enum ib_existing_weight {
	IB_EXISTING_WEIGHT_FAIL,
	IB_EXISTING_WEIGHT_MULTIPLY,
	IB_EXISTING_WEIGHT_REPLACE
};

/* Options of ib-prune(1). */
struct ib_prune_options {
	struct ib_list operands;
	enum ib_format format;
	const char *key;	/* -k */
	const char *scores;	/* -s */
	const char *totals;	/* --totals */
	const char *write_bins; /* --write-bins: file for ib-score --bins */
	struct ib_rule_options rule;
	bool allow_duplicates; /* --allow-duplicates */
	struct ib_limit max_unseen;
	struct ib_part part;	   /* --part */
	const char *output;	   /* -o */
	const char *pruned_output; /* -U */
	const char *weights;	   /* -w */
	struct ib_list companions; /* --companion IN:OUT */
	uint64_t header_lines;	   /* --header-lines */
	uint64_t split;		   /* --split */
	bool keep_all;		   /* --keep-all */
	bool explain;		   /* --explain */
	const char *weight_field;  /* --weight-field, default "weight" */
	const char *id_field;	   /* --id-field */
	enum ib_existing_weight existing_weight;
	const char *receipt; /* --receipt */
	const char *audit;   /* -a */
	bool dry_run;	     /* -n */
	bool dry_run_table;  /* -n prints a table, not JSON */
	bool if_changed;     /* --if-changed */
};
#define IB_PRUNE_DEFAULTS                                                                          \
	{                                                                                          \
		.rule = IB_RULE_DEFAULTS                                                           \
	}

/* Statistics of ib_prune_run(). Not filled in by --dry-run and --write-bins. */
struct ib_prune_result {
	uint64_t samples, kept, pruned, low;
	uint64_t reasons[IB_NREASONS];
	double expected_kept, weight_sum, weight_var, max_weight;
	double threshold; /* NaN if there is none */
};
enum ib_status ib_prune_run(const struct ib_prune_options *options,
			    const struct ib_context *context, struct ib_prune_result *result,
			    struct ib_error *err);

enum ib_weights_format {
	IB_WEIGHTS_TEXT,
	IB_WEIGHTS_TSV,
	IB_WEIGHTS_JSONL,
	IB_WEIGHTS_NPY,
	IB_WEIGHTS_NPZ,
	IB_WEIGHTS_F32
};
enum ib_normalize { IB_NORMALIZE_NONE, IB_NORMALIZE_MEAN, IB_NORMALIZE_SUM };

/* Options of ib-weights(1). */
struct ib_weights_options {
	struct ib_list operands;
	enum ib_format format;
	const char *key;	    /* -k */
	const char *weight_field;   /* --weight-field */
	enum ib_weights_format out; /* -O */
	const char *output;	    /* -o */
	struct ib_list base;	    /* --base */
	const char *base_key;	    /* --base-key */
	const char *index;	    /* --index */
	enum ib_normalize normalize;
	double normalize_sum; /* N of --normalize sum:N */
	bool stats;	      /* --stats */
	bool check;	      /* --check */
	bool total_given;
	uint64_t total;	     /* --total N */
	uint64_t batch;	     /* --batch B; 0: not given */
	const char *receipt; /* --receipt */
	bool if_changed;     /* --if-changed */
};
enum ib_status ib_weights_run(const struct ib_weights_options *options,
			      const struct ib_context *context, struct ib_error *err);

enum ib_audit_verb {
	IB_AUDIT_SUMMARY,
	IB_AUDIT_SHOW,
	IB_AUDIT_LIST,
	IB_AUDIT_SUSPECTS,
	IB_AUDIT_VERIFY,
	IB_AUDIT_SIMULATE,
	IB_AUDIT_DRIFT,
	IB_AUDIT_REPORT,
	IB_AUDIT_METRICS
};

/* Options of ib-audit(1). Options that a verb does not have are ignored. */
struct ib_audit_options {
	enum ib_audit_verb verb;
	struct ib_list operands; /* LOG, LOG ID..., LOSSLOG..., LOG LOSSLOG... */
	const char *output;	 /* -o; NULL: standard output */
	/* form of the results: */
	bool json;		 /* --json */
	bool color, utf8, spark; /* set if the terminal has them */
	int width;		 /* columns of the terminal; 0: 80 */
	bool cost_given;
	double cost; /* --cost-per-epoch */
	/* which runs and lines: */
	int64_t epoch;	    /* show, list: -e; IB_NO_EPOCH: all */
	uint64_t last;	    /* summary: --last K; 0: all */
	bool errors;	    /* summary: --errors */
	bool pruned, drawn; /* list: --pruned, --drawn */
	uint64_t top;	    /* --top; 0: all */
	const char *scores; /* show, verify: -s */
	/* loss logs: */
	struct ib_log_options log;
	double smooth;		     /* simulate */
	const char *weight_field;    /* default "weight" */
	const char *weigh_by;	     /* -a: the audit log with the weights */
	uint64_t min_epochs;	     /* suspects: --min-epochs */
	int64_t reference;	     /* drift: --reference; IB_NO_EPOCH: the first */
	double ph_delta, ph_alarm;   /* --page-hinkley D:A */
	bool fail;		     /* --fail */
	struct ib_rule_options rule; /* simulate */
	const char *run;	     /* metrics: --run */
	const char *title;	     /* report: --title */
};
#define IB_AUDIT_DEFAULTS                                                                          \
	{                                                                                          \
		.epoch = IB_NO_EPOCH, .log = IB_LOG_DEFAULTS, .min_epochs = 3,                     \
		.reference = IB_NO_EPOCH, .ph_delta = 0.05, .ph_alarm = 0.5,                       \
		.rule = IB_RULE_DEFAULTS                                                           \
	}

/* Returns IB_E_CHECK if a check (verify, drift --fail) fails. */
enum ib_status ib_audit_run(const struct ib_audit_options *options,
			    const struct ib_context *context, struct ib_error *err);

#ifdef __cplusplus
}
#endif
#endif
