/*
 * Write and parse the .npy format, which is specified in numpy.lib.format. A header consists of
 * "\x93NUMPY", a version, a length, and a Python dictionary with exactly the keys descr,
 * fortran_order and shape. This code is handwritten, because the libraries for this format are
 * written in C++.
 */
#include "io/npy.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/little_endian.h"

#define ITEM_MAX ((size_t)1 << 31) /* maximum number of bytes per item */
#define PIECE ((size_t)8192) /* bytes converted at a time; a multiple of all written item sizes */
#define NEST_MAX 32	     /* maximum nesting of brackets in a structured descr */

static size_t
write_header(char header[128], const char *descr, const char *shape)
{
	static const char magic[] = "\x93NUMPY\x01";
	char dict[118];
	int length;

	/* `dict` has room for a count of 20 digits and a descr of 15 characters. */
	length = snprintf(dict, sizeof(dict),
			  "{'descr': '%.15s', "
			  "'fortran_order': False, 'shape': (%.21s), }",
			  descr, shape);
	memcpy(header, magic, 8);
	header[8] = 118;
	header[9] = 0;
	memset(header + 10, ' ', 117);
	memcpy(header + 10, dict, (size_t)length);
	header[127] = '\n';
	return 128;
}

void
ib_npy_items(const void *items, uint64_t n, size_t size,
	     void (*take)(void *ctx, const void *p, size_t n), void *ctx)
{
	size_t left = (size_t)n * size, k;
	const char *p = items;
	char piece[PIECE];

	if (!IB_HOST_IS_BIG_ENDIAN || size == 1) {
		take(ctx, items, left);
		return;
	}
	for (; left > 0; left -= k, p += k) {
		k = left < PIECE ? left : PIECE;
		memcpy(piece, p, k);
		ib_little_endian_convert(piece, k / size, size);
		take(ctx, piece, k);
	}
}

size_t
ib_npy_header(char header[128], const char *descr, uint64_t n)
{
	char shape[24];

	snprintf(shape, sizeof(shape), "%llu,", (unsigned long long)n);
	return write_header(header, descr, shape);
}

size_t
ib_npy_scalar(char scalar[IB_NPY_SCALAR], double value)
{
	size_t n = write_header(scalar, "<f8", "");

	memcpy(scalar + n, &value, sizeof(value));
	ib_little_endian_convert(scalar + n, 1, sizeof(value));
	return n + sizeof(value);
}

/* ---- the dictionary ----------------------------------------------------- */

struct text {
	const char *p, *end;
};

static void
skip_spaces(struct text *t)
{
	while (t->p < t->end && ib_is_space(*t->p))
		t->p++;
}

