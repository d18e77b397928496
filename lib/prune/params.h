/*
 * The parameters of a rule and of its schedule: one table, whose rows say by
 * name where a value is kept and what it may be. From the table come the
 * parameters of --rule NAME:PARAMETER=VALUE, their checks and their --help;
 * the members of receipts and of run headers; how a run header is read back
 * (audit/head.c); and the command that a report prints (audit/reproduce.c).
 *
 * A new parameter is one row in params.c, with its member in struct
 * ib_rule_options.
 */
#ifndef IB_PRUNE_PARAMS_H
#define IB_PRUNE_PARAMS_H

#include <cjson/cJSON.h>

#include "prune/rule.h"

enum ib_param_kind {
	IB_PARAM_SOLVED,  /* not an option: what the rule made of them */
	IB_PARAM_RULE,	  /* enum ib_rule_id */
	IB_PARAM_SEED,	  /* uint64_t */
	IB_PARAM_REAL,	  /* double */
	IB_PARAM_CHOICE,  /* an enum: its number among the words of `range` */
	IB_PARAM_EPOCH,	  /* int64_t; IB_NO_EPOCH: not given */
	IB_PARAM_COUNT,	  /* int64_t from 0 */
	IB_PARAM_AGE,	  /* int64_t; 0: not given */
	IB_PARAM_DECIMAL, /* const char *: a number, as it was written */
	IB_PARAM_CUT,	  /* const char *: "median" */
	IB_PARAM_CUTS	  /* const char *: "q0.2:0.75,q0.85:0.5" */
};

struct ib_param {
	const char *member; /* of receipts and run headers */
	enum ib_param_kind kind;
	size_t at;	   /* in struct ib_rule_options */
	unsigned rules;	   /* bit 1 << id: a parameter of these rules */
	unsigned only;	   /* bits: the member is of these rules' files alone */
	const char *name;  /* after "--rule NAME:"; else its option's */
	const char *value; /* what stands for it in --help: "F" */
	const char *range; /* "(0, 1]" of a number, "a|b" of a choice */
	const char *help;
	/* Of what is solved: writes the member. */
	bool (*put)(cJSON *to, const struct ib_rule *rule);
};

/* The rows, in the order of the members. */
const struct ib_param *ib_params(size_t *n);

/* Whether this is a parameter of that rule. */
static inline bool
ib_param_is_of(const struct ib_param *p, enum ib_rule_id rule)
{
	return p->rules >> rule & 1;
}

/* Whether a text is what the parameter is read from: a pointer in options. */
static inline bool
ib_param_is_text(const struct ib_param *p)
{
	return p->kind >= IB_PARAM_DECIMAL;
}

/* Whether the member may be null in a run header. */
static inline bool
ib_param_may_be_null(const struct ib_param *p)
{
	return ib_param_is_text(p) || p->kind == IB_PARAM_SOLVED || p->kind == IB_PARAM_EPOCH ||
	       p->kind == IB_PARAM_AGE;
}

/* Whether there is a value: a text or an epoch may not be given. */
static inline bool
ib_param_is_given(const struct ib_param *p, const struct ib_rule_options *o)
{
	const void *at = (const char *)o + p->at;

	if (p->kind == IB_PARAM_EPOCH)
		return *(const int64_t *)at != IB_NO_EPOCH;
	return !ib_param_is_text(p) || *(const char *const *)at;
}

/* Where options keep it. */
static inline void *
ib_param_at(const struct ib_param *p, struct ib_rule_options *o)
{
	return (char *)o + p->at;
}

/* Whether x is in a range such as "[0, 1)". */
bool ib_in_range(const char *range, double x);

/* Numbers out of their range, malformed cuts: IB_E_MISUSE. */
enum ib_status ib_params_check(const struct ib_rule_options *options, struct ib_error *err);

/* Add rule, epoch and all parameters of a prepared rule to an object. */
bool ib_params_add(cJSON *to, const struct ib_rule *rule, const struct ib_prune_options *options);

/*
 * rule_text.c: the value as an option takes it; that of the rule has the
 * rule's parameters too, "proportional:floor=0.2,scale=5". Not of a solved
 * one, nor of a text that is not given.
 */
void ib_param_spell(struct ib_bytes *out, const struct ib_param *p,
		    const struct ib_rule_options *options);

#endif
