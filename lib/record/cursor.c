/*
 * The cursor (record/cursor.h), and functions that the formats call to set the record or the error
 * of the cursor.
 */
#include "record/cursor.h"

#include <stdarg.h>
#include <stdio.h>

#include "record/dialect.h"
#include "record/similar_field.h"
#include "record/format.h"

void
ib_cursor_start(struct ib_cursor *c, const struct ib_block *block)
{
	if (c->source != block->source) {
		c->source = block->source;
		ib_json_release(&c->json);
		ib_json_init(&c->json, &c->source->fields, c->source->format != IB_FORMAT_JSON);
		ib_cursor_clear_values(c);
	}
	c->block = block;
	c->at = block->p;
	c->end = block->p + block->n;
	c->line = 0;
	c->number = c->unnumbered = 0;
	ib_arena_reset(&c->arena);
}

void
ib_cursor_release(struct ib_cursor *c)
{
	ib_arena_release(&c->arena);
	ib_json_release(&c->json);
}

enum ib_next
ib_cursor_next(struct ib_cursor *c)
{
	switch (c->source->format) {
	case IB_FORMAT_JSONL:
		return ib_format_jsonl.next(c);
	default:
		return ib_record_format_find(c->source->format)->next(c);
	}
}

void
ib_cursor_explain_other_header(struct ib_cursor *c)
{
	snprintf(c->why, sizeof(c->why),
		 "this line is a header, but its columns differ from the columns of the first "
		 "header: pass files with different columns as separate operands");
}

/* ---- for the formats --------------------------------------------------------- */

enum ib_next
ib_cursor_fail_nuls(struct ib_cursor *c, const char *p, const char *after)
{
	const char *nuls = memchr(p, '\0', (size_t)(after - p));

	/*
	 * The NULs were counted as a line and as a record. Undo this, because the record after the
	 * NULs is on the same line and gets the same numbers.
	 */
	c->line--;
	c->number--;
	c->unnumbered++;
	c->record.p = p;
	c->record.n = (size_t)(after - p);
	c->record.end = 0;
	c->record.unterminated = false;
	c->at = after;
	return ib_cursor_fail(c, "%zu NUL byte%s %s, perhaps after a power cut",
			      (size_t)(after - nuls), after - nuls == 1 ? "" : "s",
			      nuls == p ? "before the record"
					: "at the end of an incomplete record");
}

enum ib_next
ib_cursor_fail(struct ib_cursor *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->why, sizeof(c->why), format, ap);
	va_end(ap);
	return IB_NEXT_BAD;
}

enum ib_next
ib_cursor_fail_no_object(struct ib_cursor *c, struct ib_span line)
{
	char say[IB_WHY_MAX - 32];

	if (!ib_dialect_describe(say, sizeof(say), line, (struct ib_span){ "", 0 },
				 IB_FORMAT_JSONL))
		return ib_cursor_fail(c, "not a JSON object");
	return ib_cursor_fail(c, "not a JSON object: %s", say);
}

void
ib_cursor_finish_line(struct ib_cursor *c, const char *start, const char *stop)
{
	struct ib_record *r = &c->record;
	bool ended = stop < c->end;

	r->p = start;
	r->n = (size_t)(stop - start);
	r->end = ended;
	r->unterminated = !ended && c->block->unterminated;
	if (r->n > 0 && stop[-1] == '\r') {
		r->n--;
		/* A CR without LF at the end of the file is not copied to the output. */
		r->end = ended ? 2 : 0;
	}
	c->at = stop + ended;
}

/* ---- ids ----------------------------------------------------------------------- */

/*
 * True if the record of a manifest has the fields of a batch in a loss log. Never true while a
 * loss log is read, because `elements` is then set.
 */
static bool
is_batch(struct ib_cursor *c)
{
	return ib_source_is_json(c->source) && !c->source->fields.elements &&
	       ib_cursor_find_similar_field(c, ib_span_of("ids")).p &&
	       (ib_cursor_find_similar_field(c, ib_span_of("losses")).p ||
		ib_cursor_find_similar_field(c, ib_span_of("loss")).p);
}

/* Write to c->why that no record of the operand has a known id field. Returns false. */
static bool
no_key(struct ib_cursor *c)
{
	char text[160];
	size_t i, n = 0;

	if (is_batch(c)) {
		snprintf(c->why, sizeof(c->why),
			 "no id: the record has ids and losses, so this is a loss log, not a "
			 "manifest");
		return false;
	}
	for (i = 0; i < IB_KEY_NKNOWN && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i > 0 ? ", " : "",
				      ib_key_known[i]);
	snprintf(c->why, sizeof(c->why),
		 "no id: none of the fields %s exists (name the id field with %s)", text,
		 c->source->key_option);
	ib_cursor_explain_missing_field(c, (struct ib_span){ NULL, 0 }, c->source->key_option);
	return false;
}

/*
 * If the record lacks a field of the key, append the names of the record's fields to c->why.
 * Returns false.
 */
static bool
no_field(struct ib_cursor *c, const struct ib_key *key)
{
	size_t i;

	for (i = 0; i < key->n; i++)
		if (c->v[c->source->key_slot[i]].type == IB_ABSENT) {
			ib_cursor_explain_missing_field(c, key->name[i],
							key->n == 1 ? c->source->key_option : NULL);
			break;
		}
	return false;
}

bool
ib_cursor_build_id(struct ib_cursor *c, struct ib_span *id)
{
	const struct ib_key *key = &c->source->key;

	switch (key->kind) {
	case IB_KEY_FIELDS:
		return ib_key_build_id(key, c->source->key_slot, c->v, &c->arena, id, c->why,
				       sizeof(c->why)) ||
		       no_field(c, key);
	case IB_KEY_COLUMN:
	case IB_KEY_WHOLE:
		*id = ib_value_span(&c->v[0]);
		return true;
	case IB_KEY_LINE:
		*id = ib_key_format_line_id(c->block->first_record + c->number - 1, &c->arena);
		return true;
	case IB_KEY_HASH:
		*id = ib_key_hash_record((struct ib_span){ c->record.p, c->record.n }, &c->arena);
		return true;
	case IB_KEY_ROW:
		snprintf(c->why, sizeof(c->why), "@row works only with NumPy arrays");
		return false;
	case IB_KEY_SHARD:
		snprintf(c->why, sizeof(c->why), "@shard works only with tar");
		return false;
	case IB_KEY_AUTO:
		break;
	}
	return no_key(c);
}
