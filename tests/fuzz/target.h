/* What every target shares: the entry of libFuzzer, and bytes as a file. */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Returns 0, always: libFuzzer keeps the input if it found new code. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/*
 * A file in memory that holds the bytes, and a path that opens it; the
 * descriptor is to be closed.
 */
int fuzz_file(const uint8_t *data, size_t n, char path[32]);

#endif
