/*
 * The fields that a caller needs from each record: names or dotted paths, each
 * with the slot of the value array that it fills. Compiled once per operand,
 * then read by all threads.
 *
 * Invariants: node[0] is the record itself; a member of a node has a slot, a
 * child node, or both. A name with a dot has two slots: one for the member of
 * exactly that name, one for the path. The exact name wins.
 */
#ifndef IB_RECORD_FIELDS_H
#define IB_RECORD_FIELDS_H

#include "record/value.h"

#define IB_FIELDS_MAX 48 /* slots */
#define IB_FIELDS_NODES 16

/* One member name of one object. */
struct ib_member {
	struct ib_span name;
	int16_t slot;  /* slot of its value; -1 if only members below it are needed */
	int16_t child; /* node of the members below it; -1 if none is needed */
	bool number;   /* convert the value to a number */
};

struct ib_node {
	struct ib_member *member;
	size_t n;
};

/* A dotted name: the member of exactly that name wins over the path. */
struct ib_alias {
	int16_t slot;  /* slot of the path, and of the result */
	int16_t exact; /* slot of the member of exactly that name */
};

struct ib_fields {
	struct ib_node node[IB_FIELDS_NODES]; /* 0: the record itself */
	size_t nnodes;
	struct ib_alias alias[IB_FIELDS_MAX];
	size_t naliases;
	size_t nslots; /* values per record */
	char *names[IB_FIELDS_MAX];
	size_t nnames;
};

void ib_fields_init(struct ib_fields *f);
void ib_fields_release(struct ib_fields *f);

/*
 * Add a field and set *slot to its slot; the same name has the same slot.
 * number: convert a JSON number when it is read (a string stays a string).
 * Returns IB_E_MISUSE if there are too many fields or the name is empty.
 */
enum ib_status ib_fields_add(struct ib_fields *f, struct ib_span name, bool number, int *slot,
			     struct ib_error *err);

/* Call after each record: let exact names win over dotted paths. */
static inline void
ib_fields_apply_aliases(const struct ib_fields *f, struct ib_value *v)
{
	size_t i;

	for (i = 0; i < f->naliases; i++)
		if (v[f->alias[i].exact].type != IB_ABSENT)
			v[f->alias[i].slot] = v[f->alias[i].exact];
}

#endif
