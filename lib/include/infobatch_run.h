/*
 * Functions that do the work of the commands, and the types of their options. The commands use
 * this header. It is not installed, and it may change in every release.
 */
#ifndef INFOBATCH_RUN_H
#define INFOBATCH_RUN_H

#include "infobatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- small types ------------------------------------------------------ */

/*
 * A list of strings (operands, --expect, --companion, ...). The struct does not own the
 * strings.
 */
struct ib_list {
	const char *const *v;
	size_t n;
};

/* The partition I/K of --part. If count is 0, all samples are selected. See ib_part_of(). */
struct ib_part {
	uint64_t index, count;
};

/* A limit as the user wrote it: a count, or a percentage as an exact decimal. */
struct ib_limit {
	bool given;
	bool percent;
	uint64_t count;	     /* used if percent is false */
	const char *decimal; /* the percentage: the text before '%', borrowed */
};

enum ib_format {
	IB_FORMAT_AUTO,
	IB_FORMAT_JSONL,
	IB_FORMAT_JSON,
	IB_FORMAT_CSV,
	IB_FORMAT_TSV,
	IB_FORMAT_LIST,
	IB_FORMAT_TAR,
	IB_FORMAT_NPZ,	 /* detected from the content, never from -f */
	IB_FORMAT_NPY,	 /* detected from the content, never from -f */
	IB_FORMAT_TOTALS /* detected from the content, never from -f */
};
/* The values of -f, in the order of the enum. The formats that a loss log can have come first. */
#define IB_LOG_FORMAT_WORDS "auto|jsonl|json|csv|tsv"
#define IB_FORMAT_WORDS IB_LOG_FORMAT_WORDS "|list|tar"

/*
 * Settings and call-backs that the caller of a run provides. Every member may be zero.
 *   threads   number of threads; 0: ib_threads_default()
 *   warn      receives one complete sentence without a newline; called from one
 *             thread at a time, in the order of the input
 *   progress  receives the number of bytes read so far, the total number of bytes (0: not
 *             known), and the number of records read so far; called from one thread at a time,
 *             at most a few times per second
 */
struct ib_context {
	int threads;
	void (*warn)(void *data, const char *sentence);
	void (*progress)(void *data, uint64_t bytes, uint64_t of, uint64_t records);
	void *data;
};

/*
 * Return the number of threads that a run uses by default: the number of cores that this process
 * may use, but not more than the environment variable SLURM_CPUS_PER_TASK or, if this variable is
 * not set, SLURM_CPUS_ON_NODE.
 */
int ib_threads_default(void);

/*
 * Remove the temporary files of all outputs that are not committed yet. The function is
 * async-signal-safe: call it in a handler of SIGINT or SIGTERM that ends the process. If another
 * thread is committing an output, the function waits for the commit. Afterwards no output can be
 * opened or committed.
 */
void ib_output_abandon(void);

/* ---- files of a run ---------------------------------------------------- */

/*
 * A use of a file by a run. An output replaces the old contents of its file. So a file that a run
 * writes must have no other use in this run. The only exception is that an IB_USE_RESULT may
 * replace an IB_USE_START (ib-score -s X -o X).
 */
enum ib_use { IB_USE_READ, IB_USE_START, IB_USE_WRITE, IB_USE_RESULT };

struct ib_file_use {
	const char *role; /* name of the use in messages: "-o", "the operand" */
	const char *path; /* NULL or "-": standard input or standard output */
	const char *of;	  /* the operand or output to which the file belongs, or NULL */
	enum ib_use use;
};

/*
 * Check the uses uses[0..n). If two uses conflict, returns IB_E_MISUSE, with a message that names
 * both uses. Existing files are compared by device and inode, so links and different paths are
 * detected. Files that do not exist yet are compared by folder and name. Devices never conflict. A
 * pipe or FIFO conflicts only if it is read twice. The function creates and writes no file.
 */
enum ib_status ib_files_check(const struct ib_file_use *uses, size_t n, struct ib_error *err);

