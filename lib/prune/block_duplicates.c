/* Find ids that appear twice, and describe the likely cause. */
#include "prune/block_duplicates.h"

#include <stdio.h>

#include "base/error.h"

/* True if an earlier operand has the same path as the current operand. */
static bool
is_given_twice(const struct ib_prune_options *o, const struct ib_source *source)
{
	const struct ib_list *operands = &o->operands;
	size_t i;

	for (i = 0; i < source->operand && i < operands->n; i++)
		if (strcmp(operands->v[i], source->path) == 0)
			return true;
	return false;
}

/*
 * Describe the likely cause of a duplicate id: the same operand is given twice, or the ids are file
 * paths and several segments of one file are samples.
 */
static void
describe_remedy(const struct ib_prune_options *o, const struct ib_source *source, char *text,
		size_t size)
{
	const struct ib_key *key = &source->key;
	struct ib_span name = key->name[0];

	if (is_given_twice(o, source))
		snprintf(text, size, "the operand is given twice; ");
	else if (key->kind == IB_KEY_FIELDS && key->n == 1 && name.n < 40)
		snprintf(text, size,
			 "if several records are segments of one file, use a "
			 "composite key such as -k %.*s,offset; ",
			 (int)name.n, name.p);
	else
		*text = '\0';
}

static enum ib_status
fail_duplicate(const struct ib_pruner *p, struct ib_pruned *b, size_t i,
	       const struct ib_source *source, uint64_t line, struct ib_error *err)
{
	char show[IB_SHOW_MAX], remedy[160];
	struct ib_span id = { "", 0 };
	uint64_t offset = 0;

	describe_remedy(p->options, source, remedy, sizeof(remedy));
	ib_pruned_locate(p, b, i, &offset, &id);
	return ib_fail(err, IB_E_DATA,
		       "%s:%llu: the id %s appears twice: %s"
		       "--allow-duplicates gives both records the same decision",
		       source->name, (unsigned long long)(line + offset), ib_show(show, id),
		       remedy);
}

enum ib_status
ib_block_check_duplicates(const struct ib_pruner *p, struct ib_duplicate_check *check,
			  struct ib_pruned *b, const struct ib_source *source, uint64_t line,
			  struct ib_error *err)
{
	bool allowed = p->options->allow_duplicates;
	struct ib_block_ids *ids = &b->ids;
	size_t i, duplicate;
	enum ib_status st;

	for (i = 0; i < ids->n; i++)
		if (ids->row[i] != IB_NO_ROW && ib_duplicate_check_row(check, ids->row[i]) &&
		    !allowed)
			return fail_duplicate(p, b, i, source, line, err);
	if (ids->nunseen == 0 || allowed)
		return IB_OK;
	st = ib_duplicate_check_unseen(check, ids->unseen, ids->nunseen, &duplicate, err);
	if (!st && duplicate != SIZE_MAX)
		st = fail_duplicate(p, b, ib_block_ids_find_unseen(ids, duplicate), source, line,
				    err);
	return st;
}
