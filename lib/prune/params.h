/*
 * The parameters of a rule and of its schedule, in one table. Each row describes one parameter: its
 * name, its member in struct ib_rule_options, its kind and its range. The commands use the table to
 * parse --rule NAME:PARAMETER=VALUE, to check values and to print --help. The table also controls
 * the writing of receipts and run headers, the reading of run headers (audit/run_header.c), and the
 * command of a run in a report (audit/reproduce.c).
 *
 * To add a parameter, add a row in params.c and a member in struct ib_rule_options.
 */
#ifndef IB_PRUNE_PARAMS_H
#define IB_PRUNE_PARAMS_H

#include "base/json_writer.h"
#include "prune/rule.h"

enum ib_param_kind {
	/* a list in receipts and run headers, written by write(); not an option */
	IB_PARAM_LIST,
	IB_PARAM_SOLVED,    /* double in struct ib_solved; NaN if the rule has no such value */
	IB_PARAM_RULE,	    /* enum ib_rule_id */
	IB_PARAM_SEED,	    /* uint64_t */
	IB_PARAM_REAL,	    /* double */
	IB_PARAM_CHOICE,    /* enum; the value is the index of a word in `range` */
	IB_PARAM_EPOCH,	    /* int64_t: an epoch; IB_NO_EPOCH if the option is not given */
	IB_PARAM_COUNT,	    /* int64_t: the number of epochs of the warm-up */
	IB_PARAM_AGE,	    /* int64_t: a number of epochs; 0 if the option is not given */
	IB_PARAM_DECIMAL,   /* const char *: a number as text, as the user wrote it */
	IB_PARAM_THRESHOLD, /* const char *: a threshold such as "median" */
	IB_PARAM_BUCKETS    /* const char *: a list such as "q0.2:0.75,q0.85:0.5" */
};

struct ib_param {
	const char *member; /* name of the JSON member in receipts and run headers */
	enum ib_param_kind kind;
	size_t offset;	/* offset of the value in struct ib_rule_options or struct ib_solved */
	unsigned rules; /* bit set of the rules that have this parameter: 1 << id for each rule */
	/*
	 * bit set of rules, like `rules`: the member is written only for runs with one of these
	 * rules; 0 if the member is written for runs with any rule
	 */
	unsigned only_rules;
	bool normalized;   /* true if only runs with --normalize write the member */
	const char *name;  /* the parameter's name after "--rule NAME:", or the option's name */
	const char *value; /* placeholder in --help, such as "F" */
	const char *range; /* valid values, such as "(0, 1]" for a number or "a|b" for a choice */
	const char *help;
	/*
	 * Write the member into a receipt or a run header. Used only if the kind is IB_PARAM_LIST.
	 */
	void (*write)(struct ib_json_writer *to, const struct ib_rule *rule);
};

/*
 * Return the rows of the table, in the order of the members in receipts and run headers. *n is set
 * to the number of rows.
 */
const struct ib_param *ib_params(size_t *n);

/* True if `rule` has the parameter p. */
static inline bool
ib_param_is_of(const struct ib_param *p, enum ib_rule_id rule)
{
	return p->rules >> rule & 1;
}

/*
 * True if the row describes an option such as --seed; false if it describes a parameter of --rule.
 */
static inline bool
ib_param_is_option(const struct ib_param *p)
{
	return p->name && !p->rules;
}

/*
 * Return the row of an option, such as "seed". Returns NULL for "rule", and for a name that is not
 * an option.
 */
const struct ib_param *ib_param_find_option(struct ib_span name);

/* True if struct ib_rule_options stores the value of the parameter as a string. */
static inline bool
ib_param_is_text(const struct ib_param *p)
{
	return p->kind >= IB_PARAM_DECIMAL;
}

/* True if the parameter's member may be null in a run header. */
static inline bool
ib_param_may_be_null(const struct ib_param *p)
{
	return ib_param_is_text(p) || p->kind == IB_PARAM_LIST || p->kind == IB_PARAM_SOLVED ||
	       p->kind == IB_PARAM_EPOCH || p->kind == IB_PARAM_AGE;
}

/* True if the options have a value for the parameter. Only texts and epochs can be absent. */
static inline bool
ib_param_is_given(const struct ib_param *p, const struct ib_rule_options *o)
{
	const void *at = (const char *)o + p->offset;

	if (p->kind == IB_PARAM_EPOCH)
		return *(const int64_t *)at != IB_NO_EPOCH;
	return !ib_param_is_text(p) || *(const char *const *)at;
}

/* Return the address of the parameter's value in the options. */
static inline void *
ib_param_at(const struct ib_param *p, struct ib_rule_options *o)
{
	return (char *)o + p->offset;
}

/* Return the address of the parameter's value in *solved. */
static inline const double *
ib_param_solved(const struct ib_param *p, const struct ib_solved *s)
{
	return (const double *)(const void *)((const char *)s + p->offset);
}

/* Return the word that the options choose for a parameter of kind IB_PARAM_CHOICE. */
struct ib_span ib_param_word(const struct ib_param *p, const struct ib_rule_options *o);

/*
 * Parse the value of a parameter and store it in the options. If the parameter is a text, the
 * options borrow `value`. Returns NULL if the value is valid. If the value is invalid, returns a
 * description of the valid values, which is written to `expected`. The kind must not be
 * IB_PARAM_LIST, IB_PARAM_SOLVED, IB_PARAM_RULE or IB_PARAM_BUCKETS.
 */
const char *ib_param_store(const struct ib_param *p, const char *value, struct ib_rule_options *o,
			   char expected[IB_EXPECTED_MAX]);

/*
 * Check the values of the options. Returns IB_E_MISUSE if a number is out of range or a threshold
 * is malformed.
 */
enum ib_status ib_params_check(const struct ib_rule_options *options, struct ib_error *err);

/*
 * Write the members for the rule, the epoch and all parameters of a prepared
 * rule into a JSON object.
 */
void ib_params_write(struct ib_json_writer *to, const struct ib_rule *rule,
		     const struct ib_prune_options *options);

/*
 * Append the value of the parameter as the user would write this value after the option
 * (rule_text.c). The value of --rule includes the rule's parameters:
 * "proportional:floor=0.2,scale=5". Do not call this function for IB_PARAM_LIST, for
 * IB_PARAM_SOLVED, or for a text that is not given.
 */
void ib_param_spell(struct ib_bytes *out, const struct ib_param *p,
		    const struct ib_rule_options *options);

#endif
