/* Remove the fields that ib-prune adds, and compare the hashes of the remaining bytes. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "weigh/unchanged_check.h"

void
ib_added_fields(struct ib_wanted wanted[IB_NADDED], const char *weight_field)
{
	const char *name[IB_NADDED] = { weight_field ? weight_field : "weight",
					"ib",
					"ib_pi",
					"ib_u",
					"ib_score",
					"ib_reason" };
	size_t i;

	for (i = 0; i < IB_NADDED; i++)
		wanted[i] = (struct ib_wanted){ ib_span_of(name[i]), false };
	wanted[IB_ADDED_WEIGHT].number = true;
}

/*
 * A way to remove the added fields, as a number. Bit 0: keep the field "ib".
 * Bit 1: remove the id. The other bits are a level, which says what to remove for
 * the weight:
 *   0           the weight's member
 *   n           the weight's member and n enclosing objects, each of which has no
 *               other member
 *   VALUE_ONLY  only the weight's value
 */
#define KEEPS_IB 1u
#define REMOVES_ID 2u
#define WEIGHT_SHIFT 2
#define PATH_NAMES_MAX 16 /* maximum number of names in a path */
#define VALUE_ONLY PATH_NAMES_MAX
#define NWAYS ((VALUE_ONLY + 1u) << WEIGHT_SHIFT)

/*
 * Seeds of the hash: SEED_WITH_WEIGHT if the hashed bytes contain a weight field without its value;
 * SEED_WITHOUT_WEIGHT if they contain no weight field.
 */
#define SEED_WITH_WEIGHT 1
#define SEED_WITHOUT_WEIGHT 0

/* A part of a record: the bytes [p, end). */
struct piece {
	const char *p, *end;
};

struct removal {
	const struct ib_cursor *c;
	bool json;
	struct piece piece[IB_NADDED + 1]; /* sorted by position in the record */
	size_t n;
};

static const char *
skip_space_back(const char *p)
{
	while (ib_is_space(p[-1]))
		p--;
	return p;
}

static const char *
skip_space(const char *p)
{
	while (ib_is_space(*p))
		p++;
	return p;
}

/* Return the bytes of a value, including the quotes around it. */
static struct piece
piece_of(const struct removal *t, const struct ib_value *v)
{
	bool quotes = t->json ? v->type == IB_STRING : v->quoted;

	return (struct piece){ v->p - quotes, v->p + v->n + quotes };
}

/* ---- members of JSON ---------------------------------------------------------- */

/*
 * Return the bytes of a member, from the quote before its name to the end of its value. The
 * JSON must be valid.
 */
static struct piece
member_of(struct piece value)
{
	const char *p = skip_space_back(value.p) - 1, *slash; /* p points to the colon */

	p = skip_space_back(p) - 1; /* p points to the closing quote of the name */
	for (;;) {
		do
			p--;
		while (*p != '"');
		/*
		 * A quote after an odd number of backslashes is escaped, so it does not begin
		 * the name.
		 */
		for (slash = p; slash[-1] == '\\';)
			slash--;
		if ((p - slash) % 2 == 0)
			return (struct piece){ p, value.end };
	}
}

/*
 * Set *object to the object around a member. Returns false if the object has other members, or if
 * it is the whole record.
 */
static bool
object_around(const struct removal *t, struct piece member, struct piece *object)
{
	const char *p = skip_space_back(member.p) - 1;
	const char *end = skip_space(member.end);

	if (*p != '{' || *end != '}' || end == t->c->record.close)
		return false;
	*object = (struct piece){ p, end + 1 };
	return true;
}

/* ---- pieces ---------------------------------------------------------------------- */

static void
add_piece(struct removal *t, struct piece x)
{
	size_t i = t->n++;

	for (; i > 0 && t->piece[i - 1].p > x.p; i--)
		t->piece[i] = t->piece[i - 1];
	t->piece[i] = x;
}

/* Add the piece of a field that must be removed: a member of a JSON object, or a field of a row. */
static void
add_field(struct removal *t, const struct ib_value *v)
{
	if (v)
		add_piece(t, t->json ? member_of(piece_of(t, v)) : piece_of(t, v));
}

/*
 * Add the piece of the weight to t: the member that holds the weight, and `level` objects around
 * this member. Returns false if there are fewer objects, or if one of them has other members.
 */
static bool
add_weight(struct removal *t, const struct ib_value *v, unsigned level)
{
	struct piece x = piece_of(t, v);

	if (t->json)
		x = member_of(x);
	for (; level > 0; level--) {
		if (!t->json || !object_around(t, x, &x))
			return false;
		x = member_of(x);
	}
	add_piece(t, x);
	return true;
}

/* Join pieces that are nested, or that are separated only by a comma. */
static void
join_pieces(struct removal *t)
{
	const char comma = t->json ? ',' : t->c->source->delimiter, *p;
	size_t i, n = 0;

	for (i = 1; i < t->n; i++) {
		p = t->piece[n].end;
		if (t->piece[i].p < p) {
			if (t->piece[i].end > p)
				t->piece[n].end = t->piece[i].end;
			continue;
		}
		if (t->json)
			p = skip_space(p);
		if (*p == comma) {
			p = t->json ? skip_space(p + 1) : p + 1;
			if (p == t->piece[i].p) {
				t->piece[n].end = t->piece[i].end;
				continue;
			}
		}
		t->piece[++n] = t->piece[i];
	}
	t->n = t->n > 0 ? n + 1 : 0;
}

