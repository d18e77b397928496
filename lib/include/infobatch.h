/*
 * infobatch: score, prune and weigh the samples of a training run.
 *
 * The one public header. The method is InfoBatch (Qin et al., ICLR 2024,
 * arXiv 2303.04947): each epoch a share of the samples whose last loss is
 * below a threshold is left out at random, and the survivors are weighted by
 * 1/pi, so that the expected gradient is that of the full data.
 *
 * Words, as in infobatch-formats(5): an id names a sample; its score is the
 * last loss remembered of it (binary32; NaN = unknown); pi is its chance to be
 * kept in this epoch, u its random number, weight = 1/pi if kept. Epochs count
 * from 0. Losses are in the trainer's unit, as a rule nats.
 *
 * Every function that can fail returns enum ib_status and fills the caller's
 * struct ib_error with a finished sentence. The library never prints, exits,
 * or touches global state, save the list of temporary files that
 * ib_output_abandon() removes. Handles are not safe to share between threads
 * unless said so.
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
	IB_EOF = 1,	   /* no more of it: the end, not a failure */
	IB_E_MISUSE = -1,  /* options that do not fit together */
	IB_E_DATA = -2,	   /* bad data */
	IB_E_NOINPUT = -3, /* a file that cannot be opened for reading */
	IB_E_CREATE = -4,  /* a file that cannot be created */
	IB_E_IO = -5,	   /* reading or writing failed; memory ran out */
	IB_E_AGAIN = -6,   /* somebody else holds the lock */
	IB_E_CHECK = -7,   /* a check that was asked for said no */
	IB_E_PIPE = -8	   /* the reader of an output went away */
};

struct ib_error {
	enum ib_status code;
	char text[1000]; /* a finished sentence without line end, UTF-8 */
};

/* ---- small shapes ----------------------------------------------------- */

/* A view of bytes that somebody else owns. */
struct ib_span {
	const char *p;
	size_t n;
};

/* A list of strings, borrowed (operands, --expect, --companion, ...). */
struct ib_list {
	const char *const *v;
	size_t n;
};

/* --part I/K; count 0: everything. See ib_part_of(). */
struct ib_part {
	uint64_t index, count;
};

/* A limit as written: a count, or a percentage as an exact decimal. */
struct ib_limit {
	bool given;
	bool percent;
	uint64_t count;	     /* where percent is false */
	const char *decimal; /* the digits before '%', borrowed */
};

#define IB_NO_EPOCH (-1) /* of an int64_t epoch: not given */

enum ib_format {
	IB_FORMAT_AUTO,
	IB_FORMAT_JSONL,
	IB_FORMAT_JSON,
	IB_FORMAT_CSV,
	IB_FORMAT_TSV,
	IB_FORMAT_LIST,
	IB_FORMAT_TAR,
	IB_FORMAT_NPZ,	 /* recognised by content alone */
	IB_FORMAT_TOTALS /* likewise */
};
/* The values of -f, in the order of the enum. */
#define IB_FORMAT_WORDS "auto|jsonl|json|csv|tsv|list|tar"

/*
 * How a run talks to its caller while it works. Every member may be zero.
 *   threads   0: ib_threads_default()
 *   warn      one finished sentence, no line end; called from one thread at a
 *             time, in the order of the input
 *   progress  called a few times a second at most from one thread at a time:
 *             bytes read so far, of how many (0: not known), records so far
 */
struct ib_context {
	int threads;
	void (*warn)(void *data, const char *sentence);
	void (*progress)(void *data, uint64_t bytes, uint64_t of, uint64_t records);
	void *data;
};

/*
 * The threads that a run uses by default: the cores of this process's
 * affinity, but no more than SLURM_CPUS_PER_TASK, or else SLURM_CPUS_ON_NODE,
 * where set.
 */
int ib_threads_default(void);

/*
 * Remove the temporary files of all outputs that are not committed yet.
 * Async-signal-safe: for a handler of SIGINT or SIGTERM that ends the process.
 * A commit under way in another thread is waited for; from then on no output
 * can be opened or committed any more.
 */
void ib_output_abandon(void);

