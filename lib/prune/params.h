/*
 * The parameters of a rule and of its schedule, in one table. A row has the
 * name of a parameter, its member in struct ib_rule_options, its kind and its
 * range. The table is used to parse --rule NAME:PARAMETER=VALUE, to check values
 * and to print --help; to write receipts and run headers; to read run headers
 * (audit/run_header.c); and to print the command of a run in a report
 * (audit/reproduce.c).
 *
 * A new parameter is one row in params.c, with its member in struct
 * ib_rule_options.
 */
#ifndef IB_PRUNE_PARAMS_H
#define IB_PRUNE_PARAMS_H

#include "base/json_writer.h"
#include "prune/rule.h"

enum ib_param_kind {
	IB_PARAM_LIST,	  /* not an option: written by put() */
	IB_PARAM_SOLVED,  /* double in struct ib_solved; NaN if the rule has none */
	IB_PARAM_RULE,	  /* enum ib_rule_id */
	IB_PARAM_SEED,	  /* uint64_t */
	IB_PARAM_REAL,	  /* double */
	IB_PARAM_CHOICE,  /* an enum: its number among the words of `range` */
	IB_PARAM_EPOCH,	  /* int64_t; IB_NO_EPOCH if not given */
	IB_PARAM_COUNT,	  /* int64_t from 0 */
	IB_PARAM_AGE,	  /* int64_t; 0 if not given */
	IB_PARAM_DECIMAL, /* const char *: a number, as written by the user */
	IB_PARAM_CUT,	  /* const char *: "median" */
	IB_PARAM_CUTS	  /* const char *: "q0.2:0.75,q0.85:0.5" */
};

struct ib_param {
	const char *member; /* name in receipts and run headers */
	enum ib_param_kind kind;
	size_t at;	   /* offset in struct ib_rule_options or struct ib_solved */
	unsigned rules;	   /* rules that have this parameter, as bits 1 << id */
	unsigned only;	   /* if not 0: only files of these rules have the member */
	const char *name;  /* name after "--rule NAME:", or of the option */
	const char *value; /* placeholder in --help: "F" */
	const char *range; /* "(0, 1]" for a number, "a|b" for a choice */
	const char *help;
	/* For IB_PARAM_LIST: write the member. */
	void (*put)(struct ib_json_writer *to, const struct ib_rule *rule);
};

/* Return the rows, in the order of the members in files. */
const struct ib_param *ib_params(size_t *n);

/* True if this is a parameter of that rule. */
static inline bool
ib_param_is_of(const struct ib_param *p, enum ib_rule_id rule)
{
	return p->rules >> rule & 1;
}

/* True if the options store the parameter as a string. */
static inline bool
ib_param_is_text(const struct ib_param *p)
{
	return p->kind >= IB_PARAM_DECIMAL;
}

/* True if the member may be null in a run header. */
static inline bool
ib_param_may_be_null(const struct ib_param *p)
{
	return ib_param_is_text(p) || p->kind == IB_PARAM_LIST || p->kind == IB_PARAM_SOLVED ||
	       p->kind == IB_PARAM_EPOCH || p->kind == IB_PARAM_AGE;
}

/* True if the parameter has a value; a text or an epoch is optional. */
static inline bool
ib_param_is_given(const struct ib_param *p, const struct ib_rule_options *o)
{
	const void *at = (const char *)o + p->at;

	if (p->kind == IB_PARAM_EPOCH)
		return *(const int64_t *)at != IB_NO_EPOCH;
	return !ib_param_is_text(p) || *(const char *const *)at;
}

/* Return the address of the parameter in the options. */
static inline void *
ib_param_at(const struct ib_param *p, struct ib_rule_options *o)
{
	return (char *)o + p->at;
}

/* Return the address of a solved parameter. */
static inline const double *
ib_param_solved(const struct ib_param *p, const struct ib_solved *s)
{
	return (const double *)(const void *)((const char *)s + p->at);
}

/* True if x is in a range such as "[0, 1)". */
bool ib_in_range(const char *range, double x);

/* Returns IB_E_MISUSE if a number is out of range or a threshold is malformed. */
enum ib_status ib_params_check(const struct ib_rule_options *options, struct ib_error *err);

/* Put rule, epoch and all parameters of a prepared rule into an object. */
void ib_params_put(struct ib_json_writer *to, const struct ib_rule *rule,
		   const struct ib_prune_options *options);

/*
 * Append the value as an option takes it (rule_text.c). The value of --rule
 * includes the rule's parameters: "proportional:floor=0.2,scale=5". Not for
 * IB_PARAM_LIST or IB_PARAM_SOLVED, and not for a text that is not given.
 */
void ib_param_spell(struct ib_bytes *out, const struct ib_param *p,
		    const struct ib_rule_options *options);

#endif
