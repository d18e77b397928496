/* Check the members of the samples in a tar. */
#define XXH_INLINE_ALL
#include "prune/shard_members.h"

#include <stdlib.h>

#include "base/error.h"

#define INSERTION_SORT_MAX 32 /* maximum number of names for insertion sort */

void
ib_shard_members_release(struct ib_shard_members *m)
{
	ib_bytes_release(&m->names);
	ib_bytes_release(&m->text);
	ib_duplicate_check_release(&m->duplicates);
}

void
ib_shard_members_add(struct ib_shard_members *m, struct ib_span path)
{
	uint64_t hash = XXH3_64bits(path.p, path.n);

	ib_bytes_append(&m->names, &hash, sizeof(hash));
}

static int
compare_hashes(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Sort n hashes with insertion sort. Most lists are short, and qsort() would need more time. */
static void
insertion_sort(uint64_t *v, size_t n)
{
	uint64_t x;
	size_t i, k;

	for (i = 1; i < n; i++) {
		x = v[i];
		for (k = i; k > 0 && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* Sort the hashes in m->names. Returns true if a hash occurs twice. */
static bool
sort_names(struct ib_shard_members *m)
{
	uint64_t *v = (uint64_t *)(void *)m->names.p;
	size_t n = m->names.n / sizeof(*v), i;

	if (n <= INSERTION_SORT_MAX)
		insertion_sort(v, n);
	else
		qsort(v, n, sizeof(*v), compare_hashes);
	for (i = 1; i < n; i++)
		if (v[i - 1] == v[i])
			return true;
	return false;
}

/* Add m->text to m->duplicates. *known is set to true if m->duplicates already has this text. */
static enum ib_status
note_text(struct ib_shard_members *m, bool *known, struct ib_error *err)
{
	XXH128_hash_t hash;
	enum ib_status st;
	size_t duplicate;

	if (m->text.failed)
		return ib_fail_memory(err);
	hash = ib_duplicate_check_hash(&m->duplicates, ib_bytes_span(&m->text));
	st = ib_duplicate_check_unseen(&m->duplicates, &hash, 1, &duplicate, err);
	*known = duplicate != SIZE_MAX;
	return st;
}

/* Set *separated to true if the key has occurred before with different members. */
static enum ib_status
find_separated(struct ib_shard_members *m, struct ib_span key, bool *separated,
	       struct ib_error *err)
{
	enum ib_status st = IB_OK;
	bool known = false;

	*separated = false;
	if (!m->has_duplicates)
		st = ib_duplicate_check_init(&m->duplicates, 0, err);
	if (st)
		return st;
	m->has_duplicates = true;
	m->text.n = 0;
	ib_bytes_append(&m->text, key.p, key.n);
	ib_bytes_append_char(&m->text, '\0');
	ib_bytes_append(&m->text, m->names.p, m->names.n);
	st = note_text(m, &known, err);
	if (st || known)
		return st;
	m->text.n = key.n;
	return note_text(m, separated, err);
}

enum ib_status
ib_shard_members_end(struct ib_shard_members *m, struct ib_span key, bool repeats,
		     const char **problem, struct ib_error *err)
{
	enum ib_status st;
	bool separated;

	*problem = NULL;
	if (m->names.failed)
		return ib_fail_memory(err);
	if (sort_names(m))
		*problem = "has two members with the same name";
	if (*problem || !repeats)
		return IB_OK;
	st = find_separated(m, key, &separated, err);
	if (separated)
		*problem = "appears again with different members: its members are not "
			   "adjacent (create the tar with --sort=name)";
	return st;
}
