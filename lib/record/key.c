/* Parse the argument of -k, and build the id of a record from its key fields (record/key.h). */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "record/key.h"

#include <stdio.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/numbers.h"
#include "record/json_escapes.h"

const char *const ib_key_known[IB_KEY_NKNOWN] = {
	"id",	 "__key__",	   "key",	"uid",	    "guid", "sample_id", "idx",
	"index", "audio_filepath", "file_name", "filename", "path", "image"
};

bool
ib_key_is_known(struct ib_span name)
{
	size_t i;

	for (i = 0; i < IB_KEY_NKNOWN; i++)
		/* Most names differ in the first byte. */
		if (name.n > 0 && name.p[0] == ib_key_known[i][0] &&
		    ib_span_is(name, ib_key_known[i]))
			return true;
	return false;
}

bool
ib_key_is_like_known(struct ib_span name)
{
	size_t i;

	for (i = 0; i < IB_KEY_NKNOWN; i++)
		if (ib_span_is_like(name, ib_span_of(ib_key_known[i])))
			return true;
	return false;
}

enum ib_status
ib_key_parse(const char *text, const char *option, struct ib_key *key, struct ib_error *err)
{
	const char *p = text, *comma;

	*key = (struct ib_key){ .kind = IB_KEY_AUTO };
	if (!text)
		return IB_OK;
	if (strcmp(text, "@line") == 0) {
		key->kind = IB_KEY_LINE;
	} else if (strcmp(text, "@row") == 0) {
		key->kind = IB_KEY_ROW;
	} else if (strcmp(text, "@hash") == 0) {
		key->kind = IB_KEY_HASH;
	} else if (strcmp(text, "@shard") == 0) {
		key->kind = IB_KEY_SHARD;
	} else {
		key->kind = IB_KEY_FIELDS;
		for (;; p = comma + 1) {
			comma = strchr(p, ',');
			if (key->n == IB_KEY_MAX)
				return ib_fail(err, IB_E_MISUSE, "%s: more than %d fields", option,
					       IB_KEY_MAX);
			key->name[key->n].p = p;
			key->name[key->n].n = comma ? (size_t)(comma - p) : strlen(p);
			if (key->name[key->n++].n == 0)
				return ib_fail(err, IB_E_MISUSE, "%s: a field name is empty",
					       option);
			if (!comma)
				break;
		}
	}
	return IB_OK;
}

void
ib_key_write_name(const struct ib_key *key, struct ib_bytes *to)
{
	size_t i;

	switch (key->kind) {
	case IB_KEY_FIELDS:
		for (i = 0; i < key->n; i++) {
			if (i > 0)
				ib_bytes_append_char(to, ',');
			ib_bytes_append(to, key->name[i].p, key->name[i].n);
		}
		break;
	case IB_KEY_COLUMN:
		ib_bytes_printf(to, "%llu", (unsigned long long)key->column);
		break;
	case IB_KEY_LINE:
		ib_bytes_printf(to, "@line");
		break;
	case IB_KEY_ROW:
		ib_bytes_printf(to, "@row");
		break;
	case IB_KEY_HASH:
		ib_bytes_printf(to, "@hash");
		break;
	case IB_KEY_SHARD:
		ib_bytes_printf(to, "@shard");
		break;
	case IB_KEY_AUTO:
	case IB_KEY_WHOLE:
		break;
	}
}

/* Copy a CSV field, and replace each doubled quote with one quote. */
static struct ib_span
undouble(struct ib_span s, char *to)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		to[n++] = s.p[i];
		if (s.p[i] == '"')
			i++;
	}
	return (struct ib_span){ to, n };
}

bool
ib_value_text(const struct ib_value *v, struct ib_arena *arena, struct ib_span *text)
{
	struct ib_bytes plain;
	char *to;

	*text = ib_value_span(v);
	if (!v->escaped || (v->type != IB_STRING && v->type != IB_TEXT))
		return true;
	to = ib_arena_allocate(arena, v->n);
	if (!to) {
		*text = (struct ib_span){ NULL, 0 };
		return true;
	}
	if (v->type == IB_TEXT) {
		*text = undouble(*text, to);
		return true;
	}
	/* The decoded string is never longer than the string with its escapes. */
	plain = (struct ib_bytes){ .p = to, .cap = v->n };
	if (!ib_json_unescape(*text, &plain))
		return false;
	*text = ib_bytes_span(&plain);
	return true;
}

static bool
can_be_id(const struct ib_key *key, const struct ib_value *v)
{
	switch ((enum ib_type)v->type) {
	case IB_STRING:
	case IB_INTEGER:
	case IB_TEXT:
		return true;
	case IB_REAL:
		return key->n > 1;
	default:
		return false;
	}
}

/* Find the text of one key field, which is a part of the id. */
static bool
read_part(const struct ib_key *key, size_t i, const struct ib_value *v, struct ib_arena *arena,
	  struct ib_span *text, char *why, size_t size)
{
	char show[IB_SHOW_MAX];

	if (v->type == IB_ABSENT) {
		snprintf(why, size, "no field '%.*s'", (int)key->name[i].n, key->name[i].p);
		return false;
	}
	if (!can_be_id(key, v)) {
		snprintf(why, size, "the value of '%.*s' cannot be an id: %s", (int)key->name[i].n,
			 key->name[i].p, ib_show(show, ib_value_span(v)));
		return false;
	}
	if (!ib_value_text(v, arena, text)) {
		snprintf(why, size, "'%.*s' has a lone surrogate: %s", (int)key->name[i].n,
			 key->name[i].p, ib_show(show, ib_value_span(v)));
		return false;
	}
	return true;
}

struct ib_span
ib_key_join(const struct ib_span *piece, size_t n, struct ib_arena *arena)
{
	size_t i, length = 0;
	char *to, *p;

	for (i = 0; i < n; i++)
		length += piece[i].n + 1;
	p = to = ib_arena_allocate(arena, length);
	for (i = 0; i < n && p; i++) {
		memcpy(p, piece[i].p, piece[i].n);
		p += piece[i].n;
		*p++ = IB_KEY_SEPARATOR;
	}
	return (struct ib_span){ to, to ? length - 1 : 0 };
}

bool
ib_key_build_id(const struct ib_key *key, const int *slot, const struct ib_value *v,
		struct ib_arena *arena, struct ib_span *id, char *why, size_t size)
{
	struct ib_span piece[IB_KEY_MAX];
	size_t i;

	for (i = 0; i < key->n; i++) {
		if (!read_part(key, i, &v[slot[i]], arena, &piece[i], why, size))
			return false;
		if (!piece[i].p || key->n == 1) {
			*id = piece[i];
			return true;
		}
	}
	*id = ib_key_join(piece, key->n, arena);
	return true;
}

struct ib_span
ib_key_format_line_id(uint64_t number, struct ib_arena *arena)
{
	char *to = ib_arena_allocate(arena, IB_NUMBER_MAX);
	size_t n;

	if (!to)
		return (struct ib_span){ NULL, 0 };
	n = ib_number_write_unsigned(to, number);
	ib_arena_trim(arena, IB_NUMBER_MAX - n);
	return (struct ib_span){ to, n };
}

struct ib_span
ib_key_hash_record(struct ib_span record, struct ib_arena *arena)
{
	char *to = ib_arena_allocate(arena, 33);

	if (!to)
		return (struct ib_span){ NULL, 0 };
	ib_hex_xxh128(to, XXH3_128bits(record.p, record.n));
	ib_arena_trim(arena, 1);
	return (struct ib_span){ to, 32 };
}
