/* Normalize ids, and find the differences between two spellings of an id. */
#include "score/id_form.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/digits.h"

#define SUFFIX_MAX 5 /* maximum length of a suffix such as .jpeg, without the dot */
#define EXPONENT_MAX 99

/* ---- one kind of spelling difference ------------------------------------ */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_ascii(struct ib_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static void
lower_ascii(struct ib_bytes *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->p[i] >= 'A' && b->p[i] <= 'Z')
			b->p[i] = (char)(b->p[i] - 'A' + 'a');
}

/*
 * Normalize the Unicode form and the letter case. If the text is not valid
 * UTF-8, its Unicode form is not changed.
 */
static void
map_unicode(struct ib_bytes *b, unsigned forms)
{
	int options = UTF8PROC_STABLE;
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t n;

	if (forms & IB_FORM_UNICODE)
		options |= UTF8PROC_COMPOSE;
	if (forms & IB_FORM_CASE)
		options |= UTF8PROC_CASEFOLD;
	n = utf8proc_map((const utf8proc_uint8_t *)b->p, (utf8proc_ssize_t)b->n, &mapped,
			 (utf8proc_option_t)options);
	if (n >= 0) {
		b->n = 0;
		ib_bytes_append(b, mapped, (size_t)n);
	} else if (forms & IB_FORM_CASE) {
		lower_ascii(b);
	}
	free(mapped);
}

static struct ib_span
trim_spaces(struct ib_span s)
{
	static const char spaces[] = " \t\r\n\v\f";

	while (s.n > 0 && memchr(spaces, s.p[s.n - 1], 6))
		s.n--;
	while (s.n > 0 && memchr(spaces, *s.p, 6)) {
		s.p++;
		s.n--;
	}
	return s;
}

static struct ib_span
without_folders(struct ib_span s)
{
	size_t i = s.n;

	while (i > 0 && s.p[i - 1] != '/' && s.p[i - 1] != '\\')
		i--;
	return i < s.n ? (struct ib_span){ s.p + i, s.n - i } : s;
}

/* True if s is a dot followed by up to SUFFIX_MAX letters and digits, with at least one letter. */
static bool
is_suffix(struct ib_span s)
{
	bool letter = false;
	size_t i;

	if (s.n < 2 || s.n > SUFFIX_MAX + 1)
		return false;
	for (i = 1; i < s.n; i++) {
		if (!ib_is_digit(s.p[i]) && !is_letter(s.p[i]))
			return false;
		letter |= is_letter(s.p[i]);
	}
	return letter;
}

/* Remove all suffixes, for example both suffixes of "scan.nii.gz". */
static struct ib_span
without_suffix(struct ib_span s)
{
	size_t i = s.n;

	while (i > 0 && s.p[i - 1] != '/' && s.p[i - 1] != '\\') {
		i--;
		if (s.p[i] != '.')
			continue;
		if (i == 0 || s.p[i - 1] == '/' || s.p[i - 1] == '\\' ||
		    !is_suffix((struct ib_span){ s.p + i, s.n - i }))
			break;
		s.n = i;
	}
	return s;
}

/* ---- numbers ------------------------------------------------------------ */

/* The parts of a number's text: sign, digits before and after the point, exponent. */
struct numeral {
	bool minus;
	struct ib_span whole, fraction;
	int exponent;
};

static struct ib_span
parse_digits(const char **p, const char *end)
{
	const char *from = *p;

	while (*p < end && ib_is_digit(**p))
		++*p;
	return (struct ib_span){ from, (size_t)(*p - from) };
}

static bool
parse_exponent(const char **p, const char *end, int *exponent)
{
	struct ib_span digits;
	bool minus = false;
	size_t i;

	*exponent = 0;
	if (*p == end || (**p != 'e' && **p != 'E'))
		return true;
	if (++*p < end && (**p == '+' || **p == '-'))
		minus = *(*p)++ == '-';
	digits = parse_digits(p, end);
	for (i = 0; i < digits.n && *exponent <= EXPONENT_MAX; i++)
		*exponent = 10 * *exponent + (digits.p[i] - '0');
	if (digits.n == 0 || *exponent > EXPONENT_MAX)
		return false;
	if (minus)
		*exponent = -*exponent;
	return true;
}

