#include "record/json.h"

#include "base/digits.h"
#include "base/numbers.h"
#include "base/predict_end.h"
#include "base/short_number.h"

static const char *value(struct ib_json *j, const char *p, const struct ib_member *m,
			 struct ib_value *v);

void
ib_json_init(struct ib_json *j, const struct ib_scan_ops *ops, const struct ib_fields *fields,
	     bool lines)
{
	size_t i, k;

	j->ops = ops;
	j->fields = fields;
	j->lines = lines;
	j->lazy = false;
	j->at = j->why = NULL;
	ib_json_template_init(&j->stencil);
	for (i = 0; i < IB_FIELDS_NODES; i++)
		for (k = 0; k < IB_JSON_FORMS; k++)
			j->shape[i][k].n = 0;
}

static const char *
malformed(struct ib_json *j, const char *at, const char *why)
{
	j->at = at;
	j->why = why;
	return NULL;
}

static inline const char *
blanks(const struct ib_json *j, const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || (*p == '\n' && !j->lines))
		p++;
	return p;
}

const char *
ib_json_blanks(const struct ib_json *j, const char *p)
{
	return blanks(j, p);
}

static bool
is_hex(char c)
{
	return ib_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* One past an escape whose backslash stands at p, NULL if it is none. */
static const char *
escape(struct ib_json *j, const char *p)
{
	int i;

	switch (p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 2;
	case 'u':
		for (i = 2; i < 6; i++)
			if (!is_hex(p[i]))
				return malformed(j, p, "bad \\u escape");
		return p + 6;
	default:
		return malformed(j, p, "bad escape in a string");
	}
}

/* From behind the opening quote to the closing one; NULL if malformed. */
static inline const char *
string(struct ib_json *j, const char *p, bool *escaped)
{
	for (;;) {
		p = ib_scan_string(j->ops, p);
		if (*p == '"')
			return p;
		if (*p != '\\')
			return malformed(j, p,
					 *p == '\n' && j->lines ? "string without its closing quote"
								: "control character in a string");
		*escaped = true;
		p = escape(j, p);
		if (!p)
			return NULL;
	}
}

/*
 * One past a number that nobody wants the value of. What is none is refused as
 * ib_number_json() does, so that messages do not hang on what is wanted.
 */
static const char *
skip_number(struct ib_json *j, const char *p)
{
	const char *start = p;

	p += *p == '-';
	if (!ib_is_digit(*p) || (*p == '0' && ib_is_digit(p[1])))
		return malformed(j, start, "not a value");
	while (ib_is_digit(*p))
		p++;
	if (*p == '.') {
		if (!ib_is_digit(*++p))
			return malformed(j, start, "not a value");
		while (ib_is_digit(*p))
			p++;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		if (!ib_is_digit(*p))
			return malformed(j, start, "not a value");
		while (ib_is_digit(*p))
			p++;
	}
	return p;
}

/* The type of a number from its bytes. */
static enum ib_type
number_type(const char *p, const char *end)
{
	if (*p == '-')
		p++;
	if (!ib_is_digit(*p))
		return IB_WORD;
	while (p < end && ib_is_digit(*p))
		p++;
	return p == end ? IB_INTEGER : IB_REAL;
}

/* true, false, null, and the words that stand for numbers. */
static const char *
word(struct ib_json *j, const char *p, struct ib_value *v)
{
	const char *end;
	double number;

	v->type = IB_BOOL;
	if (memcmp(p, "true", 4) == 0)
		return p + 4;
	if (memcmp(p, "false", 5) == 0)
		return p + 5;
	v->type = IB_NULL;
	if (memcmp(p, "null", 4) == 0)
		return p + 4;
	end = ib_number_json(p, &number);
	if (!end)
		return malformed(j, p, "not a value");
	v->type = (uint8_t)number_type(p, end);
	v->number = number;
	return end;
}

/* What may come next while nested values are passed over. */
enum nested_state { WANT_VALUE, WANT_NAME, AFTER_VALUE };

/* One past a scalar inside a value that nobody wants. */
static const char *
skip_scalar(struct ib_json *j, const char *p)
{
	struct ib_value ignored;
	bool escaped = false;

	if (*p == '"') {
		p = string(j, p + 1, &escaped);
		return p ? p + 1 : NULL;
	}
	if (ib_is_digit(*p) || (*p == '-' && ib_is_digit(p[1]))) {
		return skip_number(j, p);
	}
	return word(j, p, &ignored);
}

static bool
name_is_sound(struct ib_json *j, struct ib_span name)
{
	if (ib_json_is_sound(name))
		return true;
	malformed(j, name.p, "lone surrogate in a name");
	return false;
}

/* One past the name at p and its colon. */
static const char *
skip_name(struct ib_json *j, const char *p)
{
	const char *start;
	bool escaped = false;

	if (*p != '"')
		return malformed(j, p, "a name is missing");
	start = ++p;
	p = string(j, p, &escaped);
	if (!p)
		return NULL;
	if (escaped && !name_is_sound(j, (struct ib_span){ start, (size_t)(p - start) }))
		return NULL;
	p = blanks(j, p + 1);
	if (*p != ':')
		return malformed(j, p, "expected ':'");
	return blanks(j, p + 1);
}

/* One past the array or object that opens at p, checked, without recursion. */
static const char *
skip_nested(struct ib_json *j, const char *p)
{
	enum nested_state want = WANT_VALUE;
	size_t depth = 0;
	bool object;

	for (;;) {
		p = blanks(j, p);
		if (want == WANT_NAME) {
			p = skip_name(j, p);
			if (!p)
				return NULL;
		}
		if (want != AFTER_VALUE && (*p == '{' || *p == '[')) {
			object = *p == '{';
			if (depth == IB_JSON_DEPTH)
				return malformed(j, p, "nested too deep");
			j->open[depth / 64] &= ~(1ull << depth % 64);
			j->open[depth / 64] |= (uint64_t)object << depth % 64;
			depth++;
			p = blanks(j, p + 1);
			if (*p != (object ? '}' : ']')) {
				want = object ? WANT_NAME : WANT_VALUE;
				continue;
			}
		} else if (want != AFTER_VALUE) {
			p = skip_scalar(j, p);
			if (!p)
				return NULL;
			want = AFTER_VALUE;
			continue;
		}
		object = j->open[(depth - 1) / 64] >> (depth - 1) % 64 & 1;
		if (*p == ',') {
			want = object ? WANT_NAME : WANT_VALUE;
			p++;
			continue;
		}
		if (*p != (object ? '}' : ']'))
			return malformed(j, p,
					 object ? "expected ',' or '}'" : "expected ',' or ']'");
		p++;
		want = AFTER_VALUE;
		if (--depth == 0)
			return p;
	}
}

static void
forget_below(const struct ib_fields *f, size_t node, struct ib_value *v)
{
	size_t i;

	for (i = 0; i < f->node[node].n; i++) {
		const struct ib_member *m = &f->node[node].member[i];

		if (m->slot >= 0)
			v[m->slot].type = IB_ABSENT;
		if (m->child >= 0)
			forget_below(f, (size_t)m->child, v);
	}
}

/* Find a name among the members of a node; NULL if nobody wants it. */
static const struct ib_member *
look_up(const struct ib_node *node, struct ib_span name)
{
	size_t i;

	for (i = 0; i < node->n; i++)
		if (ib_span_equal(node->member[i].name, name))
			return &node->member[i];
	return NULL;
}

/* The same of a name that holds escapes. */
static const struct ib_member *
look_up_escaped(const struct ib_node *node, struct ib_span name)
{
	size_t i;

	for (i = 0; i < node->n; i++)
		if (ib_json_means(name, node->member[i].name))
			return &node->member[i];
	return NULL;
}

/*
 * The name at p, by reading it: its member into *m, and what stands there
 * remembered as the shape of this place.
 */
static const char *
read_name(struct ib_json *j, size_t node, struct ib_json_form *shape, const char *p,
	  const struct ib_member **m)
{
	const char *start = p, *quote;
	bool escaped = false;
	struct ib_span name;

	if (*p != '"')
		return malformed(j, p, "a name is missing");
	quote = string(j, p + 1, &escaped);
	if (!quote)
		return NULL;
	name = (struct ib_span){ start + 1, (size_t)(quote - start - 1) };
	if (escaped && !name_is_sound(j, name))
		return NULL;
	*m = escaped ? look_up_escaped(&j->fields->node[node], name)
		     : look_up(&j->fields->node[node], name);
	p = blanks(j, quote + 1);
	if (*p != ':')
		return malformed(j, p, "expected ':'");
	p = blanks(j, p + 1);
	if (shape && p - start <= IB_JSON_FORM_BYTES) {
		memcpy(shape->bytes, start, (size_t)(p - start));
		shape->n = (uint8_t)(p - start);
		shape->member = *m;
	}
	return p;
}

static inline bool
has_shape(const struct ib_json_form *s, const char *p)
{
	if (s->n == 0)
		return false;
	if (s->n <= 16)
		return ib_scan_same16(p, s->bytes, s->n);
	return memcmp(p, s->bytes, s->n) == 0;
}

/*
 * The members of an object from behind its opening brace on; one past the
 * closing one. Recurs only as deep as the wanted paths go.
 */
static const char *
members(struct ib_json *j, size_t node, const char *p, struct ib_value *v)
{
	struct ib_json_form *shape = j->shape[node], *s;
	const char *from = j->stencil.start; /* behind the value before */
	const struct ib_member *m;
	bool quote;
	size_t i;

	for (i = 0;; i++) {
		s = i < IB_JSON_FORMS ? &shape[i] : NULL;
		if (s && has_shape(s, p)) {
			p += s->n;
			/* A blank more than the shape has, or none. */
			if ((unsigned char)*p <= ' ')
				p = blanks(j, p);
			m = s->member;
		} else {
			p = read_name(j, node, s, p, &m);
			if (!p)
				return NULL;
		}
		quote = node == 0 && ib_json_template_note(&j->stencil, from, p, m);
		p = value(j, p, m, v);
		if (!p)
			return NULL;
		from = p - quote;
		if (*p != ',' && *p != '}')
			p = blanks(j, p);
		if (*p == '}') {
			if (node == 0)
				ib_json_template_end(&j->stencil, from, p + 1);
			return p + 1;
		}
		if (*p != ',')
			return malformed(j, p, "expected ',' or '}'");
		p++;
		if (*p != '"')
			p = blanks(j, p);
	}
}

/* A nested value that is wanted itself, or in which fields are wanted. */
static const char *
nested(struct ib_json *j, const char *p, const struct ib_member *m, struct ib_value *v)
{
	const char *start = p;
	struct ib_value *own = m->slot >= 0 ? &v[m->slot] : NULL;

	if (*p == '{' && m->child >= 0) {
		p = blanks(j, p + 1);
		p = *p == '}' ? p + 1 : members(j, (size_t)m->child, p, v);
	} else {
		p = skip_nested(j, p);
	}
	if (!p || !own)
		return p;
	own->type = *start == '{' ? IB_OBJECT : IB_ARRAY;
	own->p = start;
	own->n = (uint32_t)(p - start);
	return p;
}

/* A number that is wanted. */
static inline const char *
number(struct ib_json *j, const char *p, bool wanted, struct ib_value *own)
{
	const char *start = p;

	p = wanted ? ib_number_json(start, &own->number) : skip_number(j, start);
	if (!p)
		return malformed(j, start, "not a value");
	own->type = (uint8_t)number_type(start, p);
	own->p = start;
	own->n = (uint32_t)(p - start);
	return p;
}

/* The value at p, for member m (NULL: nobody wants it). */
static const char *
value(struct ib_json *j, const char *p, const struct ib_member *m, struct ib_value *v)
{
	struct ib_value ignored, *own;
	const char *start = p;

	if (!m)
		return *p == '{' || *p == '[' ? skip_nested(j, p) : skip_scalar(j, p);
	if (m->child >= 0)
		forget_below(j->fields, (size_t)m->child, v);
	if (*p == '{' || *p == '[')
		return nested(j, p, m, v);
	own = m->slot >= 0 ? &v[m->slot] : &ignored;
	if (*p == '"') {
		own->escaped = false;
		p = string(j, p + 1, &own->escaped);
		if (!p)
			return NULL;
		own->type = IB_STRING;
		own->p = start + 1;
		own->n = (uint32_t)(p - start - 1);
		return p + 1;
	}
	if (ib_is_digit(*p) || (*p == '-' && ib_is_digit(p[1])))
		return number(j, p, m->number && !j->lazy, own);
	p = word(j, p, own);
	if (!p)
		return NULL;
	own->p = start;
	own->n = (uint32_t)(p - start);
	return p;
}

/* ---- reading by the template -------------------------------------------------- */

static inline bool
fits(const struct ib_json_step *s, const char *p)
{
	return ib_scan_same16(p, s->bytes, s->head) &&
	       (s->n <= 16 || ib_scan_same16(p + 16, s->bytes + 16, s->n - 16u));
}

/*
 * The number at p, into v where somebody wants it. (What it shares with
 * read_string as one function that hands out own: 0.29 s for 0.26 s of user time,
 * 10^7 lines of 1000 ids, -T 1, 2-core EPYC VM, gcc 12, medians of 5 in turns.)
 */
static inline const char *
read_number(const struct ib_json *j, struct ib_json_step *s, const char *p, struct ib_value *v)
{
	bool fraction, wanted = s->number && !j->lazy;
	struct ib_value *own;
	const char *end;
	double number;

	end = wanted ? ib_short_number(p, true, &number, &fraction)
		     : ib_short_number(p, false, &number, &fraction);
	if (!end)
		return NULL;
	end = ib_predict_end(p, end, &s->length);
	if (s->slot < 0)
		return end;
	own = &v[s->slot];
	own->p = p;
	own->n = (uint32_t)(end - p);
	own->type = fraction ? IB_REAL : IB_INTEGER;
	if (wanted)
		own->number = number;
	return end;
}

static inline const char *
read_string(const struct ib_json *j, struct ib_json_step *s, const char *p, struct ib_value *v)
{
	const char *end = ib_scan_string(j->ops, p);
	struct ib_value *own;

	/* Is it a quote? The next step's bytes begin with one. */
	end = ib_predict_end(p, end, &s->length);
	if (s->slot < 0)
		return end;
	own = &v[s->slot];
	own->p = p;
	own->n = (uint32_t)(end - p);
	own->type = IB_STRING;
	own->escaped = false;
	return end;
}

const char *
ib_json_template_read(struct ib_json *j, const char *p, struct ib_value *v)
{
	struct ib_json_template *stencil = &j->stencil;
	struct ib_json_step *s;
	const char *start;
	size_t i;

	if (stencil->n == 0 || !fits(stencil->step, p))
		return NULL;
	if (stencil->settled != v)
		for (i = 0; i < j->fields->nslots; i++)
			v[i].type = IB_ABSENT;
	stencil->settled = v;
	for (s = stencil->step; fits(s, p); s++) {
		p += s->n;
		if (s->kind == IB_JSON_STRING) {
			p = read_string(j, s, p, v);
		} else if (s->kind == IB_JSON_NUMBER) {
			start = p;
			p = read_number(j, s, p, v);
			if (!p)
				p = value(j, start, s->member, v);
		} else if (s->kind == IB_JSON_END) {
			stencil->wait = stencil->patience;
			return p;
		} else {
			p = value(j, p, s->member, v);
		}
		if (!p)
			break;
	}
	return NULL;
}

/* ---- objects ------------------------------------------------------------ */

/* The object at p by its grammar. */
static const char *
object(struct ib_json *j, const char *p, struct ib_value *v)
{
	size_t i;

	for (i = 0; i < j->fields->nslots; i++)
		v[i].type = IB_ABSENT;
	p = blanks(j, p);
	if (*p != '{')
		return malformed(j, p, "not an object");
	ib_json_template_begin(&j->stencil, p);
	p++;
	if (*p != '"') {
		p = blanks(j, p);
		if (*p == '}')
			return p + 1;
	}
	return members(j, 0, p, v);
}

const char *
ib_json_object(struct ib_json *j, const char *p, struct ib_value *v)
{
	const char *end = ib_json_template_read(j, p, v);

	if (!end)
		end = object(j, p, v);
	if (end && j->fields->naliases > 0)
		ib_fields_settle(j->fields, v);
	return end;
}

const char *
ib_json_value(struct ib_json *j, const char *p, struct ib_value *v)
{
	static const struct ib_member any = { .slot = 0, .child = -1, .number = true };
	bool lazy = j->lazy;

	j->lazy = false;
	p = value(j, p, &any, v);
	j->lazy = lazy;
	return p;
}
