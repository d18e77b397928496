/* Read the lines of a companion file in pieces. */
#include "prune/companion.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/error.h"
#include "record/known_formats.h"

#define READ_BYTES ((size_t)256 << 10)

struct ib_companion {
	struct ib_input *in;
	char *buf;
	size_t at, n;
	uint64_t lines;	  /* number of lines read so far, including the current line */
	bool inside_line; /* true if the current line has more pieces */
	bool ended;
};

const char *
ib_companion_output_path(const char *spec)
{
	return strchr(spec, ':') + 1;
}

/* Fail if the file does not consist of lines, for example if it is an archive or a Parquet file. */
static enum ib_status
check_lines(struct ib_companion *a, struct ib_error *err)
{
	enum ib_status st = ib_known_format_check(a->in, err);
	const char *other;
	struct ib_span head;

	if (!st)
		st = ib_input_peek(a->in, IB_KNOWN_PEEK, &head, err);
	if (st)
		return st;
	other = ib_known_format_name(head, ib_input_name(a->in));
	return other ? ib_fail(err, IB_E_DATA,
			       "%s: this is %s, but a companion needs one line per record",
			       ib_input_name(a->in), other)
		     : IB_OK;
}

enum ib_status
ib_companion_open(const char *spec, struct ib_companion **out, struct ib_error *err)
{
	struct ib_companion *a = calloc(1, sizeof(*a));
	const char *colon = strchr(spec, ':');
	enum ib_status st = IB_OK;
	char *path = NULL;

	if (!colon) {
		free(a);
		return ib_fail(err, IB_E_MISUSE, "--companion %s does not have the form IN:OUT",
			       spec);
	}
	if (a)
		path = ib_span_dup((struct ib_span){ spec, (size_t)(colon - spec) });
	if (!a || !path || !(a->buf = malloc(READ_BYTES)))
		st = ib_fail_memory(err);
	if (!st)
		st = ib_input_open(path, &a->in, err);
	if (!st)
		st = check_lines(a, err);
	free(path);
	if (st) {
		ib_companion_free(a);
		return st;
	}
	*out = a;
	return IB_OK;
}

void
ib_companion_free(struct ib_companion *a)
{
	if (!a)
		return;
	ib_input_close(a->in);
	free(a->buf);
	free(a);
}

/*
 * If the buffer is empty, read the next bytes of the file into the buffer. Returns IB_EOF at the
 * end of the file.
 */
static enum ib_status
refill(struct ib_companion *a, struct ib_error *err)
{
	enum ib_status st;

	if (a->at < a->n)
		return IB_OK;
	if (a->ended)
		return IB_EOF;
	st = ib_input_read(a->in, a->buf, READ_BYTES, &a->n, err);
	a->at = 0;
	a->ended = st == IB_EOF;
	return st;
}

static enum ib_status
too_short(const struct ib_companion *a, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA,
		       "%s: has %llu line%s, but the manifest has more records: a "
		       "companion needs one line per record",
		       ib_input_name(a->in), (unsigned long long)a->lines,
		       a->lines == 1 ? "" : "s");
}

enum ib_status
ib_companion_get(struct ib_companion *a, struct ib_span *piece, struct ib_error *err)
{
	enum ib_status st = a->inside_line ? refill(a, err) : IB_EOF;
	const char *p = a->buf + a->at, *stop;

	if (st == IB_EOF && a->inside_line) { /* the last line has no newline */
		a->inside_line = false;
		*piece = (struct ib_span){ "\n", 1 };
		return IB_OK;
	}
	if (st)
		return st;
	stop = memchr(p, '\n', a->n - a->at);
	*piece = (struct ib_span){ p, stop ? (size_t)(stop + 1 - p) : a->n - a->at };
	a->at += piece->n;
	a->inside_line = !stop;
	return IB_OK;
}

/* Read the rest of the current line and discard it. */
static enum ib_status
skip_line(struct ib_companion *a, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	struct ib_span piece;

	while (!st)
		st = ib_companion_get(a, &piece, err);
	return st == IB_EOF ? IB_OK : st;
}

enum ib_status
ib_companion_seek(struct ib_companion *a, uint64_t line, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	while (!st && a->lines <= line) {
		st = skip_line(a, err);
		if (!st)
			st = refill(a, err);
		if (!st) {
			a->lines++;
			a->inside_line = true;
		}
	}
	return st == IB_EOF ? too_short(a, err) : st;
}

enum ib_status
ib_companion_end(struct ib_companion *a, uint64_t lines, struct ib_error *err)
{
	enum ib_status st = lines > 0 ? ib_companion_seek(a, lines - 1, err) : IB_OK;

	if (!st)
		st = skip_line(a, err);
	if (!st)
		st = refill(a, err);
	if (st)
		return st == IB_EOF ? IB_OK : st;
	return ib_fail(err, IB_E_DATA,
		       "%s: has more lines than the manifest has records (%llu): "
		       "a companion needs one line per record",
		       ib_input_name(a->in), (unsigned long long)lines);
}
