/* Read the value of one field of each sample, and divide the samples into groups. */
#define XXH_INLINE_ALL
#include "audit/field_values.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/array.h"
#include "base/error.h"
#include "base/numbers.h"
#include "base/part.h"
#include "base/sort.h"
#include "score/totals.h"

#define TABLE_BITS_MIN 12
#define LEVELS_MAX ((uint32_t)1 << 31)
/*
 * As soon as there are more than this many different values, and all of them are numbers, the
 * texts (levels) are dropped, and only the numbers are kept. Any later value that is not a number
 * belongs to the group IB_VALUE_OTHERS.
 */
#define NUMBERS_WITH_TEXTS_MAX 4096
/*
 * Codes that are not values of the field: neither a text (level) nor a number.
 * ib_float_order() returns these codes only for NaN.
 */
#define CODE_MISSING UINT32_MAX
#define CODE_NOT_A_NUMBER (UINT32_MAX - 1)

/* ---- the hash table ----------------------------------------------------------------- */

/* Return the slot that contains the hash, or the empty slot in which to store the hash. */
static uint64_t
slot_of(const struct ib_field_values *v, uint64_t hash)
{
	uint64_t mask = ((uint64_t)1 << v->bits) - 1, i = hash & mask;

	while (v->hash[i] != 0 && v->hash[i] != hash)
		i = (i + 1) & mask;
	return i;
}

/*
 * Return the hash as it is stored in a slot. A hash of 0 becomes 1, because 0 marks an empty
 * slot.
 */
static uint64_t
slot_hash(uint64_t hash)
{
	return hash ? hash : 1;
}

/* Double the number of slots. */
static enum ib_status
grow_table(struct ib_field_values *v, struct ib_error *err)
{
	struct ib_field_values old = *v;
	uint64_t i, at, n = v->bits ? (uint64_t)1 << v->bits : 0;

	v->bits = v->bits ? v->bits + 1 : TABLE_BITS_MIN;
	v->hash = ib_array_zeroed((uint64_t)1 << v->bits, sizeof(*v->hash));
	v->code = ib_array((uint64_t)1 << v->bits, sizeof(*v->code));
	if (!v->hash || !v->code) {
		free(v->hash);
		free(v->code);
		*v = old;
		return ib_fail_memory(err);
	}
	for (i = 0; i < n; i++) {
		if (old.hash[i] == 0)
			continue;
		at = slot_of(v, old.hash[i]);
		v->hash[at] = old.hash[i];
		v->code[at] = old.code[i];
	}
	free(old.hash);
	free(old.code);
	return IB_OK;
}

/* ---- values ------------------------------------------------------------------------- */

static uint32_t
code_of_number(double number)
{
	return isnan(number) ? CODE_MISSING : ib_float_order((float)number + 0.0f);
}

/* Replace each code: the index of a level becomes the code of its number. Frees the levels. */
static void
store_numbers(struct ib_field_values *v)
{
	uint64_t i, n = (uint64_t)1 << v->bits;

	for (i = 0; i < n; i++)
		if (v->hash[i] != 0 && v->code[i] != CODE_MISSING)
			v->code[i] = code_of_number(v->number[v->code[i]]);
	v->codes_are_numbers = true;
	ib_table_release(&v->levels);
	ib_table_init(&v->levels);
}

/* Add a level for a value that has no level yet. */
static enum ib_status
add_level(struct ib_field_values *v, struct ib_span text, uint32_t *code, struct ib_error *err)
{
	struct ib_id key = ib_id_of(text, 0);
	enum ib_status st;
	double number;

	if (v->levels.n == LEVELS_MAX)
		return ib_fail(err, IB_E_DATA, "the field has more than %u values", LEVELS_MAX);
	if (!ib_array_reserve(&v->number, &v->cap, v->levels.n + 1, sizeof(*v->number)))
		return ib_fail_memory(err);
	st = ib_table_intern_group(&v->levels, &key, 1, code, err);
	if (st)
		return st;
	v->all_numbers &= ib_number_text(text, &number);
	v->number[*code] = v->all_numbers ? number : NAN;
	if (v->all_numbers && v->levels.n > NUMBERS_WITH_TEXTS_MAX) {
		store_numbers(v);
		*code = code_of_number(number);
	}
	return IB_OK;
}

static enum ib_status
find_code(struct ib_field_values *v, struct ib_span text, uint32_t *code, struct ib_error *err)
{
	struct ib_id key;
	double number;

	*code = CODE_MISSING;
	if (!text.p)
		return IB_OK;
	if (v->codes_are_numbers) {
		*code = ib_number_text(text, &number) ? code_of_number(number) : CODE_NOT_A_NUMBER;
		return IB_OK;
	}
	key = ib_id_of(text, v->levels.seed);
	*code = ib_table_find(&v->levels, &key);
	return *code == IB_NO_ROW ? add_level(v, text, code, err) : IB_OK;
}

