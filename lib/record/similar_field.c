/* Suggest a field of the record if a requested field is missing (record/similar_field.h). */
#include "record/similar_field.h"

#include <stdio.h>

#include "base/digits.h"
#include "base/error.h"
#include "record/dialect.h"

static bool
is_delimited(const struct ib_cursor *c)
{
	return c->source->delimiter != '\0';
}

/* An iterator over the field names of a record, in their order. */
struct names {
	struct ib_cursor *c;
	const char *p; /* JSON: position before the next name */
	size_t i;      /* CSV, TSV: next column */
};

static struct names
names_of(struct ib_cursor *c)
{
	struct names n = { .c = c };

	if (!is_delimited(c) && c->record.close)
		n.p = ib_json_skip_space(&c->json.check, c->record.p) + 1;
	return n;
}

/* Return the next member name of a JSON object whose grammar has been checked. */
static bool
next_member(struct names *n, struct ib_span *name)
{
	struct ib_json *j = &n->c->json;
	struct ib_value v = { 0 };
	const char *p = n->p;

	if (!p)
		return false;
	p = ib_json_skip_space(&j->check, p);
	p = *p == '"' ? ib_json_read_value(j, p, &v) : NULL;
	n->p = NULL;
	if (!p)
		return false;
	*name = ib_value_span(&v);
	p = ib_json_skip_space(&j->check, p);
	p = ib_json_read_value(j, ib_json_skip_space(&j->check, p + 1), &v);
	if (p && *(p = ib_json_skip_space(&j->check, p)) == ',')
		n->p = p + 1;
	return true;
}

static bool
next_name(struct names *n, struct ib_span *name)
{
	if (!is_delimited(n->c))
		return next_member(n, name);
	if (n->i == n->c->source->columns.n)
		return false;
	*name = n->c->source->columns.name[n->i++];
	return true;
}

struct ib_span
ib_cursor_find_similar_field(struct ib_cursor *c, struct ib_span want)
{
	struct names n = names_of(c);
	struct ib_span name;

	while (next_name(&n, &name))
		if (want.n > 0 ? ib_span_is_like(ib_span_unquote(name), ib_span_trim(want))
			       : ib_key_is_like_known(ib_span_unquote(name)))
			return name;
	return (struct ib_span){ NULL, 0 };
}

static bool
is_separator(char c)
{
	return memchr("_-./ ", c, 5) != NULL;
}

/* True if the name contains `want` as a whole word, ignoring case. */
static bool
contains(struct ib_span name, struct ib_span want)
{
	size_t i;

	for (i = 0; i + want.n <= name.n; i++)
		if (ib_span_is_like((struct ib_span){ name.p + i, want.n }, want) &&
		    (i == 0 || is_separator(name.p[i - 1])) &&
		    (i + want.n == name.n || is_separator(name.p[i + want.n])))
			return true;
	return false;
}

/*
 * Return the field whose name contains `want`, such as "train_loss" for "loss". Returns an empty
 * span if no field name, or more than one, contains `want`.
 */
static struct ib_span
only_field_containing(struct ib_cursor *c, struct ib_span want)
{
	struct ib_span name, found = { NULL, 0 };
	struct names n = names_of(c);

	while (want.n > 0 && next_name(&n, &name)) {
		if (!contains(name, want))
			continue;
		if (found.p)
			return (struct ib_span){ NULL, 0 };
		found = name;
	}
	return found;
}

bool
ib_cursor_has_field_containing(struct ib_cursor *c, struct ib_span want)
{
	struct names n = names_of(c);
	struct ib_span name;

	while (next_name(&n, &name))
		if (contains(name, want))
			return true;
	return false;
}

/*
 * Append `before` and `shown` to c->why at offset n, cut to the space left. Returns the new n.
 */
static size_t
append(struct ib_cursor *c, size_t n, const char *before, struct ib_span shown)
{
	char show[IB_SHOW_MAX];

	if (n < sizeof(c->why))
		n += (size_t)snprintf(c->why + n, sizeof(c->why) - n, "%s%s", before,
				      shown.p ? ib_show(show, shown) : "");
	return n;
}

/* Append "did you mean OPTION NAME?", with NAME quoted for a shell if necessary. */
static size_t
append_suggestion(struct ib_cursor *c, size_t n, const char *option, struct ib_span name)
{
	size_t i;
	bool plain = true, fit = name.n <= 60;

	for (i = 0; i < name.n; i++) {
		plain &= ib_is_digit(name.p[i]) || name.p[i] == '_' || name.p[i] == '.' ||
			 name.p[i] == '/' || ib_is_letter(name.p[i]);
		fit &= name.p[i] >= ' ' && name.p[i] < 0x7f && name.p[i] != '\'';
	}
	if (!fit || n >= sizeof(c->why))
		return n;
	return n + (size_t)snprintf(c->why + n, sizeof(c->why) - n, "; did you mean %s %s%.*s%s?",
				    option, plain ? "" : "'", (int)name.n, name.p,
				    plain ? "" : "'");
}

#define FIELDS_SHOWN 8

static size_t
append_names(struct ib_cursor *c, size_t n)
{
	struct names names = names_of(c);
	struct ib_span name;
	size_t i;

	for (i = 0; next_name(&names, &name); i++) {
		if (i == FIELDS_SHOWN || n > sizeof(c->why) - 160)
			return append(c, n, ", ...", (struct ib_span){ NULL, 0 });
		n = append(c, n,
			   i > 0	     ? ", "
			   : is_delimited(c) ? "; the header has "
					     : "; the record has ",
			   name.n > 0 ? name : (struct ib_span){ "", 0 });
	}
	return n;
}

bool
ib_cursor_list_fields(struct ib_cursor *c, struct ib_span want, const char *option)
{
	size_t n = append_names(c, strlen(c->why));
	struct ib_span like = ib_cursor_find_similar_field(c, want);

	if (!like.p)
		like = only_field_containing(c, want);
	return like.p && option && append_suggestion(c, n, option, like) > n;
}

bool
ib_cursor_explain_missing_field(struct ib_cursor *c, struct ib_span want, const char *option)
{
	struct ib_span row = { c->record.p, c->record.n };
	char text[sizeof(c->why)];

	if (is_delimited(c) &&
	    ib_dialect_describe(text, sizeof(text), ib_bytes_span(&c->source->header), row,
				c->source->format)) {
		snprintf(c->why, sizeof(c->why), "%s", text);
		return true;
	}
	return ib_cursor_list_fields(c, want, option);
}
