/* Find the epoch in a file name: by a word such as "epoch", or by a pattern. */
#include "score/epochname.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digits.h"
#include "base/error.h"
#include "base/numbers.h"
#include "io/input.h"

#define NUMBERS_MAX 32

/* The numbers in a name, and the numbers among them that may be the epoch. */
struct numbers {
	struct ib_span name;
	struct ib_span number[NUMBERS_MAX]; /* the digits */
	bool chosen[NUMBERS_MAX];
	size_t n, nchosen;
	bool only; /* true if the number was chosen only because the name has no other number */
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
			x->number[x->n++] = (struct ib_span){ start, (size_t)(p - start) };
		else
			p++;
	}
}

static void
choose(struct numbers *x, size_t i)
{
	x->nchosen += !x->chosen[i];
	x->chosen[i] = true;
}

/* ---- words ------------------------------------------------------------------ */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * A word that may precede an epoch, and the kinds of characters that may be next to the word and
 * the number.
 */
struct word {
	const char *text;
	/*
	 * in this order: a letter may precede the word, a digit may precede the word, a letter may
	 * follow the number
	 */
	bool after_letter, after_digit, before_letter;
};

/*
 * True if the i-th number follows the word directly, or follows the word and
 * one of the characters "_-.=".
 */
static bool
follows_word(const struct numbers *x, size_t i, const struct word *w)
{
	const char *p = x->number[i].p, *end = p + x->number[i].n;
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
		{ "ep", false, true, true }, /* does not match the "ep" in "step3" */
		{ "e", false, false, false } /* does not match the "e" in "1e3" or "e2e" */
	};
	size_t i, w;

	for (w = 0; w < sizeof(word) / sizeof(*word) && x->nchosen == 0; w++)
		for (i = 0; i < x->n; i++)
			if (follows_word(x, i, &word[w]))
				choose(x, i);
	x->only = x->nchosen == 0 && x->n == 1;
	if (x->only)
		choose(x, 0);
}

/* Return the name of the folder that holds the file, or an empty span. */
static struct ib_span
last_folder(const char *path)
{
	const char *end = strrchr(path, '/'), *p = end;

	while (p && p > path && p[-1] != '/')
		p--;
	return (struct ib_span){ p ? p : path, (size_t)(p ? end - p : 0) };
}

/*
 * Find the number in the name of the folder that holds the file. The folder's name must be the word
 * epoch, ep or e, followed by a number, as in "epoch3/rank0.jsonl".
 */
static bool
find_folder_number(struct numbers *x, const char *path)
{
	struct ib_span folder = last_folder(path);
	size_t i;

	find_numbers(x, folder);
	choose_by_word(x);
	if (x->n != 1 || x->only || x->number[0].p + x->number[0].n != folder.p + folder.n)
		return false;
	for (i = 0; folder.p + i < x->number[0].p; i++)
		if (!is_letter(folder.p[i]) && !memchr("_-.=", folder.p[i], 4))
			return false;
	return i <= sizeof("epoch"); /* length of "epoch" plus one of "_-.=" */
}

/* ---- patterns --------------------------------------------------------------- */

/* True if the glob matches p[0..n). Names do not contain NUL. */
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

/* Return the last components of the path: as many as the pattern has. */
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

/* True if only suffixes follow p in the name, so that a match may end at p. */
static bool
is_end(const char *p, const char *end)
{
	for (; p < end; p++)
		if (*p == '/' || (*p == '.' && p + 1 < end && ib_is_digit(p[1])))
			return false;
	return true;
}

/* True if the glob matches the rest of the name, with or without its suffixes. */
static bool
matches_after(const char *glob, const char *p, const char *end, bool *failed)
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
			    (size_t)(x->number[i].p - x->name.p), failed) &&
		    matches_after(at + 2, x->number[i].p + x->number[i].n, end, failed))
			choose(x, i);
}

/* ---- the epoch -------------------------------------------------------------- */

