/* The ids of the samples of one block. */
#include "prune/block_ids.h"

#include <stdlib.h>

#include "base/array.h"

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
	return ib_array_reserve(&ids->row, &ids->cap, ids->n + IB_GROUP, sizeof(*ids->row)) &&
	       ib_array_reserve(&ids->unseen, &ids->unseen_cap, ids->nunseen + IB_GROUP,
				sizeof(*ids->unseen));
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
