/* Allocate memory for a run. */
#include "memory.h"

#include <stdlib.h>

#include "messages.h"

void *
cli_grow(const struct cli *cli, void *array, size_t element_size, size_t *room)
{
	size_t larger = 2 * *room + 16;
	void *grown = realloc(array, larger * element_size);

	if (!grown)
		cli_die(cli, IB_E_IO, "out of memory");
	*room = larger;
	return grown;
}

void *
cli_free_at_end(struct cli *cli, void *p)
{
	if (!p)
		cli_die(cli, IB_E_IO, "out of memory");
	if (cli->nowned == cli->owned_room)
		cli->owned = cli_grow(cli, cli->owned, sizeof(*cli->owned), &cli->owned_room);
	cli->owned[cli->nowned++] = p;
	return p;
}
