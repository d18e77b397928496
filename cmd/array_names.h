/* Names of outputs that end in .npz or .npy. A file with such a name holds arrays. */
#ifndef CMD_ARRAY_NAMES_H
#define CMD_ARRAY_NAMES_H

#include "command.h"

/*
 * Return ".npz" or ".npy" if the name of a file ends in this suffix, which a suffix of a
 * compression may follow. Otherwise return NULL.
 */
const char *cli_array_suffix(const char *path);

/*
 * Exit with a usage error if the name of an output ends in .npz or .npy, but the option cannot
 * write such a file. See CLI_NPZ and CLI_NPY.
 */
void cli_check_array_names(const struct cli *cli);

#endif