/*
 * Extend a piece by the comma before the field. The first field has no comma before it, so extend
 * its piece by the comma after it.
 */
static struct piece
with_comma(const struct removal *t, struct piece x)
{
	const char comma = t->json ? ',' : t->c->source->delimiter, *p = x.p;

	if (t->json)
		p = skip_space_back(p);
	if ((t->json || p > t->c->record.p) && p[-1] == comma)
		return (struct piece){ p - 1, x.end };
	p = t->json ? skip_space(x.end) : x.end;
	if (*p == comma)
		x.end = t->json ? skip_space(p + 1) : p + 1;
	return x;
}

static XXH128_hash_t
hash_rest(struct ib_unchanged_check *x, const struct removal *t, unsigned seed)
{
	const struct ib_record *r = &t->c->record;
	const char *p = r->p;
	size_t i;

	if (t->n == 0)
		return XXH3_128bits_withSeed(r->p, r->n, seed);
	x->stripped.n = 0;
	for (i = 0; i < t->n; i++) {
		if (t->piece[i].p < p)
			continue; /* the weight is inside the removed object "ib" */
		ib_bytes_append(&x->stripped, p, (size_t)(t->piece[i].p - p));
		p = t->piece[i].end;
	}
	ib_bytes_append(&x->stripped, p, (size_t)(r->p + r->n - p));
	return XXH3_128bits_withSeed(x->stripped.p, x->stripped.n, seed);
}

/* ---- records ---------------------------------------------------------------------- */

/* Return the value of the field that -k names. ib-prune --id-field may have added this field. */
static const struct ib_value *
id_value(const struct ib_cursor *c)
{
	const struct ib_key *key = &c->source->key;

	if (key->kind != IB_KEY_FIELDS || key->n != 1)
		return NULL;
	return ib_cursor_value(c, c->source->key_slot[0]);
}

/* Return the current line of a list of ids, without the TAB and the weight. */
static struct ib_span
rest_of_list(const struct ib_cursor *c)
{
	const struct ib_value *w = ib_cursor_value(c, c->source->wanted_slot[IB_ADDED_WEIGHT]);
	const struct ib_record *r = &c->record;

	return (struct ib_span){ r->p, w ? (size_t)(w->p - 1 - r->p) : r->n };
}

/*
 * Hash the record without the fields that `way` removes. Returns false if this way is not possible
 * for the record.
 */
static bool
hash_without(struct ib_unchanged_check *x, const struct ib_cursor *c, unsigned way,
	     XXH128_hash_t *hash)
{
	const int *slot = c->source->wanted_slot;
	const struct ib_value *w = ib_cursor_value(c, slot[IB_ADDED_WEIGHT]);
	const struct ib_value *id = id_value(c);
	struct removal t = { .c = c, .json = ib_source_is_json(c->source) };
	unsigned level = way >> WEIGHT_SHIFT;
	size_t first = t.json ? IB_ADDED_IB : IB_ADDED_IB_PI;
	size_t end = t.json ? IB_ADDED_IB_PI : IB_NADDED, i;
	struct ib_span line;

	if (c->source->format == IB_FORMAT_LIST) {
		line = rest_of_list(c);
		*hash = XXH3_128bits_withSeed(line.p, line.n, SEED_WITHOUT_WEIGHT);
		return way == 0;
	}
	if (!w || (way & REMOVES_ID && (!id || id == w)))
		return false;
	if (way & REMOVES_ID)
		add_field(&t, id);
	for (i = first; i < end && !(way & KEEPS_IB); i++)
		if (slot[i] != slot[IB_ADDED_WEIGHT])
			add_field(&t, ib_cursor_value(c, slot[i]));
	if (level < VALUE_ONLY && !add_weight(&t, w, level))
		return false;
	join_pieces(&t);
	for (i = 0; i < t.n; i++)
		t.piece[i] = with_comma(&t, t.piece[i]);
	if (level == VALUE_ONLY)
		add_piece(&t, piece_of(&t, w));
	*hash = hash_rest(x, &t, level == VALUE_ONLY ? SEED_WITH_WEIGHT : SEED_WITHOUT_WEIGHT);
	return true;
}

XXH128_hash_t
ib_unchanged_check_hash(struct ib_unchanged_check *x, const struct ib_cursor *c)
{
	const struct ib_value *w = ib_cursor_value(c, c->source->wanted_slot[IB_ADDED_WEIGHT]);
	struct removal t = { .c = c, .json = ib_source_is_json(c->source) };

	if (w)
		add_piece(&t, piece_of(&t, w));
	return hash_rest(x, &t, w ? SEED_WITH_WEIGHT : SEED_WITHOUT_WEIGHT);
}

XXH128_hash_t
ib_unchanged_check_hash_rest(struct ib_unchanged_check *x, const struct ib_cursor *c)
{
	XXH128_hash_t hash = { 0, 0 };

	if (!hash_without(x, c, x->way, &hash))
		hash_without(x, c, 0, &hash);
	return hash;
}

bool
ib_unchanged_check_matches(struct ib_unchanged_check *x, const struct ib_cursor *c,
			   struct ib_span id, XXH128_hash_t want)
{
	XXH128_hash_t hash;
	unsigned way;

	if (c->source->format == IB_FORMAT_LIST && ib_span_equal(id, rest_of_list(c)))
		return true;
	for (way = 0; way < NWAYS; way++) {
		if (!hash_without(x, c, way, &hash) || !XXH128_isEqual(hash, want))
			continue;
		x->way = way;
		return true;
	}
	return false;
}
