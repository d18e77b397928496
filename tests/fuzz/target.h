/* Declarations that all targets share. */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Test one input; libFuzzer calls this function. Aborts if the test fails, and always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/*
 * Create a file in memory that holds the bytes, and write a path that opens it to path[]. Returns a
 * descriptor, which the caller closes.
 */
int fuzz_file(const uint8_t *data, size_t n, char path[32]);

#endif
