/* Choose the key of an operand, and compile the fields to read (record/source_fields.h). */
#include "record/source_fields.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"
#include "record/cursor.h"
#include "record/dialect.h"
#include "record/format.h"
#include "record/known_formats.h"

/*
 * Return the index of the first known id name that the record has, or -1 if it has no known name.
 */
static int
known_of(const struct ib_value *v, const int *slot)
{
	int i;

	for (i = 0; i < IB_KEY_NKNOWN; i++)
		if (v[slot[i]].type != IB_ABSENT)
			return i;
	return -1;
}

/*
 * True if the JSON name whose closing quote is at `quote` is a known id name, or contains a
 * backslash, so that it may be a known id name after decoding. The text begins at `start`.
 */
static bool
may_be_known(const char *start, const char *quote)
{
	const char *p = quote;

	while (p > start && p[-1] != '"' && p[-1] != '\\')
		p--;
	return p > start && (p[-1] == '\\' || (p - 1 > start && p[-2] == '\\') ||
			     ib_key_is_known((struct ib_span){ p, (size_t)(quote - p) }));
}

bool
ib_source_may_have_key(const struct ib_source *s, const struct ib_block *block)
{
	const char *start = block->p, *end = start + block->n, *colon = start, *p;

	if (!ib_source_is_json(s))
		return true;
	while ((colon = memchr(colon, ':', (size_t)(end - colon))) != NULL) {
		for (p = colon++; p > start && ib_is_space(p[-1]);)
			p--;
		if (p > start && p[-1] == '"' && may_be_known(start, p - 1))
			return true;
	}
	return false;
}

/*
 * Find the first record that has a known id name. Sets *chosen to the index of this name, or to -1
 * if no record has a known id name.
 */
static enum ib_status
choose_from_records(const struct ib_source *s, const struct ib_block *block, int *chosen,
		    struct ib_error *err)
{
	static const struct ib_source plain;
	struct ib_source probe = plain;
	struct ib_block from = *block;
	struct ib_cursor *c;
	enum ib_status st = IB_OK;
	int slot[IB_KEY_NKNOWN];
	enum ib_next next;
	size_t i;

	*chosen = -1;
	if (!ib_source_may_have_key(s, block))
		return IB_OK;
	probe.format = s->format;
	probe.any_value = s->any_value;
	ib_fields_init(&probe.fields);
	c = calloc(1, sizeof(*c));
	if (!c)
		st = ib_fail_memory(err);
	for (i = 0; i < IB_KEY_NKNOWN && !st; i++)
		st = ib_fields_add(&probe.fields, ib_span_of(ib_key_known[i]), false, &slot[i],
				   err);
	if (st)
		goto done;
	from.source = &probe;
	ib_cursor_start(c, &from);
	while (*chosen < 0 && (next = ib_cursor_next(c)) != IB_NEXT_END)
		if (next == IB_NEXT_RECORD)
			*chosen = known_of(c->v, slot);
done:
	if (c)
		ib_cursor_release(c);
	free(c);
	ib_fields_release(&probe.fields);
	return st;
}

static int
choose_column(const struct ib_source *s)
{
	int i;

	for (i = 0; i < IB_KEY_NKNOWN; i++)
		if (ib_source_has_column(s, ib_span_of(ib_key_known[i])))
			return i;
	return -1;
}

/* Warn if the list looks like a table, because its header would become a sample. */
static void
warn_of_table(const struct ib_source *s, const struct ib_reader_options *o, struct ib_span line)
{
	char say[IB_WHY_MAX];

	if (ib_dialect_is_table(line) &&
	    ib_dialect_describe(say, sizeof(say), line, (struct ib_span){ "", 0 }, IB_FORMAT_LIST))
		ib_warn(o->context,
			"%s: read as a list, one sample per line, but it looks like a table: %s; "
			"-f list reads it as a list without this warning",
			s->name, say);
}

