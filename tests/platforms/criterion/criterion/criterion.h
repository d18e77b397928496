/*
 * The part of Criterion that the unit tests use, for machines on which Criterion does not run.
 * Criterion starts the test program again for every test. An emulator of another processor cannot
 * do this, so run.c forks instead.
 */
#ifndef TESTS_CRITERION_H
#define TESTS_CRITERION_H

/* As with Criterion, the variable arguments of a macro may be omitted. */
#pragma GCC system_header

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct criterion_test_params {
	size_t size;
	char *params;
	size_t length;
};

struct criterion_options {
	void (*init)(void);
	void (*fini)(void);
	unsigned timeout; /* in seconds */
};

/* A test, or the options of a suite; these have neither run nor run_with. */
struct criterion_test {
	const char *suite, *name;
	struct criterion_options options;
	void (*run)(void);
	void (*run_with)(void *param); /* function of a test with parameters */
	struct criterion_test_params (*params)(void);
	struct criterion_test *next;
};

void criterion_add(struct criterion_test *test);
void criterion_fail(const char *file, int line, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
_Noreturn void criterion_leave(void);
_Noreturn void criterion_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define CRITERION_ADD(ID, ...)                                                                     \
	static struct criterion_test ID##_test = { __VA_ARGS__ };                                  \
	__attribute__((constructor)) static void ID##_add(void)                                    \
	{                                                                                          \
		criterion_add(&ID##_test);                                                         \
	}

#define TestSuite(SUITE, ...)                                                                      \
	CRITERION_ADD(suite_##SUITE, .suite = #SUITE, .options = { __VA_ARGS__ })                  \
	struct criterion_test /* the declaration that the semicolon after the macro ends */

#define Test(SUITE, NAME, ...)                                                                     \
	static void SUITE##_##NAME(void);                                                          \
	CRITERION_ADD(SUITE##_##NAME, .suite = #SUITE, .name = #NAME, .options = { __VA_ARGS__ },  \
		      .run = SUITE##_##NAME)                                                       \
	static void SUITE##_##NAME(void)

#define ParameterizedTestParameters(SUITE, NAME)                                                   \
	static struct criterion_test_params SUITE##_##NAME##_params(void)

#define ParameterizedTest(PARAM, SUITE, NAME, ...)                                                 \
	static void SUITE##_##NAME(PARAM);                                                         \
	static void SUITE##_##NAME##_with(void *param)                                             \
	{                                                                                          \
		SUITE##_##NAME(param);                                                             \
	}                                                                                          \
	CRITERION_ADD(SUITE##_##NAME, .suite = #SUITE, .name = #NAME, .options = { __VA_ARGS__ },  \
		      .run_with = SUITE##_##NAME##_with, .params = SUITE##_##NAME##_params)        \
	static void SUITE##_##NAME(PARAM)

#define cr_make_param_array(TYPE, ARRAY, LENGTH)                                                   \
	((struct criterion_test_params){ sizeof(TYPE), (char *)(ARRAY), (LENGTH) })

#define CRITERION_CHECK(FATAL, CONDITION, ...)                                                     \
	do {                                                                                       \
		if (CONDITION)                                                                     \
			break;                                                                     \
		criterion_fail(__FILE__, __LINE__, #CONDITION, "" __VA_ARGS__);                    \
		if (FATAL)                                                                         \
			criterion_leave();                                                         \
	} while (0)

#define cr_assert(CONDITION, ...) CRITERION_CHECK(true, (CONDITION), __VA_ARGS__)
#define cr_expect(CONDITION, ...) CRITERION_CHECK(false, (CONDITION), __VA_ARGS__)
#define cr_assert_not_null(POINTER) CRITERION_CHECK(true, (POINTER) != NULL, )
#define cr_fatal(...) CRITERION_CHECK(true, false, __VA_ARGS__)
#define cr_skip_test(...) criterion_skip(__VA_ARGS__)

/* eq(int, a, b) and similar macros. The type decides how the values are compared. */
#define eq(TYPE, A, B) (CRITERION_COMPARE_##TYPE(A, ==, B))
#define ne(TYPE, A, B) (CRITERION_COMPARE_##TYPE(A, !=, B))
#define lt(TYPE, A, B) (CRITERION_COMPARE_##TYPE(A, <, B))
#define le(TYPE, A, B) (CRITERION_COMPARE_##TYPE(A, <=, B))
#define gt(TYPE, A, B) (CRITERION_COMPARE_##TYPE(A, >, B))
#define ge(TYPE, A, B) (CRITERION_COMPARE_##TYPE(A, >=, B))
#define not(CONDITION) (!(CONDITION))

#define CRITERION_COMPARE(TYPE, A, OP, B) ((TYPE)(A)OP(TYPE)(B))
#define CRITERION_COMPARE_int(A, OP, B) CRITERION_COMPARE(int, A, OP, B)
#define CRITERION_COMPARE_long(A, OP, B) CRITERION_COMPARE(long, A, OP, B)
#define CRITERION_COMPARE_uint(A, OP, B) CRITERION_COMPARE(unsigned, A, OP, B)
#define CRITERION_COMPARE_ulong(A, OP, B) CRITERION_COMPARE(unsigned long, A, OP, B)
#define CRITERION_COMPARE_i32(A, OP, B) CRITERION_COMPARE(int32_t, A, OP, B)
#define CRITERION_COMPARE_u32(A, OP, B) CRITERION_COMPARE(uint32_t, A, OP, B)
#define CRITERION_COMPARE_i64(A, OP, B) CRITERION_COMPARE(int64_t, A, OP, B)
#define CRITERION_COMPARE_u64(A, OP, B) CRITERION_COMPARE(uint64_t, A, OP, B)
#define CRITERION_COMPARE_sz(A, OP, B) CRITERION_COMPARE(size_t, A, OP, B)
#define CRITERION_COMPARE_flt(A, OP, B) CRITERION_COMPARE(float, A, OP, B)
#define CRITERION_COMPARE_dbl(A, OP, B) CRITERION_COMPARE(double, A, OP, B)
#define CRITERION_COMPARE_ptr(A, OP, B) CRITERION_COMPARE(const void *, A, OP, B)
#define CRITERION_COMPARE_str(A, OP, B) (strcmp(A, B) OP 0)

#endif
