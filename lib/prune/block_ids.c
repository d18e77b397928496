#include "prune/block_ids.h"

#include <stdlib.h>

void
ib_block_ids_release(struct ib_block_ids *ids)
{
	free(ids->row);
	free(ids->unseen);
	ib_bytes_release(&ids->examples.bytes);
	*ids = (struct ib_block_ids){ 0 };
}

void
ib_block_ids_empty(struct ib_block_ids *ids)
{
	ids->n = ids->nunseen = 0;
	ids->examples.n = ids->examples.bytes.n = 0;
}

bool
ib_block_ids_reserve_group(struct ib_block_ids *ids)
{
	XXH128_hash_t *unseen;
	uint32_t *row;
	size_t cap;

	if (ids->n + IB_GROUP > ids->cap) {
		cap = 2 * ids->cap + 1024;
		row = realloc(ids->row, cap * sizeof(*row));
		if (!row)
			return false;
		ids->row = row;
		ids->cap = cap;
	}
	if (ids->nunseen + IB_GROUP > ids->unseen_cap) {
		cap = 2 * ids->unseen_cap + IB_GROUP;
		unseen = realloc(ids->unseen, cap * sizeof(*unseen));
		if (!unseen)
			return false;
		ids->unseen = unseen;
		ids->unseen_cap = cap;
	}
	return true;
}

size_t
ib_block_ids_find_unseen(const struct ib_block_ids *ids, size_t i)
{
	size_t k;

	for (k = 0; k < ids->n; k++)
		if (ids->row[k] == IB_NO_ROW && i-- == 0)
			break;
	return k;
}