/* Warn if the only line of a list is a saved error message, such as "404: Not Found". */
static void
warn_of_error_message(const struct ib_source *s, const struct ib_reader_options *o,
		      struct ib_span line, size_t nbytes)
{
	const struct ib_known_format *known = ib_known_format_find(line, "");
	char show[IB_SHOW_MAX];

	if (known && known->kind == IB_KNOWN_HINT && nbytes <= line.n + 2)
		ib_warn(o->context,
			"%s: read as a list of one sample, but it looks like %s: %s; -f list reads "
			"it as a list without this warning",
			s->name, known->name, ib_show(show, line));
}

/* Compile the fields of a list. A list has no field names, so -k must be a field number. */
static enum ib_status
compile_list(struct ib_source *s, const struct ib_reader_options *o,
	     const struct ib_block *first_block, struct ib_error *err)
{
	struct ib_span line =
		ib_detect_first_line((struct ib_span){ first_block->p, first_block->n });

	if (first_block->first && o->format == IB_FORMAT_AUTO && s->key.kind == IB_KEY_AUTO) {
		warn_of_table(s, o, line);
		warn_of_error_message(s, o, line, first_block->n);
	}
	/* An empty operand is detected as a list, so accept -k NAME for an empty operand. */
	if (s->key.kind == IB_KEY_AUTO ||
	    (s->key.kind == IB_KEY_FIELDS && first_block->n == 0 && o->format == IB_FORMAT_AUTO))
		s->key.kind = IB_KEY_WHOLE;
	if (s->key.kind == IB_KEY_FIELDS) {
		s->key.kind = IB_KEY_COLUMN;
		if (s->key.n != 1 || !ib_number_unsigned(s->key.name[0], &s->key.column) ||
		    s->key.column == 0)
			return ib_fail(err, IB_E_MISUSE,
				       "%s: the fields of a list have numbers, from 1, instead of "
				       "names: give %s a number",
				       s->name, o->key_option);
	}
	s->key_slot[0] = 0;
	s->fields.nslots = 2; /* the id, and the weight of an epoch manifest */
	s->wanted_slot[0] = s->epoch_manifest ? 1 : -1;
	return IB_OK;
}

/*
 * Choose as the key a known id name that the operand has. Leaves the key at IB_KEY_AUTO if the
 * operand has no known id name.
 */
static enum ib_status
choose_key(struct ib_source *s, const struct ib_block *first_block, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	int known;

	if (s->delimiter)
		known = choose_column(s);
	else
		st = choose_from_records(s, first_block, &known, err);
	if (st || known < 0)
		return st;
	s->key.kind = IB_KEY_FIELDS;
	s->key.n = 1;
	s->key.name[0] = ib_span_of(ib_key_known[known]);
	return IB_OK;
}

static enum ib_status
add_fields(struct ib_source *s, const struct ib_reader_options *o, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	ib_fields_release(&s->fields);
	s->fields.elements = o->elements;
	for (i = 0; i < s->key.n && !st; i++)
		st = ib_fields_add(&s->fields, s->key.name[i], false, &s->key_slot[i], err);
	for (i = 0; i < o->nwanted && !st; i++)
		if (o->wanted[i].name.n > 0)
			st = ib_fields_add(&s->fields, o->wanted[i].name, o->wanted[i].number,
					   &s->wanted_slot[i], err);
	return st;
}

enum ib_status
ib_source_choose_fields(struct ib_source *s, const struct ib_reader_options *o,
			const struct ib_block *first_block, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < IB_WANTED_MAX; i++)
		s->wanted_slot[i] = -1;
	if (s->key.kind == IB_KEY_SHARD && first_block->n > 0)
		return ib_fail(err, IB_E_MISUSE, "%s: %s @shard works only with tar", s->name,
			       o->key_option);
	if (s->format == IB_FORMAT_LIST)
		return compile_list(s, o, first_block, err);
	if (s->key.kind == IB_KEY_AUTO)
		st = choose_key(s, first_block, err);
	if (!st)
		st = add_fields(s, o, err);
	if (!st && s->delimiter)
		ib_delimited_map_columns(s);
	return st;
}
