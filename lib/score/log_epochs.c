/* Warn about records with a probably wrong epoch (score/log_epochs.h). */
#include "score/log_epochs.h"

#include "base/error.h"
#include "score/epochname.h"

void
ib_log_epochs_init(struct ib_log_epochs *e, const struct ib_log_options *log,
		   const struct ib_context *context)
{
	*e = (struct ib_log_epochs){ .log = log,
				     .context = context,
				     .operand = -1,
				     .earlier = -1,
				     .newest = -1,
				     .name_epoch = -1 };
}

void
ib_log_epochs_add(struct ib_log_epochs *e, int64_t epoch)
{
	e->operand = epoch > e->operand ? epoch : e->operand;
	e->oldest = e->newest < 0 || epoch < e->oldest ? epoch : e->oldest;
	e->newest = epoch > e->newest ? epoch : e->newest;
}

void
ib_log_epochs_add_batch(struct ib_log_epochs *e, const struct ib_loss_batch *b)
{
	size_t i;

	for (i = 0; i < b->problems.n; i++)
		e->field_noted |= b->problems.v[i].kind == IB_PROBLEM_NOTE;
	e->undated |= b->undated && b->epoch == IB_NO_EPOCH;
	e->default_used |= b->undated && b->epoch != IB_NO_EPOCH;
	if (b->n == 0)
		return;
	ib_log_epochs_add(e, b->loss[0].epoch);
	ib_log_epochs_add(e, b->loss[b->n - 1].epoch);
}

/* ---- one operand --------------------------------------------------------------- */

/* Count an operand that has records without an epoch, and look for an epoch in its name. */
static void
count_undated(struct ib_log_epochs *e, const char *name)
{
	int64_t epoch;

	e->undated_operands++;
	if (!ib_epochname_guess(name, &epoch))
		return;
	e->names_differ |= e->name_epoch >= 0 && epoch != e->name_epoch;
	e->name_epoch = epoch;
}

static void
warn_about_stale(const struct ib_log_epochs *e, const char *name)
{
	if (e->operand >= e->earlier)
		ib_warn(e->context,
			"%s: all records are older than the scores: is this the log of an old run?",
			name);
	else
		ib_warn(e->context,
			"%s: all records are older than the scores, and an earlier operand has "
			"records of epoch %lld: %s",
			name, (long long)e->earlier,
			e->log->epoch_by_name
				? "in one of the two, the records have another epoch than the name "
				  "says"
				: "give the logs in the order of their epochs, for example with "
				  "-e name");
}

void
ib_log_epochs_end_operand(struct ib_log_epochs *e, const char *name, bool stale)
{
	if (stale)
		warn_about_stale(e, name);
	else if (e->operand > e->earlier)
		e->earlier = e->operand;
	if (e->undated)
		count_undated(e, name);
	e->operand = -1;
	e->undated = false;
}

/* ---- all operands -------------------------------------------------------------- */

static void
warn_about_default(const struct ib_log_epochs *e)
{
	int64_t given = e->log->epoch;

	if (given == IB_NO_EPOCH || e->default_used || e->newest < 0 ||
	    (e->oldest <= given && given <= e->newest))
		return;
	if (e->oldest == e->newest)
		ib_warn(e->context,
			"the records of the logs have their own epoch (%lld), so -e %lld is not "
			"used",
			(long long)e->oldest, (long long)given);
	else
		ib_warn(e->context,
			"the records of the logs have their own epochs (%lld to %lld), so -e %lld "
			"is not used",
			(long long)e->oldest, (long long)e->newest, (long long)given);
}

void
ib_log_epochs_warn(const struct ib_log_epochs *e)
{
	if (e->names_differ && !e->field_noted)
		ib_warn(e->context,
			"the records without an epoch, in %llu logs, get epoch 0: give -e name to "
			"take the epoch from the file names, or -e 0 if epoch 0 is right",
			(unsigned long long)e->undated_operands);
	warn_about_default(e);
}

bool
ib_log_epochs_differ(const struct ib_log_epochs *e)
{
	return e->newest > e->oldest;
}
