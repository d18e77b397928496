/* Collect the records of a block, with their errors and their lines in the file. */
#include "weigh/chunk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

bool
ib_chunk_reserve(struct ib_chunk *s)
{
	size_t cap;

	if (s->n < s->cap)
		return true;
	cap = ib_array_capacity(s->cap, s->n + 1);
	if (!ib_array_resize(&s->id, cap, sizeof(*s->id)) ||
	    !ib_array_resize(&s->weight, cap, sizeof(*s->weight)) ||
	    !ib_array_resize(&s->line, cap, sizeof(*s->line)) ||
	    !ib_array_resize(&s->row, cap, sizeof(*s->row)) ||
	    !ib_array_resize(&s->hash, cap, sizeof(*s->hash)) ||
	    !ib_array_resize(&s->record, cap, sizeof(*s->record)))
		return false;
	s->cap = cap;
	return true;
}

void
ib_chunk_release(void *chunk)
{
	struct ib_chunk *s = chunk;

	ib_cursor_release(&s->again);
	ib_bytes_release(&s->unchanged.stripped);
	ib_bytes_release(&s->text);
	free(s->id);
	free(s->weight);
	free(s->line);
	free(s->row);
	free(s->hash);
	free(s->record);
}

void
ib_finding_record(struct ib_finding *f, size_t at, int64_t line, const char *format, ...)
{
	va_list ap;

	if (f->found && f->at <= at)
		return;
	f->found = true;
	f->at = at;
	f->line = line;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
}

bool
ib_chunk_check_tsv_id(struct ib_chunk *s, int64_t line, struct ib_span id)
{
	char show[IB_SHOW_MAX];

	if (ib_weight_format_is_tsv_field(id))
		return true;
	ib_finding_record(&s->bad, s->n, line,
			  "this id has a TAB, CR or LF, so it cannot be written as tsv: %s",
			  ib_show(show, id));
	return false;
}

enum ib_status
ib_chunk_add_sample(struct ib_chunk *s, const struct ib_tar_sample *sample, struct ib_error *err)
{
	if (!ib_chunk_reserve(s))
		return ib_fail_memory(err);
	s->line[s->n] = (uint32_t)sample->number;
	s->id[s->n] = (struct ib_id){ .p = sample->id.p, .n = (uint32_t)sample->id.n };
	memcpy(&s->hash[s->n], sample->digest, sizeof(*s->hash));
	s->n++;
	return IB_OK;
}

enum ib_status
ib_chunk_finish(struct ib_chunk *s, struct ib_scan *scan, struct ib_error *err)
{
	struct ib_location location;

	scan->records += s->n;
	if (s->bad.found) {
		location = ib_chunk_location(scan, 0, s->bad.line);
		return ib_location_fail(&location, IB_E_DATA, s->bad.text, err);
	}
	s->n = s->text.n = 0;
	s->has_header = s->failed.found = false;
	return IB_OK;
}
