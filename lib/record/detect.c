/*
 * Detect the format of an operand.
 *
 * The first of these that applies determines the format:
 * - the first bytes of a known format that is not supported: the operand is rejected
 * - the magic bytes of npz, npy or totals
 * - the option -f
 * - the magic bytes of tar
 * - the suffix of the file name; an operand whose content contradicts the suffix is rejected
 * - the first byte and the first line
 */
#include "record/format.h"

#include "base/error.h"
#include "base/numbers.h"
#include "base/utf8.h"
#include "record/dialect.h"
#include "record/known_formats.h"

/* True if a column of the header line has a known id name, or a name given by -k. */
static bool
names_an_id(struct ib_span line, char delimiter, const struct ib_key *key)
{
	const char *p = line.p, *end = line.p + line.n, *stop;
	struct ib_span name;
	uint64_t number;
	size_t i;

	for (;; p = stop + 1) {
		stop = memchr(p, delimiter, (size_t)(end - p));
		name = ib_span_trim((struct ib_span){ p, (size_t)((stop ? stop : end) - p) });
		if (delimiter == ',' && name.n >= 2 && name.p[0] == '"' &&
		    name.p[name.n - 1] == '"') {
			name.p++;
			name.n -= 2;
		}
		if (ib_key_is_known(name))
			return true;
		for (i = 0; i < key->n; i++)
			if (ib_span_equal(name, key->name[i]) && !ib_number_unsigned(name, &number))
				return true;
		if (!stop)
			return false;
	}
}

/* Return the byte that ends lines: CR in a file without LF, and LF in any other file. */
static char
line_end(struct ib_span head)
{
	return ib_detect_cr_lines(head) ? '\r' : '\n';
}

struct ib_span
ib_detect_first_line(struct ib_span head)
{
	const char *stop;
	char end = line_end(head);

	for (;;) {
		stop = memchr(head.p, end, head.n);
		if (!stop)
			return head;
		if (stop > head.p && !(stop == head.p + 1 && *head.p == '\r'))
			break;
		head.n -= (size_t)(stop + 1 - head.p);
		head.p = stop + 1;
	}
	if (stop[-1] == '\r')
		stop--;
	return (struct ib_span){ head.p, (size_t)(stop - head.p) };
}

static struct ib_span
skip_lines(struct ib_span head, uint64_t n)
{
	const char *stop;
	char end = line_end(head);

	for (; n > 0; n--) {
		stop = memchr(head.p, end, head.n);
		if (!stop)
			return (struct ib_span){ head.p + head.n, 0 };
		head.n -= (size_t)(stop + 1 - head.p);
		head.p = stop + 1;
	}
	return head;
}

static struct ib_span
skip_bom(struct ib_span head)
{
	while (ib_span_begins_with(head, "\xef\xbb\xbf"))
		head = (struct ib_span){ head.p + 3, head.n - 3 };
	return head;
}

/* Return the first byte that is not white space. Returns NUL if there is only white space. */
static char
first_byte(struct ib_span head)
{
	size_t i;

	for (i = 0; i < head.n; i++)
		if (!memchr(" \t\r\n", head.p[i], 4))
			return head.p[i];
	return '\0';
}

bool
ib_detect_empty(struct ib_span head)
{
	head = skip_bom(head);
	while (head.n > 0 && memchr("\r\n", head.p[head.n - 1], 2))
		head.n--;
	return head.n == 0;
}

bool
ib_detect_cr_lines(struct ib_span head)
{
	return memchr(head.p, '\r', head.n) && !memchr(head.p, '\n', head.n);
}

/* ---- file names with a known suffix --------------------------------------- */

/*
 * Return the format that belongs to the suffix of a file name. For .json this is IB_FORMAT_JSONL:
 * check_json() chooses between an array and JSON lines, because a .json file may hold either.
 */
