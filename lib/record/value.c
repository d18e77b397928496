/* Convert the values of fields to numbers, and describe them for messages (record/value.h). */
#include "record/value.h"

#include <stdio.h>

#include "base/digits.h"
#include "base/error.h"
#include "base/numbers.h"
#include "record/json_escapes.h"

struct ib_span
ib_span_trim(struct ib_span s)
{
	while (s.n > 0 && ib_is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && ib_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool
ib_span_is_like(struct ib_span a, struct ib_span b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

struct ib_span
ib_span_unquote(struct ib_span s)
{
	s = ib_span_trim(s);
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = ib_span_trim((struct ib_span){ s.p + 1, s.n - 2 });
	return s;
}

/* Remove a pair of brackets or quotes, and then the space at both ends. */
static bool
unwrap(struct ib_span *s, char open, char close)
{
	if (s->n < 2 || s->p[0] != open || s->p[s->n - 1] != close)
		return false;
	*s = ib_span_trim((struct ib_span){ s->p + 1, s->n - 2 });
	return true;
}

bool
ib_number_read_wrapped(struct ib_span json, double *number)
{
	struct ib_span s = ib_span_trim(json);

	while (unwrap(&s, '[', ']'))
		;
	unwrap(&s, '"', '"');
	return ib_number_text(s, number);
}

static bool
read_escaped_number(const struct ib_value *v, double *number)
{
	struct ib_bytes plain = { 0 };
	bool ok = ib_json_unescape(ib_value_span(v), &plain) &&
		  ib_number_text(ib_span_trim(ib_bytes_span(&plain)), number);

	ib_bytes_release(&plain);
	return ok;
}

bool
ib_value_unwrap_number(const struct ib_value *v, double *number)
{
	if (v->type == IB_STRING && v->escaped)
		return read_escaped_number(v, number);
	return (v->type == IB_STRING || v->type == IB_ARRAY) &&
	       ib_number_read_wrapped(ib_value_raw(v), number);
}

enum ib_type
ib_value_number_type(const char *p, const char *end)
{
	if (*p == '-')
		p++;
	if (!ib_is_digit(*p))
		return IB_WORD;
	while (p < end && ib_is_digit(*p))
		p++;
	return p == end ? IB_INTEGER : IB_REAL;
}

/* Count the elements of an array whose grammar has been checked. */
static size_t
count_elements(struct ib_span array)
{
	struct ib_span inner = ib_span_trim((struct ib_span){ array.p + 1, array.n - 2 });
	const char *p = inner.p, *end = inner.p + inner.n;
	size_t n = inner.n > 0, depth = 0;
	bool string = false;

	for (; p < end; p++) {
		if (string && *p == '\\')
			p++;
		else if (*p == '"')
			string = !string;
		else if (!string && (*p == '[' || *p == '{'))
			depth++;
		else if (!string && (*p == ']' || *p == '}'))
			depth--;
		else if (!string && *p == ',' && depth == 0)
			n++;
	}
	return n;
}

/* True for text such as "0,25", which would be a number if the comma were a decimal point. */
static bool
has_decimal_comma(struct ib_span s)
{
	const char *comma = memchr(s.p, ',', s.n);
	char point[IB_NUMBER_MAX];
	double number;

	if (!comma || s.n > sizeof(point))
		return false;
	memcpy(point, s.p, s.n);
	point[comma - s.p] = '.';
	return ib_number_text((struct ib_span){ point, s.n }, &number);
}

static const char *
describe_kind(const struct ib_value *v, char *text, size_t size)
{
	switch ((enum ib_type)v->type) {
	case IB_STRING:
	case IB_TEXT:
		return "text";
	case IB_OBJECT:
		return "an object";
	case IB_ARRAY:
		snprintf(text, size, "an array of length %zu", count_elements(ib_value_span(v)));
		return text;
	case IB_NULL:
		return v->n == 0 ? "empty" : v->p[0] == 'N' ? "NA" : "null";
	case IB_BOOL:
		return v->p[0] == 't' ? "true" : "false";
	default:
		return "a number";
	}
}

const char *
ib_value_describe(char out[IB_VALUE_DESCRIPTION_MAX], const struct ib_value *v)
{
	struct ib_span s = ib_span_trim(ib_value_span(v));
	char show[IB_SHOW_MAX], count[40];
	bool bare = v->type == IB_NULL || v->type == IB_BOOL;
	size_t n;

	n = (size_t)snprintf(out, IB_VALUE_DESCRIPTION_MAX, "is %s, not a number",
			     describe_kind(v, count, sizeof(count)));
	if (bare)
		return out;
	n += (size_t)snprintf(out + n, IB_VALUE_DESCRIPTION_MAX - n, ": %s",
			      ib_show(show, ib_value_span(v)));
	if (has_decimal_comma(s))
		snprintf(out + n, IB_VALUE_DESCRIPTION_MAX - n,
			 " (a decimal comma: write 0.5, not 0,5)");
	return out;
}
