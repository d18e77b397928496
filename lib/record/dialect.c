/* Recognize unsupported text formats, and name the commands that convert them. */
#include "record/dialect.h"

#include <stdio.h>

#include "base/digits.h"
#include "base/error.h"
#include "base/numbers.h"
#include "record/format.h"

static size_t
count(struct ib_span s, char c)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

static bool
is_known_name(struct ib_span name, bool or_loss)
{
	return ib_key_is_like_known(name) ||
	       (or_loss && (ib_span_is_like(name, ib_span_of("loss")) ||
			    ib_span_is_like(name, ib_span_of("epoch"))));
}

/*
 * Remove the next piece, which ends at a separator, from *rest. If the separator is ' ', any number
 * of spaces separates two pieces.
 */
static bool
next_piece(struct ib_span *rest, char separator, struct ib_span *piece)
{
	const char *stop;

	if (!rest->p)
		return false;
	while (separator == ' ' && rest->n > 0 && *rest->p == ' ') {
		rest->p++;
		rest->n--;
	}
	stop = memchr(rest->p, separator, rest->n);
	*piece = *rest;
	if (!stop) {
		rest->p = NULL;
		return piece->n > 0 || separator != ' ';
	}
	piece->n = (size_t)(stop - rest->p);
	rest->n -= piece->n + 1;
	rest->p = stop + 1;
	return true;
}

/*
 * True if the line has at least two fields, and one field is a known id name or, if or_loss is
 * true, "loss" or "epoch".
 */
static bool
is_header_of(struct ib_span line, char separator, bool or_loss)
{
	struct ib_span piece;
	bool known = false;
	size_t n = 0;

	while (next_piece(&line, separator, &piece)) {
		known |= is_known_name(ib_span_unquote(piece), or_loss);
		n++;
	}
	return known && n > 1;
}

static bool
has_number(struct ib_span line, char separator)
{
	struct ib_span piece;
	double number;

	while (next_piece(&line, separator, &piece))
		if (ib_number_text(ib_span_unquote(piece), &number))
			return true;
	return false;
}

bool
ib_dialect_decimal_comma(struct ib_span s)
{
	size_t i;

	for (i = 1; i + 1 < s.n; i++)
		if (s.p[i] == ',' && ib_is_digit(s.p[i - 1]) && ib_is_digit(s.p[i + 1]))
			return true;
	return false;
}

/* True if the text contains a name and a number, as in "epoch: 01, loss: 0.51" or "loss=0.5". */
static bool
has_named_number(struct ib_span s)
{
	size_t i, k;

	for (i = 1; i < s.n; i++) {
		if ((s.p[i] != ':' && s.p[i] != '=') || !ib_is_letter(s.p[i - 1]))
			continue;
		for (k = i + 1; k < s.n && s.p[k] == ' ';)
			k++;
		if (k < s.n && (ib_is_digit(s.p[k]) || s.p[k] == '-'))
			return true;
	}
	return false;
}

/*
 * True if the line begins with the word (ignoring case), a space and a digit, as in "Epoch 1/10".
 */
static bool
begins_with_numbered(struct ib_span s, const char *word)
{
	size_t n = strlen(word);

	return s.n > n + 1 && ib_span_is_like((struct ib_span){ s.p, n }, ib_span_of(word)) &&
	       s.p[n] == ' ' && ib_is_digit(s.p[n + 1]);
}

bool
ib_dialect_is_bracket_log(struct ib_span line)
{
	struct ib_span s = ib_span_trim(line), word;
	double number;
	size_t n = 0;

	if (s.n < 2 || *s.p != '[')
		return false;
	s = ib_span_trim((struct ib_span){ s.p + 1, s.n - 1 });
	while (n < s.n && !memchr(",] \t", s.p[n], 4))
		n++;
	word = (struct ib_span){ s.p, n };
	if (n == 0 || memchr("{[\"'", *s.p, 4) || ib_number_text(word, &number))
		return false;
	return !ib_span_is(word, "true") && !ib_span_is(word, "false") && !ib_span_is(word, "null");
}

/* True if text precedes a JSON object, as in 'INFO:root:{"id":"a","loss":0.5}'. */
static bool
has_text_before_object(struct ib_span s)
{
	const char *brace = s.n > 0 ? memchr(s.p, '{', s.n) : NULL;

	return brace && brace > s.p && brace + 1 < s.p + s.n && brace[1] == '"' &&
	       s.p[s.n - 1] == '}';
}

static bool
is_text_log(struct ib_span s)
{
	return has_named_number(s) || ib_dialect_is_bracket_log(s) ||
	       begins_with_numbered(s, "epoch") || begins_with_numbered(s, "step");
}

/* ---- dialects --------------------------------------------------------------- */

struct dialect {
	struct ib_span line, row;
	char expected; /* separator of the expected format; NUL for JSON */
};

/*
 * True if `separator`, instead of the expected separator, separates the fields of the header. If
 * JSON lines are expected, one of the fields must have a known name, because any text may contain a
 * comma.
 */