static bool
match_char(struct text *t, char c)
{
	skip_spaces(t);
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool
match_word(struct text *t, const char *word)
{
	size_t n = strlen(word);

	skip_spaces(t);
	if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	return true;
}

/* Parse 'text' or "text". Escapes are invalid, because numpy writes none. */
static bool
parse_string(struct text *t, struct ib_span *s)
{
	char quote;

	skip_spaces(t);
	if (t->p == t->end || (*t->p != '\'' && *t->p != '"'))
		return false;
	quote = *t->p++;
	s->p = t->p;
	while (t->p < t->end && *t->p != quote && *t->p != '\\')
		t->p++;
	if (t->p == t->end || *t->p != quote)
		return false;
	s->n = (size_t)(t->p++ - s->p);
	return true;
}

/* Skip a list of fields: check only that brackets and quotes are balanced. */
static bool
skip_list(struct text *t)
{
	struct ib_span ignored;
	int depth = 0;

	do {
		skip_spaces(t);
		if (t->p == t->end)
			return false;
		if (*t->p == '\'' || *t->p == '"') {
			if (!parse_string(t, &ignored))
				return false;
			continue;
		}
		if (*t->p == '[' || *t->p == '(')
			depth++;
		if (*t->p == ']' || *t->p == ')')
			depth--;
		t->p++;
	} while (depth > 0 && depth < NEST_MAX);
	return depth == 0;
}

/* Return the bytes per item, or 0 if the type has no fixed size (such as objects). */
static size_t
item_size(struct ib_span descr)
{
	const char *p = descr.p, *end = descr.p + descr.n;
	size_t n = 0;
	char kind;

	if (p < end && strchr("<>|=", *p))
		p++;
	if (p == end || !strchr("biufcSaVUMm", *p))
		return 0;
	kind = *p++;
	if (p == end || *p < '0' || *p > '9')
		return 0;
	for (; p < end && *p >= '0' && *p <= '9' && n < ITEM_MAX; p++)
		n = n * 10 + (size_t)(*p - '0');
	if (kind == 'U')
		n *= 4;
	if (n > ITEM_MAX || (p < end && (*p != '[' || !strchr("Mm", kind))))
		return 0;
	return n;
}

static bool
parse_descr(struct text *t, struct ib_npz_member *m)
{
	struct ib_span s = { "[...]", 5 };

	skip_spaces(t);
	if (t->p < t->end && (*t->p == '[' || *t->p == '(')) {
		if (!skip_list(t))
			return false;
		m->size = 0;
	} else {
		if (!parse_string(t, &s) || s.n >= sizeof(m->descr) || memchr(s.p, '\0', s.n))
			return false;
		m->size = item_size(s);
	}
	memcpy(m->descr, s.p, s.n);
	m->descr[s.n] = '\0';
	return true;
}

static bool
parse_count(struct text *t, uint64_t *n)
{
	unsigned digit;

	*n = 0;
	skip_spaces(t);
	if (t->p == t->end || *t->p < '0' || *t->p > '9')
		return false;
	for (; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++) {
		digit = (unsigned)(*t->p - '0');
		if (*n > (UINT64_MAX - digit) / 10)
			return false;
		*n = *n * 10 + digit;
	}
	if (t->p < t->end && *t->p == 'L') /* Python 2 writes 3L */
		t->p++;
	return true;
}

/* Parse a shape such as (), (3,) or (3, 4). Sets m->n to the number of items. */
static bool
parse_shape(struct text *t, struct ib_npz_member *m)
{
	uint64_t n;

	m->ndim = 0;
	m->n = 1;
	if (!match_char(t, '('))
		return false;
	while (!match_char(t, ')')) {
		if (!parse_count(t, &n) || (n > 0 && m->n > UINT64_MAX / n))
			return false;
		m->n *= n;
		m->ndim++;
		if (!match_char(t, ',') && (t->p == t->end || *t->p != ')'))
			return false;
	}
	return true;
}

static bool
parse_pair(struct text *t, struct ib_npz_member *m, unsigned *seen)
{
	unsigned bit;
	struct ib_span key;
	bool ok;

	if (!parse_string(t, &key) || !match_char(t, ':'))
		return false;
	if (ib_span_is(key, "descr")) {
		bit = 1;
		ok = parse_descr(t, m);
	} else if (ib_span_is(key, "fortran_order")) {
		bit = 2;
		m->fortran = match_word(t, "True");
		ok = m->fortran || match_word(t, "False");
	} else if (ib_span_is(key, "shape")) {
		bit = 4;
		ok = parse_shape(t, m);
	} else {
		return false;
	}
	ok = ok && !(*seen & bit);
	*seen |= bit;
	return ok;
}

static bool
parse_dict(struct text *t, struct ib_npz_member *m)
{
	unsigned seen = 0;

	if (!match_char(t, '{'))
		return false;
	while (!match_char(t, '}')) {
		if (!parse_pair(t, m, &seen))
			return false;
		if (!match_char(t, ',') && (t->p == t->end || *t->p != '}'))
			return false;
	}
	skip_spaces(t);
	return seen == 7 && t->p == t->end;
}

bool
ib_npy_parse(const char *p, size_t n, struct ib_npz_member *m)
{
	const unsigned char *b = (const unsigned char *)p;
	struct ib_npz_member new = *m;
	size_t fixed, length;
	struct text t;

	if (n < 10 || memcmp(p, "\x93NUMPY", 6) != 0 || b[6] < 1 || b[6] > 3)
		return false;
	fixed = b[6] == 1 ? 10 : 12;
	if (n < fixed)
		return false;
	length = (size_t)ib_little_endian_get(b + 8, fixed - 8);
	if (length > n - fixed)
		return false;
	t = (struct text){ p + fixed, p + fixed + length };
	if (!parse_dict(&t, &new))
		return false;
	new.header = fixed + length;
	new.nbytes = new.uncompressed_size - new.header;
	if (new.size > 0 && (new.n > UINT64_MAX / new.size || new.n *new.size != new.nbytes))
		return false;
	new.array = true;
	*m = new;
	return true;
}
