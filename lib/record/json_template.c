/*
 * Make a template of a record (record/json_template.h) while the grammar reader reads this record.
 */
#include "record/json_template.h"

#include "base/digits.h"

#define MAX_WAIT 15 /* maximum of next_wait */

void
ib_json_template_init(struct ib_json_template *s)
{
	s->n = 0;
	s->cleared = NULL;
	s->start = NULL;
	s->wait = s->next_wait = 0;
}

void
ib_json_template_begin(struct ib_json_template *s, const char *p)
{
	s->cleared = NULL;
	s->start = NULL;
	if (s->wait > 0) {
		s->wait--;
		return;
	}
	s->wait = s->next_wait;
	if (s->next_wait < MAX_WAIT)
		s->next_wait = 2 * s->next_wait + 1;
	s->start = p;
	s->n = s->nlearned = 0;
}

/* True if a number with digits is at p. The kind of nan, inf and infinity is IB_JSON_OTHER. */
static inline bool
is_number(const char *p)
{
	return ib_is_digit(p[*p == '-']);
}

static void
add_step(struct ib_json_template *s, const char *from, size_t n, enum ib_json_kind kind,
	 const struct ib_member *m)
{
	struct ib_json_step *step;

	if (s->nlearned > IB_JSON_FORMS || n > IB_JSON_FORM_BYTES) {
		s->start = NULL; /* no template: too many members, or too many bytes in a step */
		return;
	}
	step = &s->step[s->nlearned++];
	memcpy(step->bytes, from, n);
	step->n = (uint8_t)n;
	step->head = n < 16 ? (uint8_t)n : 16;
	step->kind = (uint8_t)kind;
	step->slot = m ? (int8_t)m->slot : -1;
	step->number = m && m->number;
	step->length = 0;
	step->member = m;
}

bool
ib_json_template_add_value(struct ib_json_template *s, const char *from, const char *p,
			   const struct ib_member *m)
{
	enum ib_json_kind kind = IB_JSON_OTHER;

	if (!s->start)
		return false;
	/* Only the grammar reader marks the missing nested fields of a member as absent. */
	if (!m || m->child < 0)
		kind = *p == '"' ? IB_JSON_STRING : is_number(p) ? IB_JSON_NUMBER : IB_JSON_OTHER;
	add_step(s, from, (size_t)(p - from) + (kind == IB_JSON_STRING), kind, m);
	return kind == IB_JSON_STRING;
}

void
ib_json_template_end(struct ib_json_template *s, const char *from, const char *end)
{
	if (s->start)
		add_step(s, from, (size_t)(end - from), IB_JSON_END, NULL);
	if (s->start)
		s->n = s->nlearned;
}