static bool
parse_numeral(struct ib_span s, struct numeral *to)
{
	const char *p = s.p, *end = s.p + s.n;

	*to = (struct numeral){ .minus = s.n > 0 && *p == '-' };
	if (s.n > 0 && (*p == '-' || *p == '+'))
		p++;
	to->whole = parse_digits(&p, end);
	if (p < end && *p == '.') {
		p++;
		to->fraction = parse_digits(&p, end);
	}
	return to->whole.n + to->fraction.n > 0 && parse_exponent(&p, end, &to->exponent) &&
	       p == end;
}

/*
 * Return the i-th digit, where digit 0 is the first written digit. Returns '0'
 * outside of the written digits.
 */
static char
digit_of(const struct numeral *x, long i)
{
	long whole = (long)x->whole.n, fraction = (long)x->fraction.n;

	if (i < 0 || i >= whole + fraction)
		return '0';
	return i < whole ? x->whole.p[i] : x->fraction.p[i - whole];
}

/*
 * Write the number without an exponent. Zeros at the end of the fraction are omitted. Leading zeros
 * are kept.
 */
static void
write_numeral(struct ib_bytes *to, const struct numeral *x)
{
	long point = (long)x->whole.n + x->exponent, i;
	long end = (long)(x->whole.n + x->fraction.n);

	if (x->minus)
		ib_bytes_append_char(to, '-');
	if (point <= 0)
		ib_bytes_append_char(to, '0');
	for (i = 0; i < point; i++)
		ib_bytes_append_char(to, digit_of(x, i));
	while (end > point && digit_of(x, end - 1) == '0')
		end--;
	if (end <= point || end <= 0)
		return;
	ib_bytes_append_char(to, '.');
	for (i = point; i < end; i++)
		ib_bytes_append_char(to, digit_of(x, i));
}

static void
write_without_zeros(struct ib_bytes *to, struct ib_span s)
{
	size_t i;
	bool leads;

	for (i = 0; i < s.n; i++) {
		leads = i == 0 || !ib_is_digit(s.p[i - 1]);
		/* Zeros after a decimal point are kept, because 1.05 is not 1.5. */
		leads &= !(i > 1 && s.p[i - 1] == '.' && ib_is_digit(s.p[i - 2]));
		while (leads && s.p[i] == '0' && i + 1 < s.n && ib_is_digit(s.p[i + 1]))
			i++;
		ib_bytes_append_char(to, s.p[i]);
	}
}

/* ---- all kinds of spelling differences ---------------------------------- */

/* Replace the contents of b by s. s may be a part of b. */
static void
keep_part(struct ib_bytes *b, struct ib_span s)
{
	if (s.n > 0)
		memmove(b->p, s.p, s.n);
	b->n = s.n;
}

/* Normalize numbers, suffixes and leading zeros. A number such as 1.5e3 has no suffix. */
static void
reduce_name(struct ib_bytes *b, unsigned forms)
{
	struct ib_bytes plain = { 0 };
	struct numeral x;
	bool number = parse_numeral(ib_bytes_span(b), &x);

	if ((forms & IB_FORM_NUMBER) && number)
		write_numeral(&plain, &x);
	else if ((forms & IB_FORM_SUFFIX) && !number)
		b->n = without_suffix(ib_bytes_span(b)).n;
	if (plain.n > 0)
		keep_part(b, ib_bytes_span(&plain));
	if (plain.failed)
		b->failed = true;
	if (forms & IB_FORM_ZEROS) {
		plain.n = 0;
		write_without_zeros(&plain, ib_bytes_span(b));
		b->failed |= plain.failed;
		keep_part(b, ib_bytes_span(&plain));
	}
	ib_bytes_release(&plain);
}

