/* Plain lists: each line is a record without field names. */
#include "record/format.h"

#include "base/numbers.h"
#include "base/system.h"

/* Find the n-th field of a line, counted from 1. Spaces and TABs separate fields. */
static bool
find_field(struct ib_span line, uint64_t n, struct ib_span *field)
{
	const char *p = line.p, *end = line.p + line.n, *start;

	for (;;) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p == end)
			return false;
		start = p;
		while (p < end && *p != ' ' && *p != '\t')
			p++;
		if (--n == 0)
			break;
	}
	*field = (struct ib_span){ start, (size_t)(p - start) };
	return true;
}

/*
 * In an epoch manifest, move the weight from the line to c->v[1]. The weight is a number after the
 * last TAB.
 */
static void
split_weight(struct ib_cursor *c, struct ib_span *line)
{
	struct ib_value *v = &c->v[1];
	const char *tab = ib_system_find_last(line->p, '\t', line->n);
	struct ib_span tail;

	v->type = IB_ABSENT;
	if (!c->source->epoch_manifest || !tab)
		return;
	tail = (struct ib_span){ tab + 1, (size_t)(line->p + line->n - tab - 1) };
	if (!ib_number_text(tail, &v->number))
		return;
	*v = (struct ib_value){
		.p = tail.p, .n = (uint32_t)tail.n, .type = IB_REAL, .number = v->number
	};
	line->n = (size_t)(tab - line->p);
}

static enum ib_next
list_next(struct ib_cursor *c)
{
	const char *start, *stop;
	struct ib_span line, field;

	do {
		start = c->at;
		if (start >= c->end)
			return IB_NEXT_END;
		stop = ib_cursor_line_stop(c);
		c->record.line = c->line++;
		c->number++;
		c->record.close = NULL;
		start = ib_skip_byte_order_mark(start, stop);
		ib_cursor_finish_line(c, start, stop);
	} while (c->record.n == 0);
	if (*start == '\0')
		return ib_cursor_fail(c, "a NUL byte before the line, perhaps after a power cut");
	line = (struct ib_span){ start, c->record.n };
	split_weight(c, &line);
	if (c->source->key.kind == IB_KEY_COLUMN) {
		if (!find_field(line, c->source->key.column, &field))
			return ib_cursor_fail(c, "the line has no field %llu",
					      (unsigned long long)c->source->key.column);
		line = field;
	}
	c->v[0] = (struct ib_value){ .p = line.p, .n = (uint32_t)line.n, .type = IB_TEXT };
	return IB_NEXT_RECORD;
}

static uint64_t
list_count(const struct ib_source *s, const char *p, size_t n)
{
	(void)s;
	return ib_byte_scan_count_lines(p, n) + (n > 0 && p[n - 1] != '\n');
}

const struct ib_record_format ib_format_list = {
	.format = IB_FORMAT_LIST,
	.name = "a list",
	.option = "list",
	.stop = '\n',
	.cut_block = ib_cut_lines,
	.count = list_count,
	.next = list_next,
};
