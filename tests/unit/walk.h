/* Write all records of a file as text. The text does not depend on the size of the blocks. */
#ifndef TESTS_WALK_H
#define TESTS_WALK_H

#include <stdlib.h>

#include "base/error.h"
#include "record/reader.h"

struct walk {
	enum ib_format format;
	const char *key;
	size_t block; /* block size of the reader; 0: use the default */
	uint64_t header_lines;
	bool any_value, epoch_manifest;
};

static inline void
walk_record(struct ib_bytes *text, struct ib_cursor *c, enum ib_next next, uint64_t line)
{
	struct ib_span id;
	int slot = c->source->wanted_slot[0];

	ib_bytes_printf(text, "%llu ", (unsigned long long)line);
	if (next == IB_NEXT_BAD) {
		ib_bytes_printf(text, "bad: %s\n", c->why);
		return;
	}
	ib_bytes_append(text, c->record.p, c->record.n);
	ib_bytes_printf(text, "|%zu|", c->record.end);
	if (!ib_cursor_read_id(c, &id))
		ib_bytes_printf(text, "no id");
	else
		ib_bytes_append(text, id.p, id.n);
	if (slot >= 0 && c->v[slot].type != IB_ABSENT) {
		struct ib_span raw = ib_value_raw(&c->v[slot]);

		ib_bytes_append_char(text, '|');
		ib_bytes_append(text, raw.p, raw.n);
	}
	ib_bytes_append_char(text, '\n');
}

static inline void
walk_block(struct ib_bytes *text, struct ib_cursor *c, const struct ib_block *b, uint64_t *lines)
{
	enum ib_next next;

	if (b->first)
		*lines = b->source->first_line;
	ib_cursor_start(c, b);
	while ((next = ib_cursor_next(c)) != IB_NEXT_END) {
		walk_record(text, c, next, *lines + c->record.line);
		if (text->n > 1 << 24) /* the cursor does not stop */
			abort();
	}
	*lines += c->line;
}

/* Append the records of a file to text, and the error if there is one. */
static inline void
walk_file(const char *path, const struct walk *w, struct ib_bytes *text)
{
	struct ib_wanted wanted = { ib_span_of("weight"), true };
	struct ib_reader_options o = {
		.operands = { &path, 1 },
		.format = w->format,
		.otherwise = IB_FORMAT_LIST,
		.key = w->key,
		.wanted = &wanted,
		.nwanted = 1,
		.header_lines = w->header_lines,
		.any_value = w->any_value,
		.epoch_manifest = w->epoch_manifest,
		.block = w->block,
	};
	struct ib_cursor *c = calloc(1, sizeof(*c));
	struct ib_block b = { 0 };
	struct ib_reader *r = NULL;
	struct ib_error err = { 0 };
	uint64_t lines = 0;
	enum ib_status st = ib_reader_new(&o, &r, &err);

	while (!st && !(st = ib_reader_next(r, &b, &err)))
		if (!b.special)
			walk_block(text, c, &b, &lines);
	if (st != IB_EOF)
		ib_bytes_printf(text, "%d: %s\n", (int)st, err.text);
	ib_block_release(&b);
	ib_reader_free(r);
	ib_cursor_release(c);
	free(c);
}

#endif
