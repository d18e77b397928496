#include "weigh/chunk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static bool
grow(void *array, size_t n, size_t size)
{
	void **p = array, *q = realloc(*p, n * size);

	if (q)
		*p = q;
	return q != NULL;
}

bool
ib_chunk_reserve(struct ib_chunk *s)
{
	size_t n = s->cap ? 2 * s->cap : 1024;

	if (s->n < s->cap)
		return true;
	if (!grow(&s->id, n, sizeof(*s->id)) || !grow(&s->weight, n, sizeof(*s->weight)) ||
	    !grow(&s->line, n, sizeof(*s->line)) || !grow(&s->row, n, sizeof(*s->row)) ||
	    !grow(&s->hash, n, sizeof(*s->hash)) || !grow(&s->record, n, sizeof(*s->record)))
		return false;
	s->cap = n;
	return true;
}

void
ib_chunk_release(void *chunk)
{
	struct ib_chunk *s = chunk;

	ib_cursor_release(&s->again);
	ib_bytes_release(&s->intact.left);
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

	if (f->is && f->at <= at)
		return;
	f->is = true;
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
	struct ib_location place;

	scan->records += s->n;
	if (s->bad.is) {
		place = ib_chunk_location(scan, 0, s->bad.line);
		return ib_location_fail(&place, IB_E_DATA, s->bad.text, err);
	}
	s->n = s->text.n = 0;
	s->has_header = s->failed.is = false;
	return IB_OK;
}
