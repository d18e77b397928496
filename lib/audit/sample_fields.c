/* Read the ids of manifests, and the value of one field of each record. */
#include "audit/sample_fields.h"

#include <stdio.h>

#include "base/error.h"
#include "record/scan.h"
#include "record/similar_field.h"

struct reading {
	const struct ib_sample_fields_options *options;
	ib_sample_fields_use *use;
	void *data;
	bool found;	       /* true if a record has the field */
	struct ib_error first; /* error for the first record that does not have the field */
};

/*
 * Store the error for the first record without the field. This error is returned if no record has
 * the field.
 */
static void
note_missing(struct reading *r, const struct ib_scan *scan, struct ib_cursor *c)
{
	const char *field = r->options->field;

	if (r->found || r->first.code)
		return;
	snprintf(c->why, sizeof(c->why), "no %s '%s'",
		 ib_source_is_delimited(c->source) ? "column" : "field", field);
	ib_cursor_explain_missing_field(c, ib_span_of(field), "--by");
	ib_scan_fail_record(scan, c, &r->first);
}

/* Read the value of the field. Returns false if the value cannot be decoded. */
static bool
read_value(struct reading *r, const struct ib_scan *scan, struct ib_cursor *c, struct ib_span *text)
{
	const struct ib_value *v = ib_cursor_value(c, c->source->wanted_slot[0]);

	*text = (struct ib_span){ NULL, 0 };
	if (!v) {
		note_missing(r, scan, c);
		return true;
	}
	r->found = true;
	if (v->type == IB_NULL)
		return true;
	if (!ib_value_text(v, &c->arena, text)) {
		snprintf(c->why, sizeof(c->why), "'%s' has a lone surrogate", r->options->field);
		return false;
	}
	if (text->n == 0)
		text->p = NULL;
	return true;
}

static enum ib_status
use_block(struct ib_scan *scan, void *block, struct ib_error *err)
{
	struct reading *r = scan->ctx;
	struct ib_scan_block *b = block;
	struct ib_cursor *c = &b->cursor;
	struct ib_sample_field sample = { { NULL, 0 }, { NULL, 0 } };
	enum ib_status st = IB_OK;
	enum ib_next next;

	if (b->block.special)
		return IB_OK; /* a tar file: its samples were already passed to use() */
	while (!st && (next = ib_cursor_next(c)) != IB_NEXT_END) {
		if (next == IB_NEXT_BAD || !ib_cursor_read_id(c, &sample.id) ||
		    (r->options->field && !read_value(r, scan, c, &sample.text)))
			return ib_scan_fail_record(scan, c, err);
		st = sample.id.p ? r->use(r->data, &sample, err) : ib_fail_memory(err);
	}
	scan->records += c->number;
	return st;
}

/* The samples of a tar file have ids, but no fields. */
static enum ib_status
add_sample(struct ib_scan *scan, void *block, const struct ib_tar_sample *sample,
	   struct ib_error *err)
{
	struct reading *r = scan->ctx;

	(void)block;
	if (r->options->field)
		return ib_fail(
			err, IB_E_DATA,
			"%s: the samples of a tar file have no field '%s': --by needs a manifest "
			"in JSON Lines, CSV or TSV",
			scan->source->name, r->options->field);
	scan->records++;
	return r->use(r->data, &(struct ib_sample_field){ .id = sample->id }, err);
}

enum ib_status
ib_sample_fields_read(const struct ib_sample_fields_options *options, ib_sample_fields_use *use,
		      void *data, struct ib_error *err)
{
	struct reading r = { .options = options, .use = use, .data = data };
	struct ib_wanted field = { ib_span_of(options->field ? options->field : ""), false };
	struct ib_reader_options o = {
		.operands = options->manifests,
		.otherwise = IB_FORMAT_LIST,
		.key = options->key,
		.key_option = "--manifest-key",
		.wanted = &field,
		.nwanted = options->field ? 1 : 0,
		.context = options->context,
	};
	struct ib_scan scan = {
		.context = options->context,
		.block_size = sizeof(struct ib_scan_block),
		.ctx = &r,
		.add_sample = add_sample,
		.use_block = use_block,
	};
	enum ib_status st = ib_scan_operands(&scan, &o, err);

	if (!st && options->field && !r.found && r.first.code) {
		*err = r.first;
		st = r.first.code;
	}
	return st;
}
