/*
 * A record is read in one of two ways, with the same result. The template reader compares bytes
 * with the template (json_template.h); its functions have a struct ib_json_step parameter. The
 * grammar reader checks each byte, and reads everything that does not fit the template.
 *
 * The input ends in a sentinel byte that is not valid inside any token: a newline if each record is
 * a line, and otherwise a NUL. So no function checks for the end of the input. If a value is not
 * needed, the grammar reader skips the value without recursion. The nesting depth of a skipped
 * value is at most IB_JSON_DEPTH, and each level takes one bit (json_check.h).
 */
#include "record/json.h"

#include "base/digits.h"
#include "base/numbers.h"
#include "base/predict_end.h"
#include "base/short_number.h"

static const char *read_value(struct ib_json *j, const char *p, const struct ib_member *m,
			      struct ib_value *v);

void
ib_json_init(struct ib_json *j, const struct ib_fields *fields, bool lines)
{
	size_t i, k;

	j->fields = fields;
	j->check.lines = lines;
	j->lazy = false;
	j->elements = (struct ib_json_elements){ 0 };
	j->check.at = j->check.why = NULL;
	ib_json_template_init(&j->template);
	for (i = 0; i < IB_FIELDS_NODES; i++)
		for (k = 0; k < IB_JSON_FORMS; k++)
			j->form[i][k].n = 0;
}

void
ib_json_release(struct ib_json *j)
{
	ib_json_elements_release(&j->elements);
}

/* Mark the values of all fields below a node as absent. */
static void
clear_below(const struct ib_fields *f, size_t node, struct ib_value *v)
{
	size_t i;

	for (i = 0; i < f->node[node].n; i++) {
		const struct ib_member *m = &f->node[node].member[i];

		if (m->slot >= 0)
			v[m->slot].type = IB_ABSENT;
		if (m->child >= 0)
			clear_below(f, (size_t)m->child, v);
	}
}

/* Find a member of a node by its name. Returns NULL if the member is not needed. */
static const struct ib_member *
find_member(const struct ib_node *node, struct ib_span name)
{
	size_t i;

	for (i = 0; i < node->n; i++)
		if (ib_span_equal(node->member[i].name, name))
			return &node->member[i];
	return NULL;
}

/* Do the work of find_member() for a name that contains escapes. */
static const struct ib_member *
find_escaped_member(const struct ib_node *node, struct ib_span name)
{
	size_t i;

	for (i = 0; i < node->n; i++)
		if (ib_json_string_equals(name, node->member[i].name))
			return &node->member[i];
	return NULL;
}

/*
 * Read the name at p and find its member. Unless form is NULL, store in *form the bytes from the
 * name to the value.
 */
static const char *
read_name(struct ib_json *j, size_t node, struct ib_json_form *form, const char *p,
	  const struct ib_member **m)
{
	const char *start = p, *quote;
	bool escaped = false;
	struct ib_span name;

	if (*p != '"')
		return ib_json_malformed(&j->check, p, "a name is missing");
	quote = ib_json_find_quote(&j->check, p + 1, &escaped);
	if (!quote)
		return NULL;
	name = (struct ib_span){ start + 1, (size_t)(quote - start - 1) };
	if (escaped && !ib_json_check_name(&j->check, name))
		return NULL;
	*m = escaped ? find_escaped_member(&j->fields->node[node], name)
		     : find_member(&j->fields->node[node], name);
	p = ib_json_skip_space(&j->check, quote + 1);
	if (*p != ':')
		return ib_json_malformed(&j->check, p, "expected ':'");
	p = ib_json_skip_space(&j->check, p + 1);
	if (form && p - start <= IB_JSON_FORM_BYTES) {
		memcpy(form->bytes, start, (size_t)(p - start));
		form->n = (uint8_t)(p - start);
		form->member = *m;
	}
	return p;
}

static inline bool
has_form(const struct ib_json_form *s, const char *p)
{
	if (s->n == 0)
		return false;
	if (s->n <= 16)
		return ib_byte_scan_same16(p, s->bytes, s->n);
	return memcmp(p, s->bytes, s->n) == 0;
}

/*
 * Read the members of an object, beginning at the first name. Returns the position after the
 * closing brace. The recursion is only as deep as the paths of the needed fields.
 */
