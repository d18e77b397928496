/* What an operand is, and where its records have their id. */
#include "record/format.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"

const struct ib_record_format *
ib_record_format_of(enum ib_format format)
{
	static const struct ib_record_format *const all[] = {
		&ib_format_jsonl, &ib_format_array, &ib_format_csv,
		&ib_format_tsv,	  &ib_format_list,
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i]->format == format)
			return all[i];
	return NULL;
}

/* Does any field of the header line, cut at `delimiter`, name an id? */
static bool
names_an_id(struct ib_span line, char delimiter, const struct ib_key *key)
{
	const char *p = line.p, *end = line.p + line.n, *stop;
	struct ib_span name;
	uint64_t number;
	size_t i;

	for (;; p = stop + 1) {
		stop = memchr(p, delimiter, (size_t)(end - p));
		name = ib_span_trim((struct ib_span){
			p, (size_t)((stop ? stop : end) - p) });
		if (delimiter == ',' && name.n >= 2 && name.p[0] == '"' &&
		    name.p[name.n - 1] == '"') {
			name.p++;
			name.n -= 2;
		}
		if (ib_key_is_known(name))
			return true;
		for (i = 0; i < key->n; i++)
			if (ib_span_equal(name, key->name[i]) &&
			    !ib_number_unsigned(name, &number))
				return true;
		if (!stop)
			return false;
	}
}

static struct ib_span
first_line(struct ib_span head)
{
	const char *stop;

	for (;;) {
		stop = memchr(head.p, '\n', head.n);
		if (!stop)
			return head;
		if (stop > head.p && !(stop == head.p + 1 && *head.p == '\r'))
			break;
		head.n -= (size_t)(stop + 1 - head.p);
		head.p = stop + 1;
	}
	if (stop[-1] == '\r')
		stop--;
	return (struct ib_span){ head.p, (size_t)(stop - head.p) };
}

static bool
ends_in(struct ib_span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && memcmp(s.p + s.n - n, suffix, n) == 0;
}

static struct ib_span
skip_lines(struct ib_span head, uint64_t n)
{
	const char *stop;

	for (; n > 0; n--) {
		stop = memchr(head.p, '\n', head.n);
		if (!stop)
			return (struct ib_span){ head.p + head.n, 0 };
		head.n -= (size_t)(stop + 1 - head.p);
		head.p = stop + 1;
	}
	return head;
}

/* The first byte that is neither blank nor part of a BOM, NUL if none. */
static char
first_byte(struct ib_span head)
{
	size_t i;

	for (i = 0; i < head.n; i++)
		if (!memchr(" \t\r\n", head.p[i], 4))
			return head.p[i];
	return '\0';
}

bool
ib_detect_nothing(struct ib_span head)
{
	if (head.n >= 3 && memcmp(head.p, "\xef\xbb\xbf", 3) == 0) {
		head.p += 3;
		head.n -= 3;
	}
	while (head.n > 0 && memchr("\r\n", head.p[head.n - 1], 2))
		head.n--;
	return head.n == 0;
}

static enum ib_format
detect_text(struct ib_span head, struct ib_span stem,
	    const struct ib_reader_options *o, const struct ib_key *key)
{
	char first = first_byte(head);
	struct ib_span line = first_line(head);

	if (first == '{')
		return IB_FORMAT_JSONL;
	if (first == '[')
		return IB_FORMAT_JSON;
	if (ends_in(stem, ".csv"))
		return IB_FORMAT_CSV;
	if (ends_in(stem, ".tsv"))
		return o->epoch_manifest && !names_an_id(line, '\t', key)
			? IB_FORMAT_LIST
			: IB_FORMAT_TSV;
	if (memchr(line.p, '\t', line.n) && names_an_id(line, '\t', key))
		return IB_FORMAT_TSV;
	if (memchr(line.p, ',', line.n) && names_an_id(line, ',', key))
		return IB_FORMAT_CSV;
	return o->otherwise;
}

static bool
is_totals(struct ib_span head)
{
	size_t i = 0, n = sizeof("\"ib_totals\"") - 1;

	while (i < head.n && memchr(" \t\r\n{", head.p[i], 5))
		i++;
	return head.n - i >= n && memcmp(head.p + i, "\"ib_totals\"", n) == 0;
}

enum ib_format
ib_detect(struct ib_span head, const char *path,
	  const struct ib_reader_options *o, const struct ib_key *key)
{
	struct ib_span stem = ib_input_stem(path);

	if (head.n >= 4 && (memcmp(head.p, "PK\3\4", 4) == 0 ||
			    memcmp(head.p, "PK\5\6", 4) == 0))
		return IB_FORMAT_NPZ;
	/* The stump of one. */
	if (o->archives && head.n > 0 && head.n < 4 &&
	    memcmp(head.p, "PK\3", head.n) == 0)
		return IB_FORMAT_NPZ;
	if (o->archives && is_totals(head))
		return IB_FORMAT_TOTALS;
	if (o->format != IB_FORMAT_AUTO)
		return o->format;
	if (head.n >= 262 && memcmp(head.p + 257, "ustar", 5) == 0)
		return IB_FORMAT_TAR;
	if (ends_in(stem, ".tar"))
		return IB_FORMAT_TAR;
	if (head.n >= 3 && memcmp(head.p, "\xef\xbb\xbf", 3) == 0) {
		head.p += 3;
		head.n -= 3;
	}
	return detect_text(skip_lines(head, o->header_lines), stem, o, key);
}

