/* Names of outputs that end in .npz or .npy: such a file holds arrays. */
#ifndef CMD_ARRAY_NAMES_H
#define CMD_ARRAY_NAMES_H

#include "command.h"

/*
 * Return ".npz" or ".npy" if the name of a file ends in this suffix, with or without a suffix of
 * a compression; else NULL.
 */
const char *cli_array_suffix(const char *path);

/*
 * Exit with a usage error if an output has the name of a file of arrays, but cannot be one. See
 * CLI_NPZ and CLI_NPY.
 */
void cli_check_array_names(const struct cli *cli);

#endif
