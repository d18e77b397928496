/*
 * The set of partitions in totals: add partitions, find missing partitions, and write and read the
 * set as JSON.
 */
#include "score/part_set.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/part.h"
#include "io/json_doc.h"

#define PARTS_MAX ((size_t)1 << 24) /* maximum number of partitions in a file */

void
ib_part_set_release(struct ib_part_set *p)
{
	free(p->index);
	*p = (struct ib_part_set){ 0 };
}

static bool
insert(struct ib_part_set *p, size_t at, uint64_t index)
{
	uint64_t *v;

	if ((p->n & (p->n - 1)) == 0 && /* n is a power of two: the array is full */
	    !ib_array_resize(&p->index, p->n ? 2 * p->n : 1, sizeof(*v)))
		return false;
	v = p->index;
	memmove(v + at + 1, v + at, (p->n - at) * sizeof(*v));
	v[at] = index;
	p->n++;
	return true;
}

enum ib_status
ib_part_set_add(struct ib_part_set *p, const struct ib_part *part, bool allow_duplicate,
		const char *name, struct ib_error *err)
{
	char text[IB_PART_TEXT_MAX];
	size_t at = p->n;

	if (p->count > 0 && p->count != part->count)
		return ib_fail(err, IB_E_DATA,
			       "%s: this is partition %s, but the number of partitions in earlier "
			       "files is %" PRIu64,
			       name, ib_part_text(text, part), p->count);
	while (at > 0 && p->index[at - 1] >= part->index)
		at--;
	p->count = part->count;
	if (at < p->n && p->index[at] == part->index)
		return allow_duplicate ? IB_OK
				       : ib_fail(err, IB_E_DATA, "%s: duplicate partition %s", name,
						 ib_part_text(text, part));
	return insert(p, at, part->index) ? IB_OK : ib_fail_memory(err);
}

enum ib_status
ib_part_set_merge(struct ib_part_set *p, const struct ib_part_set *other, const char *name,
		  struct ib_error *err)
{
	struct ib_part part = { 0, other->count };
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < other->n && !st; i++) {
		part.index = other->index[i];
		st = ib_part_set_add(p, &part, false, name, err);
	}
	return st;
}

bool
ib_part_set_is_complete(const struct ib_part_set *p)
{
	return p->n == p->count;
}

/* Append the first few ranges of missing partitions to b. */
static void
write_missing(struct ib_bytes *b, const struct ib_part_set *p)
{
	uint64_t next = 0, end;
	size_t i, ranges = 0;

	for (i = 0; i <= p->n; i++) {
		end = i < p->n ? p->index[i] : p->count;
		if (end > next && ++ranges > 8) {
			ib_bytes_printf(b, ", ...");
			break;
		}
		if (end > next)
			ib_bytes_printf(b, "%s%" PRIu64, ranges > 1 ? ", " : "", next);
		if (end > next + 1)
			ib_bytes_printf(b, "-%" PRIu64, end - 1);
		next = end + 1;
	}
	ib_bytes_append_char(b, '\0');
}

enum ib_status
ib_part_set_check(const struct ib_part_set *p, const char *name, struct ib_error *err)
{
	struct ib_bytes b = { 0 };
	uint64_t missing = p->count - p->n;

	if (missing == 0)
		return IB_OK;
	write_missing(&b, p);
	ib_fail(err, IB_E_DATA, "%s: %" PRIu64 " of %" PRIu64 " partitions %s missing: %s", name,
		missing, p->count, missing == 1 ? "is" : "are", b.failed ? "" : b.p);
	ib_bytes_release(&b);
	return IB_E_DATA;
}

/* ---- as JSON ------------------------------------------------------------------ */

void
ib_part_set_write(struct ib_json_writer *w, const char *name, const struct ib_part_set *p)
{
	size_t i, k;

	ib_json_begin_object(w, name);
	ib_json_write_safe(w, "of", p->count);
	ib_json_begin_array(w, "held");
	for (i = 0; i < p->n; i = k) {
		for (k = i + 1; k < p->n && p->index[k] == p->index[k - 1] + 1;)
			k++;
		if (k == i + 1) {
			ib_json_write_safe(w, NULL, p->index[i]);
			continue;
		}
		ib_json_begin_array(w, NULL);
		ib_json_write_safe(w, NULL, p->index[i]);
		ib_json_write_safe(w, NULL, p->index[k - 1]);
		ib_json_end_array(w);
	}
	ib_json_end_array(w);
	ib_json_end_object(w);
}

static bool
read_range(const cJSON *json, uint64_t *first, uint64_t *last)
{
	if (!cJSON_IsArray(json)) {
		*last = 0;
		return ib_json_doc_read_integer(json, first) && (*last = *first, true);
	}
	json = json->child;
	return json && json->next && !json->next->next && ib_json_doc_read_integer(json, first) &&
	       ib_json_doc_read_integer(json->next, last);
}

static enum ib_status
bad_parts(const char *name, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA, "%s: invalid totals: 'parts' is missing or wrong", name);
}

enum ib_status
ib_part_set_parse(const cJSON *json, const char *name, struct ib_part_set *p, struct ib_error *err)
{
	const cJSON *held = cJSON_GetObjectItemCaseSensitive(json, "held"), *it;
	uint64_t next = 0, first, last;

	if (!json)
		return IB_OK;
	if (!ib_json_doc_read_integer(cJSON_GetObjectItemCaseSensitive(json, "of"), &p->count) ||
	    p->count < 2 || !cJSON_IsArray(held))
		return bad_parts(name, err);
	cJSON_ArrayForEach(it, held)
	{
		if (!read_range(it, &first, &last) || first < next || last < first ||
		    last >= p->count || last - first >= PARTS_MAX - p->n)
			return bad_parts(name, err);
		for (; first <= last; first++)
			if (!insert(p, p->n, first))
				return ib_fail_memory(err);
		next = last + 1;
	}
	return p->n > 0 ? IB_OK : bad_parts(name, err);
}
