/* Allocate memory for a run. If memory runs out, the functions print a message and exit. */
#ifndef CMD_MEMORY_H
#define CMD_MEMORY_H

#include "command.h"

/*
 * Register p, so that cli_close() frees it. If p is NULL, report "out of memory" and exit.
 * Returns p.
 */
void *cli_free_at_end(struct cli *cli, void *p);

/*
 * Increase the capacity of an array from *room to 2 * *room + 16 elements. Returns the new
 * array.
 */
void *cli_grow(const struct cli *cli, void *array, size_t element_size, size_t *room);

#endif