/*
 * The name of the file whose mapping holds the address; NULL: no mapping of the
 * library does. Async-signal-safe: for a handler of SIGBUS, which a score file
 * that becomes shorter while it is read raises. (ib-prune and the others call
 * ib_output_abandon() then, say what happened, and end.)
 */
const char *ib_mapped_file(const void *address);

/* ---- files of a run ---------------------------------------------------- */

/*
 * How a run uses a file. An output replaces what the file held, so that a file
 * must not be written under one name and read or written under another; only
 * IB_USE_RESULT may replace IB_USE_START (ib-score -s X -o X).
 */
enum ib_use { IB_USE_READ, IB_USE_START, IB_USE_WRITE, IB_USE_RESULT };

struct ib_file_use {
	const char *role; /* for messages: "-o", "the operand" */
	const char *path; /* NULL or "-": standard input or standard output */
	const char *of;	  /* the operand that an output belongs to, or NULL */
	enum ib_use use;
};

/*
 * IB_E_MISUSE, naming both, if two of n uses conflict. Files are compared by
 * device and inode, and files that do not exist yet by folder and name, so
 * that links and other paths are seen through. Devices never conflict; a pipe
 * or FIFO does only if it is read twice. Writes and creates nothing.
 */
enum ib_status ib_files_check(const struct ib_file_use *uses, size_t n, struct ib_error *err);

/*
 * The name of the output of an operand ("%s" in the pattern) or of a number
 * ("%d"), which the pattern contains. free() it; NULL if memory ran out.
 */
char *ib_name_for_operand(const char *pattern, const char *operand);
char *ib_name_for_number(const char *pattern, uint64_t number);

/* The most files that --split makes. */
#define IB_SPLIT_MAX ((uint64_t)1 << 20)

/* ---- draws (infobatch-formats(5), DECISION) ---------------------------- */

/*
 * The key S of one epoch's draws: XXH3_64bits(LE64(seed) || LE64(epoch)).
 */
uint64_t ib_draw_key(uint64_t seed, uint64_t epoch);

/*
 * u of one id in [0, 1): (XXH3_64bits_withSeed(id, key) >> 11) * 2^-53.
 * The same on every machine, in any order and any shard.
 */
double ib_draw_u(uint64_t key, struct ib_span id);

/*
 * The part of K that an id belongs to, the same everywhere and for ever: the
 * high 64 bits of the 128-bit product XXH3_64bits(id) * count. count > 0.
 */
uint64_t ib_part_of(struct ib_span id, uint64_t count);

/* ---- scores ----------------------------------------------------------- */

/*
 * A table of samples: one row each, in the order in which ids first appeared.
 * Memory: the ids' bytes and about 40 bytes a row.
 */
struct ib_scores;

struct ib_row {
	struct ib_span id; /* borrowed from the table, until it next changes */
	float score;	   /* NaN = unknown */
	int32_t epoch;	   /* last seen */
	uint32_t visits;   /* epochs in which it was seen */
	float previous;	   /* score before that epoch; NaN = none */
};

/* An empty table. IB_E_IO when memory ran out; end it with ib_scores_free. */
enum ib_status ib_scores_new(struct ib_scores **out, struct ib_error *err);
void ib_scores_free(struct ib_scores *s); /* NULL is fine */

/* Rows of the table, of known and unknown scores. O(1). */
uint64_t ib_scores_count(const struct ib_scores *s);

/* Row number `row` (from 0, below the count). */
struct ib_row ib_scores_row(const struct ib_scores *s, uint64_t row);

/* The row of an id, or false. O(1). */
bool ib_scores_find(const struct ib_scores *s, struct ib_span id, uint64_t *row);

/*
 * Remember one epoch's losses, as folding a loss log does.
 *   id    [n]  the samples; an id may stand several times: the last counts
 *   loss  [n]  in the trainer's unit; a non-finite one makes the score unknown
 *   epoch      0 to INT32_MAX; older than a row's epoch: that row is left alone
 *   smooth     0: score = loss; B in [0, 1): B * score + (1-B) * loss
 *
 * Returns IB_OK; IB_E_MISUSE for an epoch or smooth out of range; IB_E_IO
 * when memory ran out, after which the table is still valid, with some of the
 * losses folded. Copies what it needs; O(n).
 */
