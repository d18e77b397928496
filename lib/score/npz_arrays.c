/* Find, check and load the arrays of an archive, and read the ids. */
#include "score/npz_arrays.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

static bool
find_array(struct ib_npz_arrays *a, struct ib_span name, struct ib_npz_column *c)
{
	c->name = name;
	c->member = ib_npz_single(a->archive);
	if (!c->member)
		c->member = ib_npz_find_array(a->archive, name);
	return c->member != NULL;
}

static enum ib_status
fail_array(const struct ib_npz_arrays *a, const struct ib_npz_column *c, const char *what,
	   struct ib_error *err)
{
	char show[IB_SHOW_MAX];

	return ib_fail(err, IB_E_DATA, "%s: the array %s %s", a->name, ib_show(show, c->name),
		       what);
}

/* Check that the array has one of the types `kinds` and at most one dimension. */
static enum ib_status
check_type(const struct ib_npz_arrays *a, struct ib_npz_column *c, const char *kinds,
	   const char *wanted, struct ib_error *err)
{
	const struct ib_npz_member *m = c->member;
	const char *descr = m->descr;
	char text[120];

	if (!m->array)
		return fail_array(a, c, "has an unsupported format", err);
	if (memchr("<>|=", descr[0], 4))
		descr++;
	if (*descr == 'O')
		return fail_array(a, c,
				  "holds Python objects (a pickle): store "
				  "integers, or text of fixed width",
				  err);
	if (strcmp(descr, "V2") == 0)
		return fail_array(
			a, c, "is bfloat16 (V2), which numpy does not support: store it as float32",
			err);
	if (!strchr(kinds, *descr) || m->size == 0 || (strchr("iuf", *descr) && m->size > 8)) {
		snprintf(text, sizeof(text), "is of type %s: %s", m->descr, wanted);
		return fail_array(a, c, text, err);
	}
	if (m->ndim > 1)
		return fail_array(a, c, "has more than one dimension", err);
	c->kind = *descr;
	c->big = m->descr[0] == '>';
	c->size = m->size;
	c->scalar = m->ndim == 0;
	return IB_OK;
}

static enum ib_status
load(struct ib_npz_arrays *a, struct ib_npz_column *c, struct ib_error *err)
{
	char text[120];

	if (!c->scalar && c->member->n != a->rows) {
		snprintf(text, sizeof(text), "has %llu items, but there are %llu ids",
			 (unsigned long long)c->member->n, (unsigned long long)a->rows);
		return fail_array(a, c, text, err);
	}
	c->items = ib_array(c->member->nbytes, 1);
	if (!c->items)
		return ib_fail_memory(err);
	return ib_npz_read(a->archive, c->member, c->items, err);
}

/* ---- opening ------------------------------------------------------------------ */

/* Fail because the archive lacks an array. `remedy` names the option that selects the array. */
static enum ib_status
missing(const struct ib_npz_arrays *a, struct ib_span name, const char *remedy,
	struct ib_error *err)
{
	char show[IB_SHOW_MAX], list[200], suggestion[100] = "";

	ib_npz_list_arrays(a->archive, list, sizeof(list));
	if (a->log->nterms > 0) /* not a manifest */
		snprintf(suggestion, sizeof(suggestion), "; name the array with %s%s",
			 a->log->fixed_fields ? "ib-score " : "", remedy);
	return ib_fail(err, IB_E_DATA,
		       "%s: has no array %s, so this is neither a score file nor a loss log; its "
		       "arrays: %s%s",
		       a->name, ib_show(show, name), list, suggestion);
}

/*
 * Check the options for a file of one array: the items of the array are the losses, and the item
 * numbers are the ids.
 */
static enum ib_status
check_single(const struct ib_npz_arrays *a, struct ib_error *err)
{
	if (a->key.kind != IB_KEY_ROW && a->key.kind != IB_KEY_LINE)
		return ib_fail(err, IB_E_DATA,
			       "%s: this is a file of one numpy array, without ids: use -k @row if "
			       "item i is the loss of sample i, or else write the arrays index and "
			       "loss with numpy.savez",
			       a->name);
	if (a->log->nterms > 1)
		return ib_fail(err, IB_E_MISUSE,
			       "%s: this is a file of one numpy array, but --loss has %zu terms",
			       a->name, a->log->nterms);
	return IB_OK;
}

/* Find the id arrays: the arrays that -k names, or else the first array with a known name. */
static enum ib_status
choose_ids(struct ib_npz_arrays *a, struct ib_error *err)
{
	size_t i;

	if (a->key.kind == IB_KEY_HASH || a->key.kind == IB_KEY_SHARD)
		return ib_fail(err, IB_E_MISUSE, "%s: -k %s cannot be used with an .npz log",
			       a->name, a->log->options->key);
	if (a->key.kind == IB_KEY_FIELDS) {
		for (i = 0; i < a->key.n; i++)
			if (!find_array(a, a->key.name[i], &a->id[i]))
				return missing(a, a->key.name[i], "-k", err);
		return IB_OK;
	}
	a->key.n = a->key.kind == IB_KEY_AUTO;
	for (i = 0; i < IB_KEY_NKNOWN && a->key.n == 1; i++)
		if (find_array(a, ib_span_of(ib_key_known[i]), &a->id[0])) {
			a->key.kind = IB_KEY_FIELDS;
			a->key.name[0] = ib_span_of(ib_key_known[i]);
			return IB_OK;
		}
	if (a->key.n == 0)
		return IB_OK;
	return missing(a, ib_span_of("id"), "-k, or give -k @row if item i is the loss of sample i",
		       err);
}

