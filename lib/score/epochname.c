#include "score/epochname.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digits.h"
#include "base/error.h"
#include "base/numbers.h"
#include "io/input.h"

#define NUMBERS_MAX 32

/* The runs of digits in a name, and which of them say the epoch. */
struct numbers {
	struct ib_span name;
	struct ib_span run[NUMBERS_MAX];
	bool said[NUMBERS_MAX];
	size_t n, nsaid;
};

static void
find_numbers(struct numbers *x, struct ib_span name)
{
	const char *p = name.p, *end = name.p + name.n, *start;

	*x = (struct numbers){ .name = name };
	while (p < end && x->n < NUMBERS_MAX) {
		start = p;
		while (p < end && ib_is_digit(*p))
			p++;
		if (p > start)
			x->run[x->n++] = (struct ib_span){ start, (size_t)(p - start) };
		else
			p++;
	}
}

static void
say(struct numbers *x, size_t i)
{
	x->nsaid += !x->said[i];
	x->said[i] = true;
}

/* ---- words ------------------------------------------------------------------ */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A word that the epoch follows, and what may not be around both. */
struct word {
	const char *text;
	bool after_letter, after_digit, before_letter; /* it is one there too */
};

/* Is the i-th number behind that word, with one of "_-.=" between or nothing? */
static bool
follows_word(const struct numbers *x, size_t i, const struct word *w)
{
	const char *p = x->run[i].p, *end = p + x->run[i].n;
	size_t n = strlen(w->text), k;

	if (p > x->name.p && memchr("_-.=", p[-1], 4))
		p--;
	if ((size_t)(p - x->name.p) < n)
		return false;
	p -= n;
	for (k = 0; k < n; k++)
		if ((p[k] | 0x20) != w->text[k])
			return false;
	if (p > x->name.p &&
	    ((is_letter(p[-1]) && !w->after_letter) || (ib_is_digit(p[-1]) && !w->after_digit)))
		return false;
	return w->before_letter || end == x->name.p + x->name.n || !is_letter(*end);
}

static void
choose_by_word(struct numbers *x)
{
	static const struct word word[] = {
		{ "epoch", true, true, true },
		{ "ep", false, true, true }, /* not of "step3" */
		{ "e", false, false, false } /* not of "1e3", "e2e" */
	};
	size_t i, w;

	for (w = 0; w < sizeof(word) / sizeof(*word) && x->nsaid == 0; w++)
		for (i = 0; i < x->n; i++)
			if (follows_word(x, i, &word[w]))
				say(x, i);
	for (i = 0; i < x->n && x->nsaid == 0 && x->n == 1; i++)
		say(x, i);
}

/* ---- patterns --------------------------------------------------------------- */

/* Does the glob match those bytes? (There is no NUL in names.) */
static bool
matches(const char *glob, size_t glob_n, const char *p, size_t n, bool *failed)
{
	char *g = malloc(glob_n + 1), *text = malloc(n + 1);
	bool fits = false;

	if (g && text) {
		memcpy(g, glob, glob_n);
		memcpy(text, p, n);
		g[glob_n] = text[n] = '\0';
		fits = fnmatch(g, text, FNM_PATHNAME) == 0;
	} else {
		*failed = true;
	}
	free(g);
	free(text);
	return fits;
}

/* As many components of the path's end as the pattern has. */
static struct ib_span
last_components(const char *path, const char *pattern)
{
	const char *end = path + strlen(path), *p = end;
	size_t slashes = 0;

	for (; *pattern; pattern++)
		slashes += *pattern == '/';
	for (; p > path; p--)
		if (p[-1] == '/' && slashes-- == 0)
			break;
	return (struct ib_span){ p, (size_t)(end - p) };
}

/* The lengths with which a name may match: whole, and less each suffix. */
static bool
is_end(const char *p, const char *end)
{
	for (; p < end; p++)
		if (*p == '/' || (*p == '.' && p + 1 < end && ib_is_digit(p[1])))
			return false;
	return true;
}

