/* Check the files of a run: no output may be an input or another output. */
#ifndef CMD_FILES_H
#define CMD_FILES_H

#include "command.h"

struct cli_files {
	size_t operands;  /* number of operands that are files; the other operands are ids */
	uint64_t split;	  /* the value of --split, or 0 */
	bool per_operand; /* true if %s in the file name of -o is replaced by an operand's name */
};
/*
 * Exit with a usage error if the run would write to a file that it also reads, or would write to
 * one file twice. The check also finds a file that is given by two different names. Call this
 * function after all other checks.
 */
void cli_check_files(struct cli *cli, const struct cli_files *files);

#endif