enum ib_status ib_scores_fold(struct ib_scores *s, const struct ib_span *id, const float *loss,
			      size_t n, int64_t epoch, double smooth, struct ib_error *err);

/*
 * Read a score file (.npz or JSONL, compressed or not; "-" is standard
 * input), or write one, atomically (.npz by the name, else JSONL). A save
 * leaves all rows as they are but lays the table's index of ids out anew: no
 * other call on the table, nor on a rule that borrows it, may run beside it.
 */
enum ib_status ib_scores_load(const char *path, struct ib_scores **out, struct ib_error *err);
enum ib_status ib_scores_save(struct ib_scores *s, const char *path, struct ib_error *err);

/* The figures of a table that a rule needs: exact, whatever the order. */
struct ib_figures {
	uint64_t rows;
	uint64_t known;	 /* rows whose score is known */
	double mean;	 /* the double nearest to sum/known; NaN if none */
	double min, max; /* NaN if none */
	int64_t newest;	 /* largest epoch, IB_NO_EPOCH if no rows */
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
/* "warmup", "anneal", ... as the files have it. */
const char *ib_reason_name(enum ib_reason reason);

/*
 * Everything that pi depends on, besides the scores. Start from
 * IB_RULE_DEFAULTS. Decimals whose exact value matters are strings as
 * written, borrowed; NULL = not given.
 */
struct ib_rule_options {
	enum ib_rule_id rule;
	int64_t epoch;	/* -e; required */
	int64_t epochs; /* -E; IB_NO_EPOCH: no annealing */
	double delta;	/* --delta */
	bool delta_given;
	int64_t full_from; /* --full-from; IB_NO_EPOCH */
	int64_t warmup;	   /* --warmup */
	double ratio;	   /* -r, in [0, 1) */
	bool ratio_given;
	uint64_t seed;	       /* --seed */
	const char *threshold; /* of infobatch and hard: "mean" (NULL), "median",
				* "q0.3", "v1.5" */
	const char *buckets;   /* of buckets: "q0.2:0.75,q0.85:0.5" */
	const char *keep;      /* --keep F */
	const char *scale;     /* of proportional */
	double floor;	       /* of proportional and rank, in (0, 1] */
	enum ib_proxy proxy;   /* of proportional */
	double power;	       /* of rank, from 0 to 100 */
	int64_t max_age;       /* --max-age; 0: none */
	enum ib_sampling sampling;
};
#define IB_RULE_DEFAULTS                                                                           \
	{                                                                                          \
		.rule = IB_RULE_INFOBATCH, .epoch = IB_NO_EPOCH, .epochs = IB_NO_EPOCH,            \
		.delta = 0.875, .full_from = IB_NO_EPOCH, .ratio = 0.5, .floor = 0.1, .power = 1   \
	}

/* A rule's name ("infobatch"), and what it does in a sentence for --help. */
const char *ib_rule_name(enum ib_rule_id rule);
const char *ib_rule_about(enum ib_rule_id rule);

/* True if the rule needs scores; a rule that does not takes -s only for --max-age. */
bool ib_rule_needs_scores(enum ib_rule_id rule);

/* True if the rule has a ratio r, which -r gives. */
bool ib_rule_uses_ratio(enum ib_rule_id rule);

/* A parameter of a rule, NAME=VALUE in "--rule RULE:NAME=VALUE,...". */
struct ib_rule_parameter {
	const char *name;
	const char *value; /* what to write for it in a manual: "F" */
	const char *words; /* "a|b", the default first; NULL: any value */
	bool has_default;
	double by_default; /* of a number, if it has one */
	const char *help;
};

/* The i-th parameter of a rule, from 0; false: it has no more. */
bool ib_rule_parameter(enum ib_rule_id rule, size_t i, struct ib_rule_parameter *out);

/*
 * Read a rule as --rule has it, "rank" or "rank:power=0.7,floor=0.1", into
 * options->rule and the parameters of rules; those that are not given get
 * their defaults. The text is cut at its commas, and borrowed by options.
 * Returns IB_E_MISUSE, with a sentence that lists what the rule takes, for an
 * unknown rule or parameter, one given twice, or a value out of its range.
 */
enum ib_status ib_rule_parse(char *text, struct ib_rule_options *options, struct ib_error *err);

/*
 * Check the options of a rule, except its epochs, without scores. Returns
 * IB_E_MISUSE if one is out of range, missing, or cannot be used with the others.
 */
enum ib_status ib_rule_options_check(const struct ib_rule_options *options,
				     struct ib_error *err);

/* A rule made ready for one epoch: thresholds resolved, budgets solved. */
struct ib_rule;

struct ib_decision {
	double pi;
	double u;      /* NaN where pi is 1: it was not drawn */
	double weight; /* 1/pi if kept, 0 if pruned */
	enum ib_reason reason;
	bool kept;
};

/*
 * Make a rule ready. scores may be NULL where the rule does without (random)
 * or where everything is to be kept (epoch 0, nothing scored yet); it is
 * borrowed until ib_rule_free. O(rows) where the rule looks at all scores.
 * Returns IB_E_MISUSE for options that do not fit together.
 */
enum ib_status ib_rule_new(const struct ib_rule_options *options, const struct ib_scores *scores,
			   const struct ib_context *context, struct ib_rule **out,
			   struct ib_error *err);
void ib_rule_free(struct ib_rule *rule); /* NULL is fine */

/* T, or NaN where the rule has none or no score is known. */
double ib_rule_threshold(const struct ib_rule *rule);

/*
 * Decide n samples.
 *   id        [n]  the samples
 *   decision  [n]  out
 * Safe to call from several threads at once.
 */
void ib_rule_decide(const struct ib_rule *rule, const struct ib_span *id, size_t n,
		    struct ib_decision *decision);

/* ---- whole runs: what the commands do ---------------------------------- */

/*
 * Each function below does what its command does between reading its options
 * and telling the exit status; the manual of the command says what an option
 * means. Options, context and what they point to are borrowed for the call;
 * context may be NULL: no warnings, no progress, ib_threads_default().
 * A result may be NULL; it counts only where IB_OK is returned.
 */

enum ib_duplicates {
	IB_DUPLICATES_LAST,
	IB_DUPLICATES_FIRST,
	IB_DUPLICATES_MEAN,
	IB_DUPLICATES_MAX,
	IB_DUPLICATES_MIN
};
enum ib_nonfinite { IB_NONFINITE_KEEP, IB_NONFINITE_SKIP, IB_NONFINITE_FAIL };

/* How a loss log is read (infobatch-formats(5)). NULL: the default. */
struct ib_log_options {
	enum ib_format format;
	const char *key;	   /* -k */
	const char *loss;	   /* --loss, default "loss" */
	const char *epoch_field;   /* --epoch-field, default "epoch" */
	int64_t epoch;		   /* -e N, of records that carry none */
	bool epoch_by_name;	   /* -e name */
	const char *epoch_pattern; /* -e name:PATTERN; NULL: none */
	int64_t until;		   /* --until; IB_NO_EPOCH: no bound */
	enum ib_duplicates duplicates;
	enum ib_nonfinite nonfinite;
	uint64_t max_bad;    /* --max-bad */
	struct ib_part part; /* --part */
};
#define IB_LOG_DEFAULTS                                                                            \
	{                                                                                          \
		.epoch = IB_NO_EPOCH, .until = IB_NO_EPOCH                                         \
	}

/* ib-score(1). Paths are borrowed; NULL: not given. */
struct ib_score_options {
	struct ib_list operands;
	struct ib_log_options log;
	double smooth;		  /* --smooth */
	const char *start;	  /* -s */
	const char *output;	  /* -o; NULL: standard output, JSONL */
	const char *update;	  /* -u */
	bool no_wait;		  /* --no-wait */
	const char *write_totals; /* --write-totals */
	const char *bins;	  /* --bins: count what ib-prune asks for */
	struct ib_list expect;	  /* --expect */
	const char *expect_key;	  /* --expect-key */
	const char *weight_field; /* --weight-field, of --expect */
	struct ib_limit max_missing;
	uint64_t split;	 /* --split K; 0: no */
	bool if_changed; /* --if-changed */
};
#define IB_SCORE_DEFAULTS                                                                          \
	{                                                                                          \
		.log = IB_LOG_DEFAULTS                                                             \
	}

/* What ib_score_run did: the figures of -v. */
struct ib_score_result {
	uint64_t records, bad, stale, nonfinite, ignored;
	uint64_t samples, fresh; /* rows in all; rows that are new */
	double mean;		 /* of the known scores; NaN if none */
};
enum ib_status ib_score_run(const struct ib_score_options *options,
			    const struct ib_context *context, struct ib_score_result *result,
			    struct ib_error *err);

enum ib_existing_weight {
	IB_EXISTING_WEIGHT_FAIL,
	IB_EXISTING_WEIGHT_MULTIPLY,
	IB_EXISTING_WEIGHT_REPLACE
};

/* ib-prune(1). */
struct ib_prune_options {
	struct ib_list operands;
	enum ib_format format;
	const char *key;	/* -k */
	const char *scores;	/* -s */
	const char *totals;	/* --totals */
	const char *write_bins; /* --write-bins: what ib-score is to count */
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
	bool dry_run_table;  /* as a table rather than JSON */
	bool if_changed;     /* --if-changed */
};
#define IB_PRUNE_DEFAULTS                                                                          \
	{                                                                                          \
		.rule = IB_RULE_DEFAULTS                                                           \
	}

/* What ib_prune_run decided. Not filled in by --dry-run and --write-bins. */
struct ib_prune_result {
	uint64_t samples, kept, pruned, low;
	uint64_t reasons[IB_NREASONS];
	double expected_kept, weight_sum, weight_var, max_weight;
	double threshold; /* NaN: none */
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

/* ib-weights(1). */
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
	double normalize_sum; /* of sum:N */
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

/* ib-audit(1). What a verb does not have is not looked at. */
struct ib_audit_options {
	enum ib_audit_verb verb;
	struct ib_list operands; /* LOG, LOG ID..., LOSSLOG..., LOG LOSSLOG... */
	const char *output;	 /* -o; NULL: standard output */
	/* how results look: */
	bool json;		 /* --json */
	bool color, utf8, spark; /* on a terminal that has them */
	int width;		 /* its columns; 0: 80 */
	bool cost_given;
	double cost; /* --cost-per-epoch */
	/* which runs and lines: */
	int64_t epoch;	    /* -e of show and list; IB_NO_EPOCH: all */
	uint64_t last;	    /* --last K of summary; 0: all */
	bool errors;	    /* --errors of summary */
	bool pruned, drawn; /* of list */
	uint64_t top;	    /* --top; 0: all */
	const char *scores; /* -s of show and verify */
	/* loss logs: */
	struct ib_log_options log;
	double smooth;		     /* of simulate */
	const char *weight_field;    /* default "weight" */
	const char *weigh_by;	     /* -a: the audit log with the weights */
	uint64_t min_epochs;	     /* of suspects */
	int64_t reference;	     /* of drift; IB_NO_EPOCH: the first */
	double ph_delta, ph_alarm;   /* --page-hinkley D:A */
	bool fail;		     /* --fail */
	struct ib_rule_options rule; /* of simulate */
	const char *run;	     /* --run of metrics */
	const char *title;	     /* of report */
};
#define IB_AUDIT_DEFAULTS                                                                          \
	{                                                                                          \
		.epoch = IB_NO_EPOCH, .log = IB_LOG_DEFAULTS, .min_epochs = 3,                     \
		.reference = IB_NO_EPOCH, .ph_delta = 0.05, .ph_alarm = 0.5,                       \
		.rule = IB_RULE_DEFAULTS                                                           \
	}

/* IB_E_CHECK where a check (verify, drift --fail) says no. */
enum ib_status ib_audit_run(const struct ib_audit_options *options,
			    const struct ib_context *context, struct ib_error *err);

#ifdef __cplusplus
}
#endif
#endif
