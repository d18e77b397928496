/*
 * Which fields of a record are wanted: names, dotted paths, and where each
 * goes in an array of values. Compiled once an operand, read by all threads.
 */
#ifndef IB_RECORD_FIELDS_H
#define IB_RECORD_FIELDS_H

#include "record/value.h"

#define IB_FIELDS_MAX 48 /* slots */
#define IB_FIELDS_NODES 16

/* One member name below one object. */
struct ib_member {
	struct ib_span name;
	int16_t slot;  /* where its value goes; -1: nowhere */
	int16_t child; /* node of the members below it; -1: none */
	bool number;   /* read as a number at once */
};

struct ib_node {
	struct ib_member *member;
	size_t n;
};

/* A dotted name: the member of exactly that name comes before the path. */
struct ib_alias {
	int16_t slot; /* of the path, and of the result */
	int16_t exact;
};

struct ib_fields {
	struct ib_node node[IB_FIELDS_NODES]; /* 0: the record itself */
	size_t nnodes;
	struct ib_alias alias[IB_FIELDS_MAX];
	size_t naliases;
	size_t nslots; /* values that a record fills */
	char *names[IB_FIELDS_MAX];
	size_t nnames;
};

void ib_fields_init(struct ib_fields *f);
void ib_fields_release(struct ib_fields *f);

/*
 * Want one more field; *slot is where its value goes, the same for the same
 * name. number: read it as a number at once (a string stays a string).
 * IB_E_MISUSE where there are too many, or a name has an empty part.
 */
enum ib_status ib_fields_add(struct ib_fields *f, struct ib_span name, bool number, int *slot,
			     struct ib_error *err);

/* After a record: let exact names come before dotted paths. */
static inline void
ib_fields_settle(const struct ib_fields *f, struct ib_value *v)
{
	size_t i;

	for (i = 0; i < f->naliases; i++)
		if (v[f->alias[i].exact].type != IB_ABSENT)
			v[f->alias[i].slot] = v[f->alias[i].exact];
}

#endif