enum ib_status
ib_npz_arrays_load_ids(struct ib_npz_arrays *a, struct ib_error *err)
{
	enum ib_status st = choose_ids(a, err);
	size_t i;

	if (st)
		return st;
	a->rows = a->key.n > 0 ? a->id[0].member->n : a->loss[0].member->n;
	for (i = 0; i < a->key.n && !st; i++) {
		st = check_type(a, &a->id[i], "iuSU",
				"ids must be integers, or bytes or Unicode text of fixed width",
				err);
		if (!st && a->id[i].scalar)
			st = fail_array(a, &a->id[i], "is a single value, not an array", err);
		if (!st && a->id[i].kind == 'U' && a->id[i].size % 4 != 0)
			st = fail_array(a, &a->id[i], "is malformed", err);
		if (!st)
			st = load(a, &a->id[i], err);
	}
	return st;
}

static enum ib_status
load_numbers(struct ib_npz_arrays *a, struct ib_npz_column *c, const char *kinds,
	     const char *wanted, bool scalar, struct ib_error *err)
{
	enum ib_status st = check_type(a, c, kinds, wanted, err);

	if (!st && c->scalar && !scalar)
		st = fail_array(a, c, "is a single value, not an array", err);
	return st ? st : load(a, c, err);
}

enum ib_status
ib_npz_arrays_load_weights(struct ib_npz_arrays *a, struct ib_span name, struct ib_error *err)
{
	if (!find_array(a, name, &a->weight))
		return IB_OK;
	return load_numbers(a, &a->weight, "f", "a weight must be f2, f4 or f8", false, err);
}

enum ib_status
ib_npz_arrays_open(struct ib_npz_arrays *a, struct ib_error *err)
{
	static const char losses[] = "a loss must be f2, f4 or f8";
	const struct ib_loss_reader *l = a->log;
	enum ib_status st;
	size_t i;

	st = ib_key_parse(l->options->key, "-k", &a->key, err);
	if (!st && ib_npz_single(a->archive))
		st = check_single(a, err);
	for (i = 0; i < l->nterms && !st; i++)
		if (!find_array(a, l->term[i].name, &a->loss[i]))
			st = missing(a, l->term[i].name, "--loss", err);
	if (!st)
		st = ib_npz_arrays_load_ids(a, err);
	for (i = 0; i < l->nterms && !st; i++)
		st = load_numbers(a, &a->loss[i], "f", losses, false, err);
	if (ib_npz_single(a->archive))
		return st;
	if (!st && find_array(a, l->wanted[IB_LOG_EPOCH].name, &a->epoch))
		st = load_numbers(a, &a->epoch, "iuf", "an epoch must be a number", true, err);
	if (!st && l->want_weight)
		st = ib_npz_arrays_load_weights(a, l->wanted[IB_LOG_WEIGHT].name, err);
	return st;
}

void
ib_npz_arrays_release(struct ib_npz_arrays *a)
{
	size_t i;

	for (i = 0; i < IB_KEY_MAX; i++)
		free(a->id[i].items);
	for (i = 0; i < IB_TERMS_MAX; i++)
		free(a->loss[i].items);
	free(a->epoch.items);
	free(a->weight.items);
	ib_arena_release(&a->arena);
}

bool
ib_npz_arrays_read_id(struct ib_npz_arrays *a, struct ib_span *id,
		      const struct ib_npz_column **invalid, const char **why)
{
	struct ib_span piece[IB_KEY_MAX];
	size_t i;

	if (a->key.n == 0) {
		*id = ib_key_format_line_id(a->row, &a->arena);
		return true;
	}
	for (i = 0; i < a->key.n; i++) {
		if (!ib_npz_column_text(&a->id[i], a->row, &a->arena, &piece[i], why)) {
			*invalid = &a->id[i];
			return false;
		}
		if (!piece[i].p || a->key.n == 1) {
			*id = piece[i];
			return true;
		}
	}
	*id = ib_key_join(piece, a->key.n, &a->arena);
	return true;
}

bool
ib_npz_arrays_has_rows(const struct ib_npz_arrays *a)
{
	if (a->key.n == 0)
		return a->key.kind == IB_KEY_ROW;
	return a->key.n == 1 && ib_span_is(a->key.name[0], "index") &&
	       (a->id[0].kind == 'i' || a->id[0].kind == 'u');
}
