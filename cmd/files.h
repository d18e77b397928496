/* The files that a run reads and writes: no output is an input, or another
 * output. */
#ifndef CMD_FILES_H
#define CMD_FILES_H

#include "command.h"

/*
 * Misuse if the run would write a file that it reads, or one file twice,
 * under whatever names. After all other checks: see files.c.
 */
struct cli_files {
	size_t operands;  /* the first so many operands are files */
	uint64_t split;	  /* --split, or 0 */
	bool per_operand; /* %s in the name of -o is an operand's name */
};
void cli_check_files(struct cli *cli, const struct cli_files *files);

#endif