static enum ib_format
named_format(struct ib_span stem)
{
	const struct ib_record_format *const *f;
	size_t i;

	if (ib_span_ends_with_any_case(stem, ".tar"))
		return IB_FORMAT_TAR;
	if (ib_span_ends_with_any_case(stem, ".json"))
		return IB_FORMAT_JSONL;
	for (f = ib_record_formats; *f; f++)
		for (i = 0; i < 2 && (*f)->suffix[i]; i++)
			if (ib_span_ends_with_any_case(stem, (*f)->suffix[i]))
				return (*f)->format;
	return IB_FORMAT_AUTO;
}

static const struct ib_span no_row = { "", 0 };

/* The start of an operand, prepared for detection. */
struct operand_start {
	struct ib_span head; /* first bytes, without BOM and --header-lines */
	struct ib_span line; /* first line of head that is not empty */
	const char *end;     /* end of head */
	bool partial;	     /* true if the operand may have more bytes than head */
	struct ib_source *source;
	const struct ib_reader_options *options;
	const struct ib_key *key;
};

/* True if `part`, which lies in head, is UTF-8 text. The end of head may split a character. */
static bool
is_text(const struct operand_start *start, struct ib_span part)
{
	return ib_utf8_is_text(part.p, part.n, start->partial && part.p + part.n == start->end);
}

/* True if the line is a header that is commented out, such as "# id,loss". */
static bool
is_commented_header(struct ib_span line)
{
	if (line.n == 0 || *line.p != '#')
		return false;
	while (line.n > 0 && (*line.p == '#' || *line.p == ' ')) {
		line.p++;
		line.n--;
	}
	return ib_dialect_is_table(line);
}

static enum ib_status
fail_nuls(const struct operand_start *start, struct ib_error *err)
{
	return ib_fail(
		err, IB_E_DATA,
		"%s: begins with NUL bytes, perhaps after a power cut; remove them with tr -d "
		"'\\0'",
		start->source->name);
}

/* Return the format whose header is the first line: CSV, TSV, or NULL if the line is no header. */
static const struct ib_record_format *
delimited_format(const struct operand_start *start)
{
	const struct ib_record_format *const *f;

	for (f = ib_record_formats; *f; f++)
		if ((*f)->delimiter && memchr(start->line.p, (*f)->delimiter, start->line.n) &&
		    names_an_id(start->line, (*f)->delimiter, start->key))
			break;
	return *f;
}

/* Fail because the suffix of the file name indicates the format `want`, but the content differs. */
static enum ib_status
fail_mismatch(const struct operand_start *start, const char *want, struct ib_error *err)
{
	const struct ib_known_format *known =
		ib_known_format_find(start->head, start->source->path);
	const struct ib_record_format *other;
	const char *name = start->source->name;
	char show[IB_SHOW_MAX], say[IB_WHY_MAX], first = first_byte(start->head);

	if (start->line.n > 0 && *start->line.p == '\0')
		return fail_nuls(start, err);
	if (known && !is_commented_header(start->line))
		return ib_fail(err, IB_E_DATA, "%s: looks like %s, not %s; %s", name, known->name,
			       want, known->advice);
	other = first == '{'   ? ib_record_format_find(IB_FORMAT_JSONL)
		: first == '[' ? ib_record_format_find(IB_FORMAT_JSON)
			       : delimited_format(start);
	/* A header with only one column has no comma. */
	if (!other && names_an_id(start->line, ',', start->key))
		other = ib_record_format_find(IB_FORMAT_CSV);
	if (other)
		return ib_fail(err, IB_E_DATA, "%s: looks like %s, not %s (read it with -f %s)",
			       name, other->name, want, other->option);
	if (ib_dialect_describe(say, sizeof(say), start->line, no_row, IB_FORMAT_JSONL))
		return ib_fail(err, IB_E_DATA, "%s: not %s: %s", name, want, say);
	return ib_fail(err, IB_E_DATA, "%s: not %s: it begins with %s%s", name, want,
		       ib_show(show, start->line),
		       is_text(start, start->line) ? " (give its format with -f)"
						   : ", which is not text");
}