/*
 * Return the name of the lock file of `file`: the name of `file`, or of its target if `file` is a
 * symbolic link, followed by ".lock". The caller frees the name. Returns NULL with errno on
 * errors.
 */
char *ib_lock_name(const char *file);

/*
 * Return ".npz" or ".npy" if the file name ends in this suffix, or in this suffix and a suffix of
 * compressed files (.zst or .gz). Otherwise return NULL.
 */
const char *ib_array_suffix(const char *path);

/*
 * The kinds of files that an output can be: an .npz of arrays, an .npy with one array, and a file
 * to which each run appends.
 */
enum { IB_CAN_BE_NPZ = 1, IB_CAN_BE_NPY = 2, IB_CAN_APPEND = 4 };

/*
 * Check the name of an output. `can` is the set of the bits IB_CAN_... that the output allows.
 * Returns IB_E_MISUSE if the name ends in .npz or .npy, but `can` does not have the bit of this
 * suffix. `role` is the option, for messages. If `can` has IB_CAN_APPEND, an existing file may have
 * any name.
 */
enum ib_status ib_array_name_check(const char *role, const char *path, unsigned can,
				   struct ib_error *err);

/*
 * Return the pattern with "%s" replaced by the operand's file name, without folders and
 * compression suffix. The pattern must contain "%s". The caller frees the name with free().
 * Returns NULL if out of memory.
 */
char *ib_name_for_operand(const char *pattern, const char *operand);

/*
 * Return the pattern with "%d" replaced by the number. The pattern must contain "%d". The caller
 * frees the name with free(). Returns NULL if out of memory.
 */
char *ib_name_for_number(const char *pattern, uint64_t number);

/* The maximum number of files that --split writes. */
#define IB_SPLIT_MAX ((uint64_t)1 << 20)

/* ---- values of options -------------------------------------------------- */

/*
 * Parse a decimal number in a range such as "[0, 1)". A bracket includes the limit; a parenthesis
 * excludes the limit. Returns false if the text is not a decimal number in the range.
 */
bool ib_value_real(const char *text, const char *range, double *value);

/* True if the value is in a range such as "[0, 1)". */
bool ib_value_in_range(const char *range, double value);

/*
 * Parse a whole number in a range such as "[1, 1024]". If the range is NULL, every uint64_t is
 * accepted. Returns false if the text is not a whole number in the range.
 */
bool ib_value_count(const char *text, const char *range, uint64_t *value);

/* Return the index of the text in a list of words "a|b|c", or -1 if no word equals the text. */
int ib_value_word(const char *text, const char *words);

/* Parse I/K. Returns false if the text is not two integers I/K with 0 <= I < K. */
bool ib_part_parse(const char *text, struct ib_part *part);

/*
 * Parse a limit: a count or a percentage. The function cuts off the '%' of the text, and the
 * limit borrows the text. Returns NULL if the text is a limit. If not, returns a description of a
 * valid limit.
 */
const char *ib_limit_parse(char *text, struct ib_limit *limit);

/* The size of the buffer for a description of the values that an option accepts. */
#define IB_EXPECTED_MAX 200

/* Write a description of a range of numbers to out: "a number in [0, 1)". Returns out. */
const char *ib_expected_real(char out[IB_EXPECTED_MAX], const char *range);

/* Write a description of a range of integers to out: "a whole number in [1, 1024]". Returns out. */
const char *ib_expected_count(char out[IB_EXPECTED_MAX], const char *range);

/* Write a description of the words "a|b|c" to out: "a, b or c". Returns out. */
const char *ib_expected_word(char out[IB_EXPECTED_MAX], const char *words);

/* ---- rules ------------------------------------------------------------ */

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
/* the values of --sampling, in the order of enum ib_sampling */
#define IB_SAMPLING_WORDS "poisson|fixed"

/* The scaling of weights: none, to mean 1, or to a given sum. */
enum ib_normalize { IB_NORMALIZE_NONE, IB_NORMALIZE_MEAN, IB_NORMALIZE_SUM };
/* the values of --normalize of ib-prune, in the order of the enum */
#define IB_NORMALIZE_WORDS "none|mean"

