/* Allocate memory for a run. If memory runs out, the functions report it and exit. */
#ifndef CMD_MEMORY_H
#define CMD_MEMORY_H

#include "command.h"

/* Register p to be freed by cli_close(). Reports "out of memory" if p is NULL. Returns p. */
void *cli_free_at_end(struct cli *cli, void *p);

/* Double an array of *room elements (at least 16). Returns the new array. */
void *cli_grow(const struct cli *cli, void *array, size_t element_size, size_t *room);

#endif
