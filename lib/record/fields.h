/*
 * The fields of a record that the caller needs. A field is given by a name or a dotted path. Each
 * field has a slot, which is the index of its value in the array of values. For each
 * operand, a struct ib_fields is filled once, and is then read by all threads.
 *
 * Invariants: node[0] is the record itself. A member of a node has a slot, a child node, or both.
 * A name with a dot has two slots: one for the member with exactly this name, and one for the
 * path. If both exist in a record, the member with exactly this name wins.
 */
#ifndef IB_RECORD_FIELDS_H
#define IB_RECORD_FIELDS_H

#include "record/value.h"

#define IB_FIELDS_MAX 48 /* maximum number of slots */
#define IB_FIELDS_NODES 16

/* A member of an object, known by its name. */
struct ib_member {
	struct ib_span name;
	int16_t slot;  /* slot of the member's value; -1 if only its nested members are needed */
	int16_t child; /* index of the node of the nested members; -1 if none is needed */
	bool number;   /* true if the value is converted to a number */
	bool elements; /* true if the value is an array whose elements are read */
};

struct ib_node {
	struct ib_member *member;
	size_t n;
};

/*
 * The slots of a dotted name such as "a.b". If a record has a member with exactly this name, the
 * value of the path is not used.
 */
struct ib_alias {
	int16_t slot;  /* slot of the path's value, which ib_fields_apply_aliases() may replace */
	int16_t exact; /* slot of the member with exactly this name */
};

struct ib_fields {
	struct ib_node node[IB_FIELDS_NODES]; /* node[0] is the record itself */
	size_t nnodes;
	struct ib_alias alias[IB_FIELDS_MAX];
	size_t naliases;
	size_t nslots; /* number of slots, and of values per record */
	bool elements; /* true to read the elements of arrays; set before fields are added */
	char *names[IB_FIELDS_MAX];
	size_t nnames;
};

void ib_fields_init(struct ib_fields *f);
void ib_fields_release(struct ib_fields *f);

/*
 * Add a field and set *slot to the slot of its value. If the name was added before, *slot is the
 * slot that the first call returned. If `number` is true, a JSON number is converted when it is
 * read, but a string stays a string. Returns IB_E_MISUSE if there are too many fields or the name
 * is empty.
 */
enum ib_status ib_fields_add(struct ib_fields *f, struct ib_span name, bool number, int *slot,
			     struct ib_error *err);

/*
 * Choose the values of dotted names, after a record was read: if the record has a member with
 * exactly the dotted name, the value of this member replaces the value of the path.
 */
static inline void
ib_fields_apply_aliases(const struct ib_fields *f, struct ib_value *v)
{
	size_t i;

	for (i = 0; i < f->naliases; i++)
		if (v[f->alias[i].exact].type != IB_ABSENT)
			v[f->alias[i].slot] = v[f->alias[i].exact];
}

#endif