/*
 * Everything that pi and the weights depend on, except the scores. Initialize with
 * IB_RULE_DEFAULTS. If the exact value of a decimal matters, the member is a borrowed string, as
 * the user wrote it, or NULL if the option is not given.
 */
struct ib_rule_options {
	enum ib_rule_id rule;
	int64_t epoch;	/* -e; required */
	int64_t epochs; /* -E; IB_NO_EPOCH: not given, so the last epochs are pruned too */
	double delta;	/* --delta */
	bool delta_given;
	int64_t full_from; /* --full-from; IB_NO_EPOCH: not given */
	int64_t warmup;	   /* --warmup */
	double ratio;	   /* -r, in [0, 1) */
	bool ratio_given;
	uint64_t seed;	       /* --seed */
	const char *threshold; /* rules infobatch and hard: "q0.3", "v1.5"; NULL: "mean" */
	const char *buckets;   /* rule buckets: "q0.2:0.75,q0.85:0.5" */
	const char *keep;      /* --keep F */
	const char *scale;     /* rule proportional */
	double floor;	       /* rules proportional and rank: in (0, 1] */
	enum ib_proxy proxy;   /* rule proportional */
	double power;	       /* rule rank: in [0, 100] */
	int64_t max_age;       /* --max-age; 0: no maximum */
	enum ib_sampling sampling;
	enum ib_normalize normalize; /* --normalize; never IB_NORMALIZE_SUM */
	struct ib_owned_text *texts; /* strings that ib_rule_options_set() has copied */
};
#define IB_RULE_DEFAULTS                                                                           \
	{                                                                                          \
		.rule = IB_RULE_INFOBATCH, .epoch = IB_NO_EPOCH, .epochs = IB_NO_EPOCH,            \
		.delta = 0.875, .full_from = IB_NO_EPOCH, .ratio = 0.5, .floor = 0.1, .power = 1   \
	}

/* Return the name of a rule, such as "infobatch". */
const char *ib_rule_name(enum ib_rule_id rule);

/* Return a sentence about the rule for --help. */
const char *ib_rule_about(enum ib_rule_id rule);

/* True if the rule needs scores. Other rules use a score file only for --max-age. */
bool ib_rule_needs_scores(enum ib_rule_id rule);

/* True if the rule has the ratio r, which -r sets. */
bool ib_rule_uses_ratio(enum ib_rule_id rule);

/* A parameter of a rule, written NAME=VALUE in "--rule RULE:NAME=VALUE,...". */
struct ib_rule_parameter {
	const char *name;
	const char *value; /* placeholder for the value in the manual: "F" */
	const char *words; /* "a|b", with the default first; NULL: any value */
	bool has_default;
	double by_default; /* default of a numeric parameter, if has_default is true */
	const char *help;
};

/* Get the i-th parameter of a rule, from 0. Returns false if the rule has no more parameters. */
bool ib_rule_parameter(enum ib_rule_id rule, size_t i, struct ib_rule_parameter *out);

/*
 * Parse the value of --rule ("rank" or "rank:power=0.7,floor=0.1") into options->rule and the
 * members for the parameters of rules. Parameters that the text does not contain get their
 * defaults. The function replaces commas in the text by NUL bytes, and *options borrows the text.
 * Returns IB_E_MISUSE for an unknown rule or parameter, for a parameter that is given twice, and
 * for a value out of range. The message lists the parameters of the rule.
 */
enum ib_status ib_rule_parse(char *text, struct ib_rule_options *options, struct ib_error *err);

/*
 * Do the work of ib_rule_options_set(). If `name` is not an option, the message lists the options
 * of a rule and `others`, the options of the caller: "" or a text such as ", audit, smooth".
 */
enum ib_status ib_rule_options_set_among(struct ib_rule_options *o, const char *name,
					 const char *value, const char *others,
					 struct ib_error *err);