void
ib_id_reduce(struct ib_span id, unsigned forms, struct ib_bytes *out)
{
	out->n = 0;
	ib_bytes_append(out, id.p, id.n);
	if (out->failed)
		return;
	if ((forms & (IB_FORM_UNICODE | IB_FORM_CASE)) && !is_ascii(id))
		map_unicode(out, forms);
	else if (forms & IB_FORM_CASE)
		lower_ascii(out);
	if (forms & IB_FORM_BLANKS)
		keep_part(out, trim_spaces(ib_bytes_span(out)));
	if (forms & IB_FORM_FOLDERS)
		keep_part(out, without_folders(ib_bytes_span(out)));
	if (forms & (IB_FORM_NUMBER | IB_FORM_SUFFIX | IB_FORM_ZEROS))
		reduce_name(out, forms);
}

static bool
are_equal(struct ib_span a, struct ib_span b, unsigned forms)
{
	struct ib_bytes x = { 0 }, y = { 0 };
	bool equal;

	ib_id_reduce(a, forms, &x);
	ib_id_reduce(b, forms, &y);
	equal = !x.failed && !y.failed && x.n > 0 &&
		ib_span_equal(ib_bytes_span(&x), ib_bytes_span(&y));
	ib_bytes_release(&x);
	ib_bytes_release(&y);
	return equal;
}

unsigned
ib_id_difference(struct ib_span a, struct ib_span b)
{
	unsigned forms;
	int size;

	if (ib_span_equal(a, b) || !are_equal(a, b, IB_FORM_ALL))
		return 0;
	for (size = 1; size < IB_NFORMS; size++)
		for (forms = 1; forms < IB_FORM_ALL; forms++)
			if (__builtin_popcount(forms) == size && are_equal(a, b, forms))
				return forms;
	return IB_FORM_ALL;
}

/* True if `path` consists of some leading folders followed by `tail`. */
static bool
is_tail(struct ib_span path, struct ib_span tail)
{
	char before;

	if (tail.n == 0 || tail.n >= path.n ||
	    memcmp(path.p + path.n - tail.n, tail.p, tail.n) != 0)
		return false;
	before = path.p[path.n - tail.n - 1];
	return before == '/' || before == '\\' || *tail.p == '/' || *tail.p == '\\';
}

bool
ib_id_is_same(struct ib_span a, struct ib_span b, unsigned forms)
{
	struct ib_bytes x = { 0 }, y = { 0 };
	struct ib_span p = trim_spaces(a), q = trim_spaces(b);
	bool same = true;

	if (forms & IB_FORM_SUFFIX)
		same = without_suffix(p).n == p.n || without_suffix(q).n == q.n;
	if (same && (forms & IB_FORM_FOLDERS)) {
		ib_id_reduce(a, forms & ~(unsigned)IB_FORM_FOLDERS, &x);
		ib_id_reduce(b, forms & ~(unsigned)IB_FORM_FOLDERS, &y);
		same = is_tail(ib_bytes_span(&x), ib_bytes_span(&y)) ||
		       is_tail(ib_bytes_span(&y), ib_bytes_span(&x));
	}
	ib_bytes_release(&x);
	ib_bytes_release(&y);
	return same;
}

void
ib_id_write_forms(struct ib_bytes *to, unsigned forms)
{
	static const char *const words[IB_NFORMS] = {
		"in the same Unicode form (NFC)",
		"in the same letter case",
		"with numbers in the same form (101 for 101.0 or 1.01e+02)",
		"without leading zeros",
		"without spaces around them",
		"without their folders",
		"without their suffixes",
	};
	const char *between = "";
	size_t i;

	for (i = 0; i < IB_NFORMS; i++) {
		if (!(forms & 1u << i))
			continue;
		ib_bytes_printf(to, "%s%s", between, words[i]);
		between = " and ";
	}
}