/*
 * True if the text begins with a bracket that is followed by an object or by the closing bracket.
 */
static bool
is_array_of_objects(struct ib_span head)
{
	const char *bracket = memchr(head.p, '[', head.n);
	char next;

	if (!bracket)
		return false;
	next = first_byte((struct ib_span){ bracket + 1, head.n - (size_t)(bracket + 1 - head.p) });
	return next == '{' || next == ']';
}

/*
 * Choose between a JSON array and JSON lines by the first byte. If options->bad_first is true, a
 * file with an invalid first record is accepted as JSON lines, because the record may be skipped.
 */
static enum ib_status
check_json(const struct operand_start *start, struct ib_error *err)
{
	char first = first_byte(start->head);

	if (first == '[' && (!start->options->bad_first || is_array_of_objects(start->head)))
		start->source->format = IB_FORMAT_JSON;
	else if (first == '{' || first == '"' || first == '\0' || start->options->bad_first ||
		 (start->options->any_value && strchr("-0123456789tfnNI", first)))
		start->source->format = IB_FORMAT_JSONL;
	else
		return fail_mismatch(start, "JSON", err);
	return IB_OK;
}

/*
 * Accept any header that has an id column. Accept a header without an id column only if the content
 * is not known to be in another format.
 */
static enum ib_status
check_delimited(const struct operand_start *start, enum ib_format format, struct ib_error *err)
{
	const struct ib_record_format *functions = ib_record_format_find(format);
	char delimiter = functions->delimiter;
	bool needs_name = start->key->kind == IB_KEY_AUTO || start->key->kind == IB_KEY_FIELDS;
	bool plain = !memchr(start->line.p, delimiter, start->line.n);
	char first = first_byte(start->head);

	start->source->format = format;
	if (names_an_id(start->line, delimiter, start->key))
		return IB_OK;
	if (first == '{' || first == '[' ||
	    ((needs_name || plain) && ib_known_format_find(start->head, start->source->path)) ||
	    !is_text(start, start->line))
		return fail_mismatch(start, functions->name, err);
	if (format == IB_FORMAT_TSV && start->options->epoch_manifest)
		start->source->format = IB_FORMAT_LIST;
	return IB_OK;
}

/* ---- file names without a known suffix ------------------------------------- */

/*
 * For content that is neither JSON nor a known header, use the format options->otherwise. Fail if
 * the content cannot have this format.
 */
static enum ib_status
check_rest(const struct operand_start *start, struct ib_error *err)
{
	char show[IB_SHOW_MAX], say[IB_WHY_MAX];

	start->source->format = start->options->otherwise;
	if (start->head.n == 0 || start->options->bad_first)
		return IB_OK;
	if (start->line.n > 0 && *start->line.p == '\0')
		return fail_nuls(start, err);
	if (start->options->otherwise != IB_FORMAT_LIST &&
	    ib_dialect_describe(say, sizeof(say), start->line, no_row, IB_FORMAT_JSONL))
		return ib_fail(err, IB_E_DATA, "%s: %s", start->source->name, say);
	if (start->options->otherwise != IB_FORMAT_LIST && start->line.n > 0)
		return ib_fail(err, IB_E_DATA,
			       "%s: neither JSON nor a table with a known id column: it begins "
			       "with %s (give the format with -f, the id column with %s)",
			       start->source->name, ib_show(show, start->line),
			       start->options->key_option);
	if (!is_text(start, start->head))
		return ib_fail(err, IB_E_DATA,
			       "%s: not text: it contains NUL or invalid UTF-8 (-f list reads it "
			       "as a list anyway)",
			       start->source->name);
	return IB_OK;
}

