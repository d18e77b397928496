/*
 * The key of an operand: the field or fields from which the ids of its records are built (-k). The
 * key can also be something else, such as the number of the record.
 */
#ifndef IB_RECORD_KEY_H
#define IB_RECORD_KEY_H

#include "base/arena.h"
#include "record/value.h"

enum ib_key_kind {
	IB_KEY_AUTO,   /* not known yet; chosen from the first records */
	IB_KEY_FIELDS, /* one field, or several fields joined by 0x1f */
	IB_KEY_COLUMN, /* in a list, the N-th field of a line; white space separates fields */
	IB_KEY_WHOLE,  /* in a list, the complete line */
	IB_KEY_LINE,   /* the number of the record, from 0 */
	IB_KEY_ROW,    /* in a NumPy array, the number of the item, from 0 */
	IB_KEY_HASH,   /* -k @hash: the XXH3-128 hash of the bytes of the record */
	IB_KEY_SHARD   /* in a tar, the operand's name, a slash, and the sample's key */
};

#define IB_KEY_MAX 8
#define IB_KEY_SEPARATOR '\x1f'

struct ib_key {
	enum ib_key_kind kind;
	size_t n; /* if kind is IB_KEY_FIELDS: the number of fields */
	struct ib_span name[IB_KEY_MAX];
	uint64_t column; /* if kind is IB_KEY_COLUMN: the number of the field, from 1 */
};

/* The known names of id fields. If -k is not given, they are tried in this order. */
#define IB_KEY_NKNOWN 13
extern const char *const ib_key_known[IB_KEY_NKNOWN];

/* True if the name is one of ib_key_known. */
bool ib_key_is_known(struct ib_span name);
/* True if the name is one of ib_key_known, ignoring case. */
bool ib_key_is_like_known(struct ib_span name);

/*
 * Parse the argument of -k, which is borrowed. If text is NULL, the key is IB_KEY_AUTO. `option`
 * is the name of the option in messages.
 */
enum ib_status ib_key_parse(const char *text, const char *option, struct ib_key *key,
			    struct ib_error *err);

/*
 * Append the key, written as for -k, such as "id", "user,n" or "@line". Appends nothing for
 * IB_KEY_AUTO and IB_KEY_WHOLE.
 */
void ib_key_write_name(const struct ib_key *key, struct ib_bytes *to);

/*
 * Join the n > 1 fields of an id with IB_KEY_SEPARATOR. If out of memory, p of the returned span is
 * NULL.
 */
struct ib_span ib_key_join(const struct ib_span *piece, size_t n, struct ib_arena *arena);

/*
 * Build the id from the key fields of a record. v[slot[i]] is the value of the i-th field. If the
 * id is one plain string, it is a view into the record. If it has to be decoded or joined, it is
 * stored in the arena. Returns false and writes a clause to why if a field is absent or cannot be
 * an id.
 */
bool ib_key_build_id(const struct ib_key *key, const int *slot, const struct ib_value *v,
		     struct ib_arena *arena, struct ib_span *id, char *why, size_t why_size);

/* Return the id for -k @line: the decimal number. Returns {NULL, 0} if out of memory. */
struct ib_span ib_key_format_line_id(uint64_t number, struct ib_arena *arena);
/* Return the id for -k @hash: the hash of the record. Returns {NULL, 0} if out of memory. */
struct ib_span ib_key_hash_record(struct ib_span record, struct ib_arena *arena);

/*
 * Store a value as text in *text: the decoded bytes of a string, or the bytes of any other value
 * as they are in the record. Returns false if a surrogate escape is not part of a pair. Sets
 * text->p to NULL if out of memory.
 */
bool ib_value_text(const struct ib_value *v, struct ib_arena *arena, struct ib_span *text);

#endif