/*
 * Do the work of ib_rule_options_set() for the option `name`, but borrow the value instead of
 * copying it. `name` cannot be "rule". Returns NULL if the value is valid. If the value is
 * invalid, returns a description of the valid values, which is written to `expected`.
 */
const char *ib_rule_options_store(struct ib_rule_options *o, const char *name, const char *value,
				  char expected[IB_EXPECTED_MAX]);

/* ---- complete runs of the commands ------------------------------------- */

/*
 * Each function below does the work of one command. The manual of the command explains the options.
 * During the call, a function borrows the options, the context, and all data to which the options
 * and the context point. context may be NULL: then there are no warnings and no progress, and the
 * number of threads is ib_threads_default(). result may be NULL; *result is valid only if the
 * function returns IB_OK.
 */

enum ib_duplicates {
	IB_DUPLICATES_LAST,
	IB_DUPLICATES_FIRST,
	IB_DUPLICATES_MEAN,
	IB_DUPLICATES_MAX,
	IB_DUPLICATES_MIN
};
/* values of --duplicates, in the order of the enum */
#define IB_DUPLICATES_WORDS "last|first|mean|max|min"
enum ib_nonfinite { IB_NONFINITE_KEEP, IB_NONFINITE_SKIP, IB_NONFINITE_FAIL };
#define IB_NONFINITE_WORDS "keep|skip|fail" /* values of --nonfinite, in the order of the enum */

/*
 * Options for reading a loss log (see infobatch-formats(5)). A string that is NULL has its
 * default.
 */
struct ib_log_options {
	enum ib_format format;
	const char *key;	   /* -k */
	const char *loss;	   /* --loss, default "loss" */
	const char *epoch_field;   /* --epoch-field, default "epoch" */
	int64_t epoch;		   /* -e N, for records without an epoch */
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
	const char *weight_field; /* --weight-field, for --expect */
	struct ib_limit max_missing;
	uint64_t split;	 /* --split K; 0: do not split */
	bool if_changed; /* --if-changed */
};
#define IB_SCORE_DEFAULTS                                                                          \
	{                                                                                          \
		.log = IB_LOG_DEFAULTS                                                             \
	}

/* Results of ib_score_run(), which -v prints. */
struct ib_score_result {
	uint64_t records, bad, stale, nonfinite, ignored;
	/* samples: number of rows of the table; fresh: number of new rows */
	uint64_t samples, fresh;
	double mean; /* mean of the known scores; NaN if none is known */
};
enum ib_status ib_score_run(const struct ib_score_options *options,
			    const struct ib_context *context, struct ib_score_result *result,
			    struct ib_error *err);

enum ib_existing_weight {
	IB_EXISTING_WEIGHT_FAIL,
	IB_EXISTING_WEIGHT_MULTIPLY,
	IB_EXISTING_WEIGHT_REPLACE
};

/* The maximum number of samples of --range. */
#define IB_RANGE_MAX ((uint64_t)UINT32_MAX - 2)

/* Options of ib-prune(1). */
struct ib_prune_options {
	struct ib_list operands;
	bool range_given; /* true if --range is given; the ids are then 0 to range-1 */
	uint64_t range;
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
	const char *receipt;		      /* --receipt */
	const char *audit;		      /* -a */
	bool dry_run;			      /* -n */
	bool dry_run_table;		      /* true to print a table instead of JSON */
	bool if_changed;		      /* --if-changed */
	const struct ib_prune_memory *memory; /* see prune/memory.h; NULL: use files */
};
#define IB_PRUNE_DEFAULTS                                                                          \
	{                                                                                          \
		.rule = IB_RULE_DEFAULTS                                                           \
	}

#define IB_NREASONS (IB_REASON_PRUNED + 1)