static enum ib_status
use_sample(void *data, const struct ib_sample_field *sample, struct ib_error *err)
{
	struct ib_field_values *v = data;
	uint64_t hash = XXH3_64bits(sample->id.p, sample->id.n), at;
	enum ib_status st = IB_OK;
	uint32_t code;

	if (!ib_part_has_hash(&v->part, hash))
		return IB_OK;
	hash = slot_hash(hash);
	if (v->bits == 0 || v->samples >= ((uint64_t)3 << v->bits) / 4)
		st = grow_table(v, err);
	if (st)
		return st;
	at = slot_of(v, hash);
	if (v->hash[at] == hash) {
		v->duplicates++;
		return IB_OK;
	}
	/*
	 * This call may replace the codes of all used slots, so it comes before v->code[at] is set.
	 */
	st = find_code(v, sample->text, &code, err);
	v->hash[at] = hash;
	v->code[at] = code;
	v->samples++;
	return st;
}

/* ---- groups ------------------------------------------------------------------------- */

static struct ib_value_group *
add_group(struct ib_field_values *v, enum ib_value_kind kind, uint64_t values)
{
	struct ib_value_group *g = &v->group[v->ngroups++];

	*g = (struct ib_value_group){ .kind = kind, .values = values };
	return g;
}

/*
 * Return an array with the number of samples of each different value (level), or NULL if out of
 * memory.
 */
static uint64_t *
count_levels(const struct ib_field_values *v)
{
	uint64_t *count = ib_array_zeroed(v->levels.n, sizeof(*count)), i;

	for (i = 0; count && i < (uint64_t)1 << v->bits; i++)
		if (v->hash[i] != 0 && v->code[i] < v->levels.n)
			count[v->code[i]]++;
	return count;
}

/*
 * Make one group for each of the most frequent values (levels), and one group for all others.
 * count[i] is the number of samples of level i. Sets group[i] to the group of level i.
 */
static void
group_levels(struct ib_field_values *v, const uint64_t *count, uint8_t *group)
{
	uint64_t n = v->levels.n, i, best;
	struct ib_value_group *g;
	struct ib_span name;

	memset(group, UINT8_MAX, (size_t)n);
	while (v->ngroups < IB_GROUP_VALUES && v->ngroups < n) {
		for (best = n, i = 0; i < n; i++)
			if (group[i] == UINT8_MAX && (best == n || count[i] > count[best]))
				best = i;
		group[best] = (uint8_t)v->ngroups;
		g = add_group(v, IB_VALUE_ONE, 1);
		name = ib_table_id(&v->levels, best);
		ib_bytes_append(&g->name, name.p, name.n);
	}
	if (n <= IB_GROUP_VALUES)
		return;
	for (i = 0; i < n; i++)
		if (group[i] == UINT8_MAX)
			group[i] = (uint8_t)v->ngroups;
	add_group(v, IB_VALUE_OTHERS, n - IB_GROUP_VALUES);
}

/* Append a number, without ".0" if it is a whole number. */
static void
write_number(struct ib_bytes *out, uint32_t code)
{
	char text[IB_NUMBER_MAX];
	size_t n = ib_number_write_float(text, ib_float_from_order(code));

	if (n > 2 && text[n - 1] == '0' && text[n - 2] == '.')
		n -= 2;
	ib_bytes_append(out, text, n);
}

/* Add a group for the range of the n >= 1 sorted numbers in number[]. */
static void
add_range(struct ib_field_values *v, const uint32_t *number, uint64_t n)
{
	struct ib_value_group *g = add_group(v, IB_VALUE_RANGE, 1);
	uint64_t i;

	for (i = 1; i < n; i++)
		g->values += number[i] != number[i - 1];
	write_number(&g->name, number[0]);
	if (number[n - 1] == number[0])
		return;
	ib_bytes_printf(&g->name, " to ");
	write_number(&g->name, number[n - 1]);
}

/*
 * Divide the sorted numbers into ranges with about the same number of samples. Equal numbers are in
 * the same range. Sets first[g] to the smallest number in the range of group g.
 */
static void
group_numbers(struct ib_field_values *v, const uint32_t *number, uint64_t n, uint32_t *first)
{
	uint64_t from = 0, end;
	int k;

	for (k = 1; k <= IB_GROUP_RANGES && from < n; k++) {
		end = k == IB_GROUP_RANGES ? n : n * (uint64_t)k / IB_GROUP_RANGES;
		while (end > from && end < n && number[end] == number[end - 1])
			end--;
		while (end <= from && end < n && number[end] == number[from])
			end++;
		if (end <= from)
			continue;
		first[v->ngroups] = number[from];
		add_range(v, number + from, end - from);
		from = end;
	}
}

