/* Check the files of a run: no output may be an input or another output. */
#ifndef CMD_FILES_H
#define CMD_FILES_H

#include "command.h"

struct cli_files {
	size_t operands;  /* how many of the operands are files; the others are ids */
	uint64_t split;	  /* --split, or 0 */
	bool per_operand; /* true if %s in the name of -o stands for an operand's name */
};
/*
 * Usage error if the run would write a file that it also reads, or write a file
 * twice, even if the names differ. Call it after all other checks.
 */
void cli_check_files(struct cli *cli, const struct cli_files *files);

#endif