static bool
matches_behind(const char *glob, const char *p, const char *end, bool *failed)
{
	const char *q;

	for (q = end;; q--) {
		if ((q == end || *q == '.') && is_end(q, end) &&
		    matches(glob, strlen(glob), p, (size_t)(q - p), failed))
			return true;
		if (q == p)
			return false;
	}
}

static void
choose_by_pattern(struct numbers *x, const char *pattern, bool *failed)
{
	const char *at = strstr(pattern, "%d"), *end = x->name.p + x->name.n;
	size_t i;

	for (i = 0; at && i < x->n; i++)
		if (matches(pattern, (size_t)(at - pattern), x->name.p,
			    (size_t)(x->run[i].p - x->name.p), failed) &&
		    matches_behind(at + 2, x->run[i].p + x->run[i].n, end, failed))
			say(x, i);
}

/* ---- the epoch -------------------------------------------------------------- */

/* "3, 0": those that are said, or all. */
static void
list_numbers(const struct numbers *x, char *text, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < x->n && n < size; i++)
		if (x->nsaid == 0 || x->said[i])
			n += (size_t)snprintf(text + n, size - n, "%s%.*s", n > 0 ? ", " : "",
					      (int)x->run[i].n, x->run[i].p);
}

/* The name as a pattern: its first number is %d, all others are any. */
static void
suggest(const struct numbers *x, char *text, size_t size)
{
	const char *p = x->name.p;
	size_t i, n = 0;

	for (i = 0; i < x->n && n < size; i++) {
		n += (size_t)snprintf(text + n, size - n, "%.*s%s", (int)(x->run[i].p - p), p,
				      i == 0 ? "%d" : "*");
		p = x->run[i].p + x->run[i].n;
	}
	if (n < size)
		snprintf(text + n, size - n, "%.*s", (int)(x->name.p + x->name.n - p), p);
}

static enum ib_status
refuse(const struct numbers *x, const char *path, const char *pattern, struct ib_error *err)
{
	char list[120], like[200], show[IB_SHOW_MAX];

	ib_show(show, ib_span_of(path));
	if (x->n == 0)
		return ib_fail(err, IB_E_MISUSE, "-e name: no number in the name %s", show);
	if (pattern && x->nsaid == 0)
		return ib_fail(err, IB_E_MISUSE,
			       "-e name:%s: the name %s does "
			       "not match",
			       pattern, show);
	list_numbers(x, list, sizeof(list));
	if (pattern)
		return ib_fail(err, IB_E_MISUSE,
			       "-e name:%s: several numbers "
			       "of the name %s match: %s",
			       pattern, show, list);
	suggest(x, like, sizeof(like));
	return ib_fail(err, IB_E_MISUSE,
		       "-e name: several numbers in the name "
		       "%s: %s: say which, for example -e 'name:%s'",
		       show, list, like);
}

enum ib_status
ib_epochname_read(const char *path, const char *pattern, int64_t *epoch, struct ib_error *err)
{
	struct numbers x;
	bool failed = false;
	uint64_t number;
	size_t i = 0;

	if (pattern) {
		find_numbers(&x, last_components(path, pattern));
		choose_by_pattern(&x, pattern, &failed);
	} else {
		find_numbers(&x, ib_input_stem(path));
		choose_by_word(&x);
	}
	if (failed)
		return ib_fail_memory(err);
	if (x.nsaid != 1)
		return refuse(&x, path, pattern, err);
	while (!x.said[i])
		i++;
	if (!ib_number_unsigned(x.run[i], &number) || number > INT32_MAX)
		return ib_fail(err, IB_E_MISUSE,
			       "-e name: %.*s is no epoch, in "
			       "the name '%s'",
			       (int)x.run[i].n, x.run[i].p, path);
	*epoch = (int64_t)number;
	return IB_OK;
}