/* ---- the key ------------------------------------------------------------ */

/* The first of the known names that a record has; -1: none. */
static int
known_of(const struct ib_value *v, const int *slot)
{
	int i;

	for (i = 0; i < IB_KEY_NKNOWN; i++)
		if (v[slot[i]].type != IB_ABSENT)
			return i;
	return -1;
}

/* Look at the first records for one that has a known name; -1: none has. */
static enum ib_status
choose_json(const struct ib_source *s, const struct ib_block *block,
	    int *chosen, struct ib_error *err)
{
	static const struct ib_source plain;
	struct ib_source look = plain;
	struct ib_block from = *block;
	struct ib_cursor *c;
	enum ib_status st = IB_OK;
	int slot[IB_KEY_NKNOWN];
	enum ib_next next;
	size_t i;

	*chosen = -1;
	look.format = s->format;
	look.any_value = s->any_value;
	ib_fields_init(&look.fields);
	c = calloc(1, sizeof(*c));
	if (!c)
		st = ib_fail_memory(err);
	for (i = 0; i < IB_KEY_NKNOWN && !st; i++)
		st = ib_fields_add(&look.fields, ib_span_of(ib_key_known[i]),
				   false, &slot[i], err);
	if (st)
		goto done;
	from.source = &look;
	ib_cursor_start(c, &from);
	while (*chosen < 0 && (next = ib_cursor_next(c)) != IB_NEXT_END)
		if (next == IB_NEXT_RECORD)
			*chosen = known_of(c->v, slot);
done:
	if (c)
		ib_cursor_release(c);
	free(c);
	ib_fields_release(&look.fields);
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

/* A list has no names: -k is a number, or nothing. */
static enum ib_status
compile_list(struct ib_source *s, const struct ib_reader_options *o,
	     const struct ib_block *first, struct ib_error *err)
{
	/* An empty operand is a list only because it is nothing else. */
	if (s->key.kind == IB_KEY_AUTO ||
	    (s->key.kind == IB_KEY_FIELDS && first->n == 0 &&
	     o->format == IB_FORMAT_AUTO))
		s->key.kind = IB_KEY_WHOLE;
	if (s->key.kind == IB_KEY_FIELDS) {
		s->key.kind = IB_KEY_COLUMN;
		if (s->key.n != 1 ||
		    !ib_number_unsigned(s->key.name[0], &s->key.column) ||
		    s->key.column == 0)
			return ib_fail(err, IB_E_MISUSE,
				       "%s: a list has no named fields: %s "
				       "takes a field's number, from 1",
				       s->name, o->key_option);
	}
	s->key_slot[0] = 0;
	s->fields.nslots = 2; /* the id; the weight of an epoch manifest */
	s->wanted_slot[0] = s->epoch_manifest ? 1 : -1;
	return IB_OK;
}

enum ib_status
ib_source_compile(struct ib_source *s, const struct ib_reader_options *o,
		  const struct ib_block *first, struct ib_error *err)
{
	bool delimited = s->format == IB_FORMAT_CSV ||
			 s->format == IB_FORMAT_TSV;
	enum ib_status st = IB_OK;
	size_t i;
	int known = -1;

	for (i = 0; i < IB_WANTED_MAX; i++)
		s->wanted_slot[i] = -1;
	if (s->key.kind == IB_KEY_SHARD && first->n > 0)
		return ib_fail(err, IB_E_MISUSE,
			       "%s: %s @shard is for tar alone", s->name,
			       o->key_option);
	if (s->format == IB_FORMAT_LIST)
		return compile_list(s, o, first, err);
	if (s->key.kind == IB_KEY_AUTO) {
		if (delimited)
			known = choose_column(s);
		else
			st = choose_json(s, first, &known, err);
		if (st)
			return st;
		if (known >= 0) {
			s->key.kind = IB_KEY_FIELDS;
			s->key.n = 1;
			s->key.name[0] = ib_span_of(ib_key_known[known]);
		}
	}
	ib_fields_release(&s->fields);
	for (i = 0; i < s->key.n; i++) {
		st = ib_fields_add(&s->fields, s->key.name[i], false,
				   &s->key_slot[i], err);
		if (st)
			return st;
	}
	for (i = 0; i < o->nwanted; i++) {
		if (o->wanted[i].name.n == 0)
			continue;
		st = ib_fields_add(&s->fields, o->wanted[i].name,
				   o->wanted[i].number, &s->wanted_slot[i],
				   err);
		if (st)
			return st;
	}
	if (delimited)
		ib_delimited_compile(s);
	return IB_OK;
}
