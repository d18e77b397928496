/* Check and skip JSON values that are not needed (record/json_check.h). */
#include "record/json_check.h"

#include "base/digits.h"
#include "base/hex.h"
#include "base/numbers.h"
#include "record/json_escapes.h"

const char *
ib_json_skip_escape(struct ib_json_check *c, const char *p)
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
			if (ib_hex_value(p[i]) < 0)
				return ib_json_malformed(c, p, "bad \\u escape");
		return p + 6;
	default:
		return ib_json_malformed(c, p, "bad escape in a string");
	}
}

const char *
ib_json_skip_number(struct ib_json_check *c, const char *p)
{
	const char *start = p;

	p += *p == '-';
	if (!ib_is_digit(*p) || (*p == '0' && ib_is_digit(p[1])))
		return ib_json_malformed(c, start, "not a value");
	while (ib_is_digit(*p))
		p++;
	if (*p == '.') {
		if (!ib_is_digit(*++p))
			return ib_json_malformed(c, start, "not a value");
		while (ib_is_digit(*p))
			p++;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		if (!ib_is_digit(*p))
			return ib_json_malformed(c, start, "not a value");
		while (ib_is_digit(*p))
			p++;
	}
	return p;
}

const char *
ib_json_read_word(struct ib_json_check *c, const char *p, struct ib_value *v)
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
		return ib_json_malformed(c, p, "not a value");
	v->type = (uint8_t)ib_value_number_type(p, end);
	v->number = number;
	return end;
}

const char *
ib_json_skip_scalar(struct ib_json_check *c, const char *p)
{
	struct ib_value ignored;
	bool escaped = false;

	if (*p == '"') {
		p = ib_json_find_quote(c, p + 1, &escaped);
		return p ? p + 1 : NULL;
	}
	if (ib_is_digit(*p) || (*p == '-' && ib_is_digit(p[1]))) {
		return ib_json_skip_number(c, p);
	}
	return ib_json_read_word(c, p, &ignored);
}

bool
ib_json_check_name(struct ib_json_check *c, struct ib_span name)
{
	if (ib_json_has_paired_surrogates(name))
		return true;
	ib_json_malformed(c, name.p, "lone surrogate in a name");
	return false;
}

/* The next token that the grammar reader expects inside a skipped value. */
enum nested_state { EXPECT_VALUE, EXPECT_NAME, AFTER_VALUE };

/* Skip the name at p, the colon after it, and the white space around the colon. */
static const char *
skip_name(struct ib_json_check *c, const char *p)
{
	const char *start;
	bool escaped = false;

	if (*p != '"')
		return ib_json_malformed(c, p, "a name is missing");
	start = ++p;
	p = ib_json_find_quote(c, p, &escaped);
	if (!p)
		return NULL;
	if (escaped && !ib_json_check_name(c, (struct ib_span){ start, (size_t)(p - start) }))
		return NULL;
	p = ib_json_skip_space(c, p + 1);
	if (*p != ':')
		return ib_json_malformed(c, p, "expected ':'");
	return ib_json_skip_space(c, p + 1);
}

const char *
ib_json_skip_nested(struct ib_json_check *c, const char *p)
{
	enum nested_state state = EXPECT_VALUE;
	size_t depth = 0;
	bool object;

	for (;;) {
		p = ib_json_skip_space(c, p);
		if (state == EXPECT_NAME) {
			p = skip_name(c, p);
			if (!p)
				return NULL;
		}
		if (state != AFTER_VALUE && (*p == '{' || *p == '[')) {
			object = *p == '{';
			if (depth == IB_JSON_DEPTH)
				return ib_json_malformed(c, p, "nested too deeply");
			c->open[depth / 64] &= ~(1ull << depth % 64);
			c->open[depth / 64] |= (uint64_t)object << depth % 64;
			depth++;
			p = ib_json_skip_space(c, p + 1);
			if (*p != (object ? '}' : ']')) {
				state = object ? EXPECT_NAME : EXPECT_VALUE;
				continue;
			}
		} else if (state != AFTER_VALUE) {
			p = ib_json_skip_scalar(c, p);
			if (!p)
				return NULL;
			state = AFTER_VALUE;
			continue;
		}
		object = c->open[(depth - 1) / 64] >> (depth - 1) % 64 & 1;
		if (*p == ',') {
			state = object ? EXPECT_NAME : EXPECT_VALUE;
			p++;
			continue;
		}
		if (*p != (object ? '}' : ']'))
			return ib_json_malformed(
				c, p, object ? "expected ',' or '}'" : "expected ',' or ']'");
		p++;
		state = AFTER_VALUE;
		if (--depth == 0)
			return p;
	}
}
