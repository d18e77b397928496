/*
 * Write one file of records: the header, the records, and the format's closing
 * text.
 */
#include "prune/record_writer.h"

#include <stdlib.h>

#include "base/error.h"

/*
 * Return the header without its newline. Headers are compared without newlines, because one operand
 * may use LF and another operand CRLF.
 */
static struct ib_span
header_of(const struct ib_source *s)
{
	struct ib_span line = ib_bytes_span(&s->header);

	while (line.n > 0 && memchr("\r\n", line.p[line.n - 1], 2))
		line.n--;
	return line;
}

/*
 * Fail if an operand differs from the first operand in format or header, because one file cannot
 * contain both.
 */
static enum ib_status
check_same_format(const struct ib_source *first_source, const struct ib_source *s,
		  struct ib_error *err)
{
	if (first_source->format != s->format)
		return ib_fail(err, IB_E_DATA,
			       "%s: has a different format than %s: one output cannot hold both; "
			       "use %%s in the -o file name to write one file per operand",
			       s->name, first_source->name);
	if (!ib_span_equal(header_of(first_source), header_of(s)))
		return ib_fail(err, IB_E_DATA,
			       "%s: has a different header than %s: one output cannot hold both; "
			       "use %%s in the -o file name to write one file per operand",
			       s->name, first_source->name);
	if (!ib_span_equal(ib_bytes_span(&first_source->preamble), ib_bytes_span(&s->preamble)))
		return ib_fail(err, IB_E_DATA,
			       "%s: has different --header-lines than %s: one output cannot hold "
			       "both; use %%s in the -o file name to write one file per operand",
			       s->name, first_source->name);
	return IB_OK;
}

/* True if the operand is an empty file whose format allows empty files, unlike JSON and tar. */
static bool
is_empty_shard(const struct ib_source *s)
{
	return s->empty && s->format != IB_FORMAT_JSON && s->format != IB_FORMAT_TAR;
}

static enum ib_status
write_header(struct ib_record_writer *t, const struct ib_source *s, struct ib_error *err)
{
	struct ib_bytes text = { 0 };
	enum ib_status st = IB_OK;

	if (!ib_source_is_delimited(s))
		return IB_OK;
	if (t->annotate) {
		st = ib_annotate_header(t->annotate, s, &text, err);
		ib_output_write_bytes(t->out, &text);
	} else {
		ib_output_write(t->out, s->header.p, s->header.n);
		if (s->header.n > 0 && s->header.p[s->header.n - 1] != '\n')
			ib_output_write(t->out, "\n", 1);
	}
	ib_bytes_release(&text);
	return st;
}

enum ib_status
ib_record_writer_begin(struct ib_record_writer *t, const struct ib_source *s, struct ib_error *err)
{
	if (is_empty_shard(s))
		return IB_OK;
	if (t->first_source)
		return check_same_format(t->first_source, s, err);
	t->first_source = s;
	if (!t->out)
		return IB_OK;
	t->is_json_array = s->format == IB_FORMAT_JSON;
	t->empty = true;
	if (s->format == IB_FORMAT_TAR)
		return ib_tar_writer_new(t->out, &t->tar, err);
	if (t->annotate)
		ib_output_write(t->out, s->preamble.p, s->preamble.n);
	return write_header(t, s, err);
}

void
ib_record_writer_write(struct ib_record_writer *t, const struct ib_tar_piece *piece)
{
	/* 1 to skip the comma before the first element, otherwise 0 */
	size_t comma = t->is_json_array && t->empty;

	if (piece->n == 0)
		return;
	if (t->arrays) {
		ib_row_arrays_add(t->arrays, piece->p, piece->n);
		return;
	}
	if (t->tar) {
		ib_tar_writer_write(t->tar, piece);
		return;
	}
	if (comma)
		ib_output_write(t->out, "[", 1);
	ib_output_write(t->out, piece->p + comma, piece->n - comma);
	t->empty = false;
}

void
ib_record_writer_end(struct ib_record_writer *t)
{
	if (t->out && t->is_json_array)
		ib_output_write(t->out, t->empty ? "[\n]\n" : "\n]\n", t->empty ? 4 : 3);
	t->is_json_array = false;
	if (t->tar)
		ib_tar_writer_end(t->tar);
	if (t->arrays)
		ib_row_arrays_write(t->arrays, t->out);
}

void
ib_record_writer_break(struct ib_record_writer *t)
{
	if (t->tar)
		ib_tar_writer_spoil(t->tar);
}

void
ib_record_writer_release(struct ib_record_writer *t)
{
	ib_tar_writer_free(t->tar);
	ib_row_arrays_free(t->arrays);
	*t = (struct ib_record_writer){ 0 };
}

enum ib_status
ib_record_writer_status(struct ib_record_writer *t, struct ib_error *err)
{
	if (t->arrays && t->arrays->failed)
		return ib_fail_memory(err);
	return t->out ? ib_output_status(t->out, err) : IB_OK;
}
