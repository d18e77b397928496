/* Compile the names and dotted paths of fields to slots (record/fields.h). */
#include "record/fields.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

void
ib_fields_init(struct ib_fields *f)
{
	*f = (struct ib_fields){ .nnodes = 1 };
}

void
ib_fields_release(struct ib_fields *f)
{
	size_t i;

	for (i = 0; i < f->nnodes; i++)
		free(f->node[i].member);
	for (i = 0; i < f->nnames; i++)
		free(f->names[i]);
	ib_fields_init(f);
}

/* Find the member with this name in a node, or add it. Returns NULL if out of memory. */
static struct ib_member *
find_or_add_member(struct ib_fields *f, size_t node, struct ib_span name)
{
	struct ib_node *at = &f->node[node];
	struct ib_member *m;
	size_t i;

	for (i = 0; i < at->n; i++)
		if (ib_span_equal(at->member[i].name, name))
			return &at->member[i];
	if (!ib_array_resize(&at->member, at->n + 1, sizeof(*m)))
		return NULL;
	m = &at->member[at->n++];
	*m = (struct ib_member){ .name = name, .slot = -1, .child = -1 };
	return m;
}

static bool
assign_slot(struct ib_fields *f, struct ib_member *m, bool number)
{
	if (m->slot < 0) {
		if (f->nslots == IB_FIELDS_MAX)
			return false;
		m->slot = (int16_t)f->nslots++;
	}
	m->number |= number;
	m->elements = f->elements;
	return true;
}

/*
 * Find or add the last member of a dotted path. Returns NULL if the paths of all fields need
 * more than IB_FIELDS_NODES nodes, or if out of memory.
 */
static struct ib_member *
add_path(struct ib_fields *f, struct ib_span path)
{
	struct ib_member *m;
	const char *dot;
	size_t node = 0, len;

	for (;;) {
		dot = memchr(path.p, '.', path.n);
		len = dot ? (size_t)(dot - path.p) : path.n;
		m = find_or_add_member(f, node, (struct ib_span){ path.p, len });
		if (!m || !dot)
			return m;
		if (m->child < 0) {
			if (f->nnodes == IB_FIELDS_NODES)
				return NULL;
			m->child = (int16_t)f->nnodes++;
		}
		node = (size_t)m->child;
		path.p += len + 1;
		path.n -= len + 1;
	}
}

static bool
has_empty_part(struct ib_span name)
{
	size_t i;

	if (name.n == 0 || name.p[0] == '.' || name.p[name.n - 1] == '.')
		return true;
	for (i = 1; i < name.n; i++)
		if (name.p[i] == '.' && name.p[i - 1] == '.')
			return true;
	return false;
}

enum ib_status
ib_fields_add(struct ib_fields *f, struct ib_span name, bool number, int *slot,
	      struct ib_error *err)
{
	char show[IB_SHOW_MAX];
	struct ib_member *m;
	struct ib_span copy;
	int exact;

	if (name.n == 0)
		return ib_fail(err, IB_E_MISUSE, "a field name is empty");
	if (f->nnames == IB_FIELDS_MAX)
		return ib_fail(err, IB_E_MISUSE, "the options name more than %d fields",
			       IB_FIELDS_MAX);
	copy = (struct ib_span){ ib_span_dup(name), name.n };
	if (!copy.p)
		return ib_fail_memory(err);
	f->names[f->nnames++] = (char *)(uintptr_t)copy.p;
	m = find_or_add_member(f, 0, copy);
	if (!m)
		return ib_fail_memory(err);
	if (!assign_slot(f, m, number))
		return ib_fail(err, IB_E_MISUSE, "the options name more than %d fields",
			       IB_FIELDS_MAX);
	*slot = exact = m->slot;
	if (!memchr(copy.p, '.', copy.n) || has_empty_part(copy))
		return IB_OK;
	m = add_path(f, copy);
	if (!m || (m->slot < 0 && f->nslots == IB_FIELDS_MAX))
		return ib_fail(
			err, IB_E_MISUSE,
			"field %s: the options name too many fields whose names contain dots",
			ib_show(show, copy));
	if (m->slot < 0) { /* a path that is added again has an alias already */
		assign_slot(f, m, number);
		f->alias[f->naliases++] =
			(struct ib_alias){ .slot = m->slot, .exact = (int16_t)exact };
	}
	m->number |= number;
	*slot = m->slot;
	return IB_OK;
}