static enum ib_status
detect_text(const struct operand_start *start, struct ib_error *err)
{
	const struct ib_record_format *delimited = delimited_format(start);
	char first = first_byte(start->head);

	start->source->format = IB_FORMAT_AUTO;
	if (first == '{')
		start->source->format = IB_FORMAT_JSONL;
	else if (first == '[')
		start->source->format = IB_FORMAT_JSON;
	else if (delimited)
		start->source->format = delimited->format;
	return start->source->format == IB_FORMAT_AUTO ? check_rest(start, err) : IB_OK;
}

static bool
is_totals(struct ib_span head)
{
	size_t i = 0, n = sizeof("\"ib_totals\"") - 1;

	while (i < head.n && memchr(" \t\r\n{", head.p[i], 5))
		i++;
	return head.n - i >= n && memcmp(head.p + i, "\"ib_totals\"", n) == 0;
}

static bool
is_zip(struct ib_span head)
{
	return ib_span_begins_with(head, "PK\3\4") || ib_span_begins_with(head, "PK\5\6");
}

static bool
is_npy(struct ib_span head)
{
	return ib_span_begins_with(head, "\x93NUMPY");
}

/*
 * True if the input consists of 1 to 3 bytes that begin a zip archive. This is too short for a
 * record.
 */
static bool
is_truncated_zip(struct ib_span head)
{
	return head.n > 0 && head.n < 4 && memcmp(head.p, "PK\3", head.n) == 0;
}

/* Fail if the operand is in a known format that is not supported. */
static enum ib_status
check_known(const struct operand_start *start, struct ib_error *err)
{
	const struct ib_known_format *known =
		ib_known_format_find(start->head, start->source->path);

	if (!known || known->kind == IB_KNOWN_HINT ||
	    (known->kind == IB_KNOWN_TEXT && start->options->format != IB_FORMAT_AUTO))
		return IB_OK;
	return ib_known_format_refuse(known, start->source->name, err);
}

static enum ib_status
detect_lines(struct operand_start *start, struct ib_error *err)
{
	enum ib_format named = named_format(ib_input_stem(start->source->path));

	start->head = skip_lines(skip_bom(start->head), start->options->header_lines);
	start->line = ib_detect_first_line(start->head);
	switch (named) {
	case IB_FORMAT_AUTO:
		return detect_text(start, err);
	case IB_FORMAT_TAR:
		/* Commands that cannot read a tar still accept an empty .tar file. */
		start->source->format =
			start->head.n == 0 && start->options->otherwise != IB_FORMAT_LIST
				? start->options->otherwise
				: IB_FORMAT_TAR;
		return IB_OK;
	case IB_FORMAT_JSONL:
		return check_json(start, err);
	default:
		return check_delimited(start, named, err);
	}
}

enum ib_status
ib_detect_format(struct ib_source *s, struct ib_span head, const struct ib_reader_options *options,
		 const struct ib_key *key, struct ib_error *err)
{
	struct operand_start start = { .head = head,
				       .end = head.p + head.n,
				       .partial = head.n >= IB_DETECT_PEEK,
				       .source = s,
				       .options = options,
				       .key = key };
	bool ustar = head.n >= 262 && memcmp(head.p + 257, "ustar", 5) == 0;
	bool npy = options->archives && is_npy(head);
	enum ib_status st = ustar || npy ? IB_OK : check_known(&start, err);

	if (st)
		return st;
	s->format = options->format;
	if (is_zip(head) || (options->archives && is_truncated_zip(head)))
		s->format = IB_FORMAT_NPZ;
	else if (npy)
		s->format = IB_FORMAT_NPY;
	else if (options->archives && is_totals(head))
		s->format = IB_FORMAT_TOTALS;
	else if (s->format == IB_FORMAT_AUTO && ustar)
		s->format = IB_FORMAT_TAR;
	else if (s->format == IB_FORMAT_AUTO)
		return detect_lines(&start, err);
	return IB_OK;
}
