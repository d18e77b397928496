/*
 * Find pairs of ids that differ only in spelling, and describe the difference
 * in words.
 */
#define XXH_INLINE_ALL
#include "score/id_mismatch.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/digits.h"
#include "base/error.h"

#define SLOTS (4 * IB_MISMATCH_IDS)
/* The search stops after this number of pairs of ids that certainly name the same sample. */
#define ENOUGH 64
#define COMPARED_MAX ((size_t)1 << 17)

void
ib_mismatch_release(struct ib_mismatch *m)
{
	ib_bytes_release(&m->bytes);
	ib_bytes_release(&m->work);
	free(m->id);
	free(m->slot);
	*m = (struct ib_mismatch){ 0 };
}

static struct ib_span
id_of(const struct ib_mismatch *m, const struct ib_mismatch_id *id)
{
	return (struct ib_span){ m->bytes.p + id->offset, id->n };
}

static uint64_t
hash_reduced(struct ib_mismatch *m, struct ib_span id)
{
	ib_id_reduce(id, IB_FORM_ALL, &m->work);
	m->failed |= m->work.failed;
	return XXH3_64bits(m->work.p, m->work.n);
}

void
ib_mismatch_add(struct ib_mismatch *m, struct ib_span id)
{
	struct ib_mismatch_id *added;

	if (m->failed || m->n == IB_MISMATCH_IDS)
		return;
	if (!m->id)
		m->id = calloc(IB_MISMATCH_IDS, sizeof(*m->id));
	if (!m->id) {
		m->failed = true;
		return;
	}
	added = &m->id[m->n];
	*added = (struct ib_mismatch_id){ .offset = m->bytes.n, .n = id.n };
	ib_bytes_append(&m->bytes, id.p, id.n);
	m->failed |= m->bytes.failed;
	m->n += !m->failed;
}

/* Build the hash table. Ids with equal hashes are marked as ambiguous. */
static void
index_ids(struct ib_mismatch *m)
{
	size_t i, at;

	m->slot = calloc(SLOTS, sizeof(*m->slot));
	m->failed |= !m->slot;
	for (i = 0; i < m->n && !m->failed; i++) {
		m->id[i].hash = hash_reduced(m, id_of(m, &m->id[i]));
		at = m->id[i].hash % SLOTS;
		for (; m->slot[at]; at = (at + 1) % SLOTS) {
			if (m->id[m->slot[at] - 1].hash != m->id[i].hash)
				continue;
			m->id[m->slot[at] - 1].ambiguous = true;
			m->id[i].ambiguous = true;
		}
		m->slot[at] = (uint16_t)(i + 1);
	}
}

static void
note_pair(struct ib_mismatch *m, struct ib_mismatch_id *id, struct ib_span other)
{
	struct ib_span id_text = id_of(m, id);
	unsigned forms = ib_id_difference(id_text, other);
	bool certain = forms && ib_id_is_same(id_text, other, forms);

	m->ncompared++;
	if (forms == 0)
		return;
	id->ambiguous |= id->forms != 0;
	if (id->forms && !certain)
		return;
	id->forms = forms;
	id->certain = certain;
	id->other = other;
	m->ncertain += certain;
}

bool
ib_mismatch_compare(struct ib_mismatch *m, struct ib_span other)
{
	struct ib_mismatch_id *id;
	uint64_t hash;
	size_t at;

	if (!m->foreign.p)
		m->foreign = other;
	if (!m->slot && !m->failed)
		index_ids(m);
	if (m->failed || m->n == 0)
		return false;
	hash = hash_reduced(m, other);
	for (at = hash % SLOTS; m->slot[at]; at = (at + 1) % SLOTS) {
		id = &m->id[m->slot[at] - 1];
		if (id->hash == hash && !id->certain)
			note_pair(m, id, other);
	}
	return m->ncertain < ENOUGH && m->ncompared < COMPARED_MAX;
}

/*
 * Return the most frequent set of spelling differences. If `certain` is true, count only pairs of
 * ids that certainly name the same sample. Otherwise count only pairs that are not ambiguous.
 */
static unsigned
most_frequent(const struct ib_mismatch *m, bool certain, size_t *count)
{
	size_t n[IB_FORM_ALL + 1] = { 0 };
	unsigned best = 0;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->id[i].forms && (certain ? m->id[i].certain : !m->id[i].ambiguous) &&
		    ++n[m->id[i].forms] > n[best])
			best = m->id[i].forms;
	*count = n[best];
	return best;
}

struct ib_mismatch_result
ib_mismatch_explain(const struct ib_mismatch *m)
{
	struct ib_mismatch_result r = { .other = m->foreign };
	size_t i, count;

	if (m->n > 0)
		r.id = id_of(m, &m->id[0]);
	r.forms = most_frequent(m, true, &count);
	r.certain = r.forms != 0;
	if (!r.certain) {
		r.forms = most_frequent(m, false, &count);
		if (2 * count < m->n)
			r.forms = 0;
	}
	for (i = 0; i < m->n && r.forms; i++) {
		if (m->id[i].forms != r.forms || m->id[i].certain != r.certain)
			continue;
		r.id = id_of(m, &m->id[i]);
		r.other = m->id[i].other;
		break;
	}
	return r;
}

/* ---- in words ------------------------------------------------------------- */

/* True if the key means that the ids are the row numbers of arrays. */
static bool
is_row_key(struct ib_span key)
{
	return ib_span_is(key, "index") || ib_span_is(key, "@row");
}

bool
ib_mismatch_keys_differ(const struct ib_mismatch_keys *k)
{
	return !k->given && k->key.n > 0 && k->other.n > 0 && !ib_span_equal(k->key, k->other) &&
	       !(is_row_key(k->key) && is_row_key(k->other));
}

bool
ib_id_is_whole_number(struct ib_span id)
{
	size_t i;

	for (i = 0; i < id.n; i++)
		if (!ib_is_digit(id.p[i]))
			return false;
	return id.n > 0;
}

void
ib_mismatch_write_example(struct ib_bytes *to, struct ib_span key, struct ib_span id)
{
	char show[IB_SHOW_MAX];

	ib_bytes_printf(to, " (");
	if (key.n > 0 && *key.p == '@')
		ib_bytes_printf(to, "%.*s, ", (int)key.n, key.p);
	else if (key.n > 0)
		ib_bytes_printf(to, "field %s, ", ib_show(show, key));
	ib_bytes_printf(to, "e.g. %s)", ib_show(show, id));
}

bool
ib_mismatch_write_cause(struct ib_bytes *to, const struct ib_mismatch_result *r,
			const struct ib_mismatch_keys *k, const char *options)
{
	if (r->forms) {
		ib_bytes_printf(to, ": they would be equal ");
		ib_id_write_forms(to, r->forms);
		return true;
	}
	if (!ib_mismatch_keys_differ(k))
		return false;
	ib_bytes_printf(to, ": the ids come from different fields; choose one with %s", options);
	return true;
}