static bool
is_separated(const struct dialect *d, char separator)
{
	if (separator == d->expected || count(d->line, separator) == 0 ||
	    (d->expected && count(d->line, d->expected) > 0 && separator != ';'))
		return false;
	return is_header_of(d->line, separator, true) ||
	       (d->expected && count(d->line, d->expected) == 0);
}

static const char *
comment(const struct dialect *d)
{
	struct ib_span s = d->line;

	while (s.n > 0 && (*s.p == '#' || *s.p == ' ')) {
		s.p++;
		s.n--;
	}
	return is_header_of(s, ',', true) || is_header_of(s, '\t', true) ||
			       is_header_of(s, ';', true)
		       ? "the header is a comment (%s): remove the # with sed '1s/^#[# ]*//'"
		       : "the first line is a comment (%s): remove comments with grep -v '^#'";
}

static const char *
semicolons(const struct dialect *d)
{
	if (d->row.n == 0 && d->line.p[0] == '"')
		return "semicolons separate the fields (%s), as written by R's write.csv2: convert "
		       "the file to CSV with tr ';,' ',.'";
	return ib_dialect_decimal_comma(d->row) || ib_dialect_decimal_comma(d->line)
		       ? "semicolons separate the fields and numbers have decimal commas (%s): "
			 "convert the file to CSV with tr ';,' ',.'"
		       : "semicolons separate the fields (%s): convert the file to CSV with tr ';' "
			 "','";
}

/* True if a field of the first line is a number, so that the line is not a header. */
static bool
is_headless(const struct dialect *d)
{
	char separator = d->expected ? d->expected : count(d->line, '\t') ? '\t' : ',';

	return count(d->line, separator) > 0 && has_number(d->line, separator) &&
	       (d->expected || count(d->line, '{') + count(d->line, '[') == 0);
}

/*
 * Return a sentence that describes the dialect, or NULL if the dialect is not known. In the
 * sentence, %s stands for the line.
 */
static const char *
sentence_of(const struct dialect *d)
{
	bool quoted = d->line.n > 0 && *d->line.p == '"';

	if (ib_span_begins_with(d->line, "sep="))
		return "the first line is Excel's separator line (%s): remove it with tail -n +2";
	if (ib_span_begins_with(d->line, "#"))
		return comment(d);
	if (!d->expected && has_text_before_object(d->line))
		return "text precedes the JSON object (%s): remove it with "
		       "sed 's/^[^{]*//'";
	if (is_separated(d, ';'))
		return semicolons(d);
	if (d->expected == '\t' && quoted)
		return "the names of the columns contain quotes (%s), but TSV has no quoting: "
		       "convert the file with mlr --icsv --ifs tab --ojsonl cat";
	if (is_separated(d, '\t'))
		return "TABs separate the fields (%s): read it with -f tsv";
	if (is_separated(d, '|'))
		return "vertical bars separate the fields (%s): convert the file to CSV with tr "
		       "'|' ','";
	if (d->expected == '\t' && is_separated(d, ','))
		return "commas separate the fields (%s): read it with -f csv";
	if (is_text_log(d->line))
		return "this is a text log (%s): log one JSON object per sample, see "
		       "infobatch-formats(5)";
	if ((!d->expected || count(d->line, d->expected) == 0) && is_header_of(d->line, ' ', true))
		return "spaces separate the fields (%s): convert the file with mlr --ipprint "
		       "--ojsonl cat";
	if (!d->expected && is_header_of(d->line, ',', true))
		return "this is the header of a CSV (%s): read it with -f csv, and name the id "
		       "column with -k";
	if (is_headless(d))
		return "the first line is a record, not a header (%s): add a header line, such as "
		       "id,epoch,loss";
	return NULL;
}

/* Return the first line of a text. */
static struct ib_span
first_line(struct ib_span s)
{
	const char *stop = memchr(s.p, '\n', s.n);

	if (stop)
		s.n = (size_t)(stop - s.p);
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

bool
ib_dialect_describe(char *text, size_t size, struct ib_span line, struct ib_span row,
		    enum ib_format format)
{
	struct dialect d = {
		.line = first_line(line),
		.row = first_line(row),
		.expected = ib_record_format_find(format)->delimiter,
	};
	const char *sentence, *specifier;
	char show[IB_SHOW_MAX];

	if (d.line.n > 4096)
		d.line.n = 4096;
	sentence = sentence_of(&d);
	if (!sentence)
		return false;
	specifier = strstr(sentence, "%s");
	snprintf(text, size, "%.*s%s%s", (int)(specifier - sentence), sentence,
		 ib_show(show, d.line), specifier + 2);
	return true;
}

bool
ib_dialect_is_table(struct ib_span line)
{
	return is_header_of(line, ';', false) || is_header_of(line, '|', false) ||
	       is_header_of(line, '\t', false) || is_header_of(line, ',', false);
}