/* Write a list such as "3, 0" with the chosen numbers, or with all numbers if none was chosen. */
static void
list_numbers(const struct numbers *x, char *text, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < x->n && n < size; i++)
		if (x->nchosen == 0 || x->chosen[i])
			n += (size_t)snprintf(text + n, size - n, "%s%.*s", n > 0 ? ", " : "",
					      (int)x->number[i].n, x->number[i].p);
}

/* Write the name as a pattern: the first number becomes %d, and the other numbers become *. */
static void
suggest(const struct numbers *x, char *text, size_t size)
{
	const char *p = x->name.p;
	size_t i, n = 0;

	for (i = 0; i < x->n && n < size; i++) {
		n += (size_t)snprintf(text + n, size - n, "%.*s%s", (int)(x->number[i].p - p), p,
				      i == 0 ? "%d" : "*");
		p = x->number[i].p + x->number[i].n;
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
		return ib_fail(err, IB_E_MISUSE, "-e name: the name %s has no number", show);
	if (pattern && x->nchosen == 0)
		return ib_fail(err, IB_E_MISUSE, "-e name:%s: the name %s does not match", pattern,
			       show);
	list_numbers(x, list, sizeof(list));
	if (pattern)
		return ib_fail(err, IB_E_MISUSE,
			       "-e name:%s: several numbers in the name %s match: %s", pattern,
			       show, list);
	suggest(x, like, sizeof(like));
	return ib_fail(err, IB_E_MISUSE,
		       "-e name: the name %s has several numbers "
		       "(%s): choose one, for example with -e 'name:%s'",
		       show, list, like);
}

/*
 * Fail because the epoch may be in the name of the folder, as in "epoch3/rank0.jsonl": the name of
 * the file has no number, or only a number that does not follow a word such as "epoch".
 */
static enum ib_status
refuse_folder(const struct numbers *x, const struct numbers *folder, const char *path,
	      struct ib_error *err)
{
	char show[IB_SHOW_MAX], file[200], from[200];

	ib_show(show, ib_span_of(path));
	suggest(folder, from, sizeof(from));
	if (x->n == 0)
		return ib_fail(err, IB_E_MISUSE,
			       "-e name: the name %s has no number, but its folder has a number: "
			       "choose this number with -e 'name:%s/*'",
			       show, from);
	suggest(x, file, sizeof(file));
	return ib_fail(
		err, IB_E_MISUSE,
		"-e name: both the name %s and its folder have a number (%.*s, %.*s): choose "
		"one number, with -e 'name:%s' or -e 'name:%s/*'",
		show, (int)x->number[0].n, x->number[0].p, (int)folder->number[0].n,
		folder->number[0].p, file, from);
}

enum ib_status
ib_epochname_read(const char *path, const char *pattern, int64_t *epoch, struct ib_error *err)
{
	struct numbers x, folder;
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
	if (!pattern && (x.only || x.n == 0) && find_folder_number(&folder, path))
		return refuse_folder(&x, &folder, path, err);
	if (x.nchosen != 1)
		return refuse(&x, path, pattern, err);
	while (!x.chosen[i])
		i++;
	if (!ib_number_unsigned(x.number[i], &number) || number > INT32_MAX)
		return ib_fail(err, IB_E_MISUSE, "-e name: %.*s in the name '%s' is not an epoch",
			       (int)x.number[i].n, x.number[i].p, path);
	*epoch = (int64_t)number;
	return IB_OK;
}

bool
ib_epochname_guess(const char *path, int64_t *epoch)
{
	static const struct word other[] = {
		{ "rank", true, true, true },	 { "shard", true, true, true },
		{ "part", true, true, true },	 { "worker", true, true, true },
		{ "process", true, true, true }, { "gpu", true, true, true },
		{ "node", true, true, true },
	};
	struct numbers x;
	size_t w;

	find_numbers(&x, ib_input_stem(path));
	choose_by_word(&x);
	for (w = 0; x.only && w < sizeof(other) / sizeof(*other); w++)
		if (follows_word(&x, 0, &other[w]))
			return false;
	return ib_epochname_read(path, NULL, epoch, NULL) == IB_OK;
}