static const char *
read_members(struct ib_json *j, size_t node, const char *p, struct ib_value *v)
{
	struct ib_json_form *form = j->form[node], *s;
	const char *from = j->template.start; /* end of the previous value */
	const struct ib_member *m;
	bool quote;
	size_t i;

	for (i = 0;; i++) {
		s = i < IB_JSON_FORMS ? &form[i] : NULL;
		if (s && has_form(s, p)) {
			p += s->n;
			/* The previous record may have had less space before the value. */
			if ((unsigned char)*p <= ' ')
				p = ib_json_skip_space(&j->check, p);
			m = s->member;
		} else {
			p = read_name(j, node, s, p, &m);
			if (!p)
				return NULL;
		}
		quote = node == 0 && ib_json_template_add_value(&j->template, from, p, m);
		p = read_value(j, p, m, v);
		if (!p)
			return NULL;
		from = p - quote;
		if (*p != ',' && *p != '}')
			p = ib_json_skip_space(&j->check, p);
		if (*p == '}') {
			if (node == 0)
				ib_json_template_end(&j->template, from, p + 1);
			return p + 1;
		}
		if (*p != ',')
			return ib_json_malformed(&j->check, p, "expected ',' or '}'");
		p++;
		if (*p != '"')
			p = ib_json_skip_space(&j->check, p);
	}
}

/* ---- elements of arrays -------------------------------------------------- */

static const char *
read_any_element(struct ib_json *j, const char *p)
{
	struct ib_value *v = ib_json_elements_add(&j->elements);

	return v ? ib_json_read_value(j, p, v) : ib_json_malformed(&j->check, p, "out of memory");
}

/* Read the elements of the array that begins at p. Returns the position after the array. */
static const char *
read_elements(struct ib_json *j, const char *p)
{
	const char *end;

	p = ib_json_skip_space(&j->check, p + 1);
	if (*p == ']')
		return p + 1;
	for (;;) {
		end = read_any_element(j, p);
		if (!end)
			return NULL;
		p = ib_json_skip_space(&j->check, end);
		if (*p != ',')
			break;
		p = ib_json_skip_space(&j->check, p + 1);
		p = ib_json_skip_space(&j->check,
				       ib_json_elements_read_similar(&j->elements, end, p));
	}
	return *p == ']' ? p + 1 : ib_json_malformed(&j->check, p, "expected ',' or ']'");
}

/* Read an array or object that is itself needed, or that contains needed fields. */
static const char *
read_nested(struct ib_json *j, const char *p, const struct ib_member *m, struct ib_value *v)
{
	const char *start = p;
	struct ib_value *value = m->slot >= 0 ? &v[m->slot] : NULL;
	size_t first = j->elements.n;

	if (*p == '[' && m->elements) {
		p = read_elements(j, p);
	} else if (*p == '{' && m->child >= 0) {
		p = ib_json_skip_space(&j->check, p + 1);
		p = *p == '}' ? p + 1 : read_members(j, (size_t)m->child, p, v);
	} else {
		p = ib_json_skip_nested(&j->check, p);
	}
	if (!p || !value)
		return p;
	value->type = *start == '{' ? IB_OBJECT : IB_ARRAY;
	value->p = start;
	value->n = (uint32_t)(p - start);
	value->elements.first = (uint32_t)first;
	value->elements.n = (uint32_t)(j->elements.n - first);
	return p;
}

/* Read a number, and convert it if `wanted` is true. */
static inline const char *
read_grammar_number(struct ib_json *j, const char *p, bool wanted, struct ib_value *value)
{
	const char *start = p;

	p = wanted ? ib_number_json(start, &value->number) : ib_json_skip_number(&j->check, start);
	if (!p)
		return ib_json_malformed(&j->check, start, "not a value");
	value->type = (uint8_t)ib_value_number_type(start, p);
	value->p = start;
	value->n = (uint32_t)(p - start);
	return p;
}

/* Read the value at p for member m, which is NULL if the value is not needed. */
static const char *
read_value(struct ib_json *j, const char *p, const struct ib_member *m, struct ib_value *v)
{
	struct ib_value ignored, *value;
	const char *start = p;

	if (!m)
		return *p == '{' || *p == '[' ? ib_json_skip_nested(&j->check, p)
					      : ib_json_skip_scalar(&j->check, p);
	if (m->child >= 0)
		clear_below(j->fields, (size_t)m->child, v);
	if (*p == '{' || *p == '[')
		return read_nested(j, p, m, v);
	value = m->slot >= 0 ? &v[m->slot] : &ignored;
	if (*p == '"') {
		value->escaped = false;
		p = ib_json_find_quote(&j->check, p + 1, &value->escaped);
		if (!p)
			return NULL;
		value->type = IB_STRING;
		value->p = start + 1;
		value->n = (uint32_t)(p - start - 1);
		return p + 1;
	}
	if (ib_is_digit(*p) || (*p == '-' && ib_is_digit(p[1])))
		return read_grammar_number(j, p, m->number && !j->lazy, value);
	p = ib_json_read_word(&j->check, p, value);
	if (!p)
		return NULL;
	value->p = start;
	value->n = (uint32_t)(p - start);
	return p;
}