/* Results of ib_prune_run(). They are not set with --dry-run or --write-bins. */
struct ib_prune_result {
	uint64_t samples, kept, pruned, eligible;
	uint64_t reasons[IB_NREASONS];
	/* The next four members are computed before --normalize scales the weights. */
	double expected_kept, weight_sum, weight_var, max_weight;
	double threshold;		   /* NaN: no threshold */
	double weight_factor, rate_factor; /* factors of --normalize; 1 without this option */
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
/* Results of ib-weights --check. */
struct ib_weights_result {
	uint64_t records, total; /* total: number of samples of --base, or the value of --total */
	double sum;		 /* sum of the weights */
};

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
	uint64_t total;			  /* --total N */
	uint64_t batch;			  /* --batch B; 0: not given */
	const char *receipt;		  /* --receipt */
	bool if_changed;		  /* --if-changed */
	struct ib_weights_result *result; /* set by --check; may be NULL */
};
enum ib_status ib_weights_run(const struct ib_weights_options *options,
			      const struct ib_context *context, struct ib_error *err);

enum ib_audit_subcommand {
	IB_AUDIT_SUMMARY,
	IB_AUDIT_SHOW,
	IB_AUDIT_LIST,
	IB_AUDIT_SUSPECTS,
	IB_AUDIT_VERIFY,
	IB_AUDIT_SIMULATE,
	IB_AUDIT_DRIFT,
	IB_AUDIT_REPORT,
	IB_AUDIT_METRICS,
	IB_AUDIT_COMPARE
};

/* Results of ib-audit verify. */
struct ib_audit_result {
	uint64_t runs, decisions;
};

/* Options of ib-audit(1). A subcommand ignores the members that are not among its options. */
struct ib_audit_options {
	enum ib_audit_subcommand subcommand;
	struct ib_list operands; /* LOG; LOG ID...; LOSSLOG...; or LOG LOSSLOG... */
	const char *output;	 /* -o; NULL: standard output */
	/* appearance of the results: */
	bool json;		 /* --json */
	bool color, utf8, spark; /* color, utf8: use them in the output; spark: draw sparklines */
	int width;		 /* columns of the terminal; 0: not a terminal */
	bool cost_given;
	double cost;   /* --cost-per-epoch */
	double visits; /* simulate: --visits; 0: not given */
	/* selection of runs and lines: */
	int64_t epoch;		  /* show, list: -e; IB_NO_EPOCH: all epochs */
	uint64_t last;		  /* summary, drift: --last K; 0: all */
	bool errors;		  /* summary: --errors */
	bool pruned, drawn;	  /* list: --pruned, --drawn */
	uint64_t top;		  /* --top; 0: all */
	const char *scores;	  /* show, verify, metrics: -s */
	struct ib_list manifest;  /* --manifest */
	const char *manifest_key; /* --manifest-key */
	const char *by;		  /* --by: a field of the manifest */
	/* loss logs: */
	struct ib_log_options log;
	double smooth;		     /* for simulate */
	const char *weight_field;    /* default "weight" */
	const char *weigh_by;	     /* -a: audit log from which the weights are read */
	uint64_t min_epochs;	     /* suspects: --min-epochs */
	int64_t reference;	     /* drift: --reference; IB_NO_EPOCH: the first epoch */
	double ph_delta, ph_alarm;   /* --page-hinkley D:A */
	bool fail;		     /* --fail */
	struct ib_rule_options rule; /* for simulate */
	struct ib_list rules;	     /* compare: each --rule; empty: the default rules */
	const char *run;	     /* metrics: --run; NULL: the name of LOG without .audit.zst */
	const char *title;	     /* report: --title */
	struct ib_audit_result *result; /* set by verify; may be NULL */
};
#define IB_AUDIT_DEFAULTS                                                                          \
	{                                                                                          \
		.epoch = IB_NO_EPOCH, .log = IB_LOG_DEFAULTS, .min_epochs = 3,                     \
		.reference = IB_NO_EPOCH, .ph_delta = 0.05, .ph_alarm = 0.5,                       \
		.rule = IB_RULE_DEFAULTS                                                           \
	}

/* Run one subcommand. Returns IB_E_CHECK if a check (verify, drift --fail) fails. */
enum ib_status ib_audit_run(const struct ib_audit_options *options,
			    const struct ib_context *context, struct ib_error *err);

#ifdef __cplusplus
}
#endif
#endif
