/* The id of a record: which fields it consists of (-k), and its bytes. */
#ifndef IB_RECORD_KEY_H
#define IB_RECORD_KEY_H

#include "base/arena.h"
#include "record/value.h"

enum ib_key_kind {
	IB_KEY_AUTO,   /* not known yet: the first record decides */
	IB_KEY_FIELDS, /* one field, or several joined by 0x1f */
	IB_KEY_COLUMN, /* list: the N-th field, separated by white space */
	IB_KEY_WHOLE,  /* list: the complete line */
	IB_KEY_LINE,   /* the record's number, from 0 */
	IB_KEY_HASH,   /* XXH3-128 of the record's bytes */
	IB_KEY_SHARD   /* tar: the operand's name, a slash, the key */
};

#define IB_KEY_MAX 8
#define IB_KEY_SEPARATOR '\x1f'

struct ib_key {
	enum ib_key_kind kind;
	size_t n; /* number of fields of IB_KEY_FIELDS */
	struct ib_span name[IB_KEY_MAX];
	uint64_t column; /* field number of IB_KEY_COLUMN, from 1 */
};

/* The field names that are tried, in this order, if -k is not given. */
#define IB_KEY_NKNOWN 13
extern const char *const ib_key_known[IB_KEY_NKNOWN];

/* True if the name is one of ib_key_known. */
bool ib_key_is_known(struct ib_span name);
/* The same, in upper or lower case. */
bool ib_key_is_like_known(struct ib_span name);

/*
 * Parse the argument of -k, which is borrowed; NULL is IB_KEY_AUTO. `option` is
 * the option's name for messages.
 */
enum ib_status ib_key_parse(const char *text, const char *option, struct ib_key *key,
			    struct ib_error *err);

/*
 * Append the key in the syntax of -k: "id", "user,n", "@line". Appends nothing
 * for IB_KEY_AUTO and IB_KEY_WHOLE.
 */
void ib_key_put_name(const struct ib_key *key, struct ib_bytes *to);

/*
 * Build the id from a record's key fields; v[slot[i]] is the i-th field. The id
 * of one plain string is a view into the record; an id that has to be decoded
 * or joined is stored in the arena. Returns false, with a clause in why, if a
 * field is absent or cannot be an id.
 */
bool ib_key_build_id(const struct ib_key *key, const int *slot, const struct ib_value *v,
		     struct ib_arena *arena, struct ib_span *id, char *why, size_t why_size);

/* Return the id of @line or @hash; p is NULL if out of memory. */
struct ib_span ib_key_format_line_id(uint64_t number, struct ib_arena *arena);
struct ib_span ib_key_hash_record(struct ib_span record, struct ib_arena *arena);

/*
 * Return a value as text: the decoded bytes of a string, or the bytes of any
 * other value as written. Returns false for a surrogate escape without its
 * other half. text->p is NULL if out of memory.
 */
bool ib_value_text(const struct ib_value *v, struct ib_arena *arena, struct ib_span *text);

#endif