/* ---- reading by the template -------------------------------------------------- */

static inline bool
fits(const struct ib_json_step *s, const char *p)
{
	return ib_byte_scan_same16(p, s->bytes, s->head) &&
	       (s->n <= 16 || ib_byte_scan_same16(p + 16, s->bytes + 16, s->n - 16u));
}

/*
 * Read the number at p, and store it in v if it is needed. If this function shared code with
 * read_string(), a run would take 10 % longer; see tests/PERFORMANCE.md.
 */
static inline const char *
read_number(const struct ib_json *j, struct ib_json_step *s, const char *p, struct ib_value *v)
{
	bool fraction, wanted = s->number && !j->lazy;
	struct ib_value *value;
	const char *end;
	double number;

	end = wanted ? ib_short_number(p, true, &number, &fraction)
		     : ib_short_number(p, false, &number, &fraction);
	if (!end)
		return NULL;
	end = ib_predict_end(p, end, &s->length);
	if (s->slot < 0)
		return end;
	value = &v[s->slot];
	value->p = p;
	value->n = (uint32_t)(end - p);
	value->type = fraction ? IB_REAL : IB_INTEGER;
	if (wanted)
		value->number = number;
	return end;
}

static inline const char *
read_string(struct ib_json_step *s, const char *p, struct ib_value *v)
{
	const char *end = ib_byte_scan_string(p);
	struct ib_value *value;

	/*
	 * `end` may also be a backslash or a control byte. The next step rejects these, because its
	 * bytes begin with the closing quote.
	 */
	end = ib_predict_end(p, end, &s->length);
	if (s->slot < 0)
		return end;
	value = &v[s->slot];
	value->p = p;
	value->n = (uint32_t)(end - p);
	value->type = IB_STRING;
	value->escaped = false;
	return end;
}

const char *
ib_json_template_read(struct ib_json *j, const char *p, struct ib_value *v)
{
	struct ib_json_template *template = &j->template;
	struct ib_json_step *s;
	const char *start;
	size_t i;

	if (template->n == 0 || !fits(template->step, p))
		return NULL;
	j->elements.n = 0;
	if (template->cleared != v)
		for (i = 0; i < j->fields->nslots; i++)
			v[i].type = IB_ABSENT;
	template->cleared = v;
	for (s = template->step; fits(s, p); s++) {
		p += s->n;
		if (s->kind == IB_JSON_STRING) {
			p = read_string(s, p, v);
		} else if (s->kind == IB_JSON_NUMBER) {
			start = p;
			p = read_number(j, s, p, v);
			if (!p)
				p = read_value(j, start, s->member, v);
		} else if (s->kind == IB_JSON_END) {
			template->wait = template->next_wait;
			return p;
		} else {
			p = read_value(j, p, s->member, v);
		}
		if (!p)
			break;
	}
	return NULL;
}

/* ---- objects ------------------------------------------------------------ */

/* Read the object at p with the grammar reader. */
static const char *
read_object(struct ib_json *j, const char *p, struct ib_value *v)
{
	size_t i;

	j->elements.n = 0;
	for (i = 0; i < j->fields->nslots; i++)
		v[i].type = IB_ABSENT;
	p = ib_json_skip_space(&j->check, p);
	if (*p != '{')
		return ib_json_malformed(&j->check, p, "not an object");
	ib_json_template_begin(&j->template, p);
	p++;
	if (*p != '"') {
		p = ib_json_skip_space(&j->check, p);
		if (*p == '}')
			return p + 1;
	}
	return read_members(j, 0, p, v);
}

const char *
ib_json_read_object(struct ib_json *j, const char *p, struct ib_value *v)
{
	const char *end = ib_json_template_read(j, p, v);

	if (!end)
		end = read_object(j, p, v);
	if (end && j->fields->naliases > 0)
		ib_fields_apply_aliases(j->fields, v);
	return end;
}

const char *
ib_json_read_value(struct ib_json *j, const char *p, struct ib_value *v)
{
	static const struct ib_member any = { .slot = 0, .child = -1, .number = true };
	bool lazy = j->lazy;

	j->lazy = false;
	p = read_value(j, p, &any, v);
	j->lazy = lazy;
	return p;
}
