/*
 * How a table's slots are laid out: growing them, sorting them for a file,
 * building them anew. Private to the table.
 */
#ifndef IB_SCORE_SLOTS_H
#define IB_SCORE_SLOTS_H

#include "score/table.h"

static inline struct ib_slot
ib_slot_of(uint64_t hash, uint32_t row)
{
	return (struct ib_slot){ (uint32_t)(hash >> 32), row + 1 };
}

static inline uint64_t
ib_slot_home(struct ib_slot s, uint64_t nslots)
{
	return ((uint64_t)s.tag * nslots) >> 32;
}

/* Put a slot into the first free place from its home on: how far that was. */
static inline uint64_t
ib_slot_place(struct ib_slot *slots, uint64_t nslots, struct ib_slot s)
{
	uint64_t home = ib_slot_home(s, nslots), i = home;

	while (slots[i].row1 != 0)
		i++;
	slots[i] = s;
	return i - home;
}

/* Slots for `rows` rows in all. */
enum ib_status ib_slots_reserve(struct ib_table *t, uint64_t rows, struct ib_error *err);

#endif
