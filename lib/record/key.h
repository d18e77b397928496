/* Where a record's id is, and what it is made of (-k). */
#ifndef IB_RECORD_KEY_H
#define IB_RECORD_KEY_H

#include "base/arena.h"
#include "record/value.h"

enum ib_key_kind {
	IB_KEY_AUTO,   /* the first record decides */
	IB_KEY_FIELDS, /* one field, or several joined by 0x1f */
	IB_KEY_COLUMN, /* list: the N-th field between blanks */
	IB_KEY_WHOLE,  /* list: the whole line */
	IB_KEY_LINE,   /* the record's number, from 0 */
	IB_KEY_HASH,   /* XXH3-128 of the record's bytes */
	IB_KEY_SHARD   /* tar: the operand's name, a slash, the key */
};

#define IB_KEY_MAX 8
#define IB_KEY_SEPARATOR '\x1f'

struct ib_key {
	enum ib_key_kind kind;
	size_t n; /* of IB_KEY_FIELDS */
	struct ib_span name[IB_KEY_MAX];
	uint64_t column; /* of IB_KEY_COLUMN, from 1 */
};

/* The names that are tried, in this order, without -k. */
#define IB_KEY_NKNOWN 13
extern const char *const ib_key_known[IB_KEY_NKNOWN];

/* Is this one of the known names? */
bool ib_key_is_known(struct ib_span name);

/* Read -k's argument (borrowed; NULL: auto). `option` is its name. */
enum ib_status ib_key_parse(const char *text, const char *option, struct ib_key *key,
			    struct ib_error *err);

/*
 * Append the key as -k takes it: "id", "user,n", "@line". Nothing where it is
 * not known yet, and of the whole lines of a list.
 */
void ib_key_put_name(const struct ib_key *key, struct ib_bytes *to);

/*
 * The id that a record's key fields make: v[slot[i]] is the i-th field. One
 * plain string is a view into the record; what has to be decoded or joined
 * goes into the arena. False, with a reason in why (a finished clause), where
 * a field is absent or no id.
 */
bool ib_key_id(const struct ib_key *key, const int *slot, const struct ib_value *v,
	       struct ib_arena *arena, struct ib_span *id, char *why, size_t why_size);

/* The ids of @line and @hash. NULL span where memory ran out. */
struct ib_span ib_key_line_id(uint64_t number, struct ib_arena *arena);
struct ib_span ib_key_hash_id(struct ib_span record, struct ib_arena *arena);

/*
 * What a value means as text: a string's bytes decoded, of anything else its
 * bytes as they stand. False for a lone surrogate.
 */
bool ib_value_text(const struct ib_value *v, struct ib_arena *arena, struct ib_span *text);

#endif
