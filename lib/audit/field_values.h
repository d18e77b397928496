/*
 * For each sample, the value of one manifest field (--by), such as the class. The ids are not
 * stored. Each sample needs 16 to 32 bytes for the hash of its id and the code of its value, and up
 * to 48 bytes while the table grows. With 10^7 ids, the probability that two of the ids have the
 * same hash is 3 in a million.
 */
#ifndef IB_AUDIT_FIELD_VALUES_H
#define IB_AUDIT_FIELD_VALUES_H

#include "audit/sample_fields.h"
#include "score/table.h"

/* Maximum number of values that each have their own group. */
#define IB_GROUP_VALUES 50
/*
 * Maximum number of ranges. Each range is a group. Ranges are used if all values are numbers, and
 * there are more than IB_GROUP_VALUES different values.
 */
#define IB_GROUP_RANGES 10
/* Three more groups are possible: IB_VALUE_OTHERS, IB_VALUE_MISSING and IB_VALUE_FOREIGN. */
#define IB_VALUE_GROUPS_MAX (IB_GROUP_VALUES + 3)

enum ib_value_kind {
	IB_VALUE_ONE,	  /* one value */
	IB_VALUE_RANGE,	  /* a range of numbers */
	IB_VALUE_OTHERS,  /* all values that do not have their own group */
	IB_VALUE_MISSING, /* samples without a value */
	IB_VALUE_FOREIGN  /* ids that are not in the manifests */
};

struct ib_value_group {
	enum ib_value_kind kind;
	/* name of the group, such as "cat" or "0.5 to 2"; empty for the last three kinds */
	struct ib_bytes name;
	uint64_t values;  /* number of different values in the group */
	uint64_t samples; /* number of ids of the manifests that are in the group */
};

struct ib_field_values {
	struct ib_value_group group[IB_VALUE_GROUPS_MAX];
	size_t ngroups;	  /* number of groups; the last group is IB_VALUE_FOREIGN */
	uint64_t samples; /* number of different ids in the manifests */
	/* number of records that were ignored, because an earlier record has the same id */
	uint64_t duplicates;
	/* private: a hash table with linear probing, and the values in the order of their codes */
	uint64_t *hash; /* [2^bits] hash of an id; 0: the slot is empty */
	/* [2^bits] code of the value of the id; after all manifests are read, index of its group */
	uint32_t *code;
	unsigned bits;
	struct ib_table levels; /* the different values as texts, called levels; empty if the codes
				   are numbers */
	double *number;		/* [levels.n] number[i]: level i as a number */
	size_t cap;
	bool all_numbers, codes_are_numbers;
	struct ib_part part;
};

/*
 * Read the manifests. If part is not NULL, the ids that are not in the partition *part are ignored.
 * Returns IB_E_DATA if no record has the field.
 */
enum ib_status ib_field_values_read(struct ib_field_values *v,
				    const struct ib_sample_fields_options *options,
				    const struct ib_part *part, struct ib_error *err);
void ib_field_values_release(struct ib_field_values *v);

/* Return the index of the group of an id; this is the last group if no manifest has the id. */
size_t ib_field_values_find(const struct ib_field_values *v, struct ib_span id);

#endif