/*
 * Return the sorted codes of all samples whose value is a number, and set *n to the number of these
 * samples. Returns NULL if out of memory.
 */
static uint32_t *
sort_numbers(const struct ib_field_values *v, uint64_t *n)
{
	uint32_t *number = ib_array(v->samples + 1, sizeof(*number)), *sorted;
	uint32_t *room = ib_array(v->samples + 1, sizeof(*room));
	uint64_t i;

	*n = 0;
	for (i = 0; number && room && i < (uint64_t)1 << v->bits; i++)
		if (v->hash[i] != 0 && v->code[i] < CODE_NOT_A_NUMBER)
			number[(*n)++] = v->code[i];
	sorted = number && room ? ib_sort_u32(number, room, *n) : NULL;
	free(sorted == number ? room : number);
	if (!sorted)
		free(room);
	return sorted;
}

/*
 * Replace the code of each sample by its group, and count the samples of each group. level[i] is
 * the group of level i. If level is NULL, the groups are ranges, and the range of group g begins at
 * first[g].
 */
static void
assign_groups(struct ib_field_values *v, const uint8_t *level, const uint32_t *first)
{
	size_t ranges = v->ngroups, missing, others, g;
	uint64_t i;

	if (!level)
		add_group(v, IB_VALUE_OTHERS, 1);
	others = v->ngroups - 1;
	missing = v->ngroups;
	add_group(v, IB_VALUE_MISSING, 0);
	add_group(v, IB_VALUE_FOREIGN, 0);
	for (i = 0; i < (uint64_t)1 << v->bits; i++) {
		if (v->hash[i] == 0)
			continue;
		if (v->code[i] == CODE_MISSING) {
			g = missing;
		} else if (level) {
			g = level[v->code[i]];
		} else if (v->code[i] == CODE_NOT_A_NUMBER) {
			g = others;
		} else {
			for (g = ranges - 1; g > 0 && v->code[i] < first[g]; g--)
				;
		}
		v->code[i] = (uint32_t)g;
		v->group[g].samples++;
	}
}

static enum ib_status
make_ranges(struct ib_field_values *v, struct ib_error *err)
{
	uint32_t first[IB_GROUP_RANGES];
	uint64_t n;
	uint32_t *number = sort_numbers(v, &n);

	if (!number)
		return ib_fail_memory(err);
	group_numbers(v, number, n, first);
	free(number);
	assign_groups(v, NULL, first);
	return IB_OK;
}

static enum ib_status
make_groups(struct ib_field_values *v, struct ib_error *err)
{
	uint64_t *count;
	uint8_t *level;
	bool ok;

	if (!v->codes_are_numbers && v->all_numbers && v->levels.n > IB_GROUP_VALUES)
		store_numbers(v);
	if (v->codes_are_numbers)
		return make_ranges(v, err);
	count = count_levels(v);
	level = ib_array(v->levels.n, sizeof(*level));
	ok = count && level;
	if (ok) {
		group_levels(v, count, level);
		assign_groups(v, level, NULL);
	}
	free(count);
	free(level);
	return ok ? IB_OK : ib_fail_memory(err);
}

/* ---- the public functions ------------------------------------------------------------ */

enum ib_status
ib_field_values_read(struct ib_field_values *v, const struct ib_sample_fields_options *options,
		     const struct ib_part *part, struct ib_error *err)
{
	enum ib_status st;
	size_t i;

	*v = (struct ib_field_values){ .all_numbers = true };
	if (part)
		v->part = *part;
	ib_table_init(&v->levels);
	st = ib_sample_fields_read(options, use_sample, v, err);
	if (!st && v->bits == 0)
		st = grow_table(v, err);
	if (!st)
		st = make_groups(v, err);
	for (i = 0; i < v->ngroups && !st; i++)
		if (v->group[i].name.failed)
			st = ib_fail_memory(err);
	return st;
}

void
ib_field_values_release(struct ib_field_values *v)
{
	size_t i;

	for (i = 0; i < v->ngroups; i++)
		ib_bytes_release(&v->group[i].name);
	ib_table_release(&v->levels);
	free(v->number);
	free(v->hash);
	free(v->code);
	*v = (struct ib_field_values){ 0 };
}

size_t
ib_field_values_find(const struct ib_field_values *v, struct ib_span id)
{
	uint64_t at = slot_of(v, slot_hash(XXH3_64bits(id.p, id.n)));

	return v->hash[at] ? v->code[at] : v->ngroups - 1;
}
