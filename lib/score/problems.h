/* The problems found in one block of a loss log or score file, in the order of the records. */
#ifndef IB_SCORE_PROBLEMS_H
#define IB_SCORE_PROBLEMS_H

#include <stdarg.h>

#include "record/source.h"

enum ib_problem_kind {
	IB_BAD_RECORD, /* an invalid record; --max-bad limits the number of invalid records */
	IB_LAST_LINE_DROPPED, /* warning: the truncated last line was skipped */
	IB_LAST_LINE_KEPT,    /* warning: the last line may be truncated but is used */
	IB_PROBLEM_NOTE,      /* warning about a valid record; printed once in a run */
	IB_PROBLEM_USAGE      /* usage error; ends the run, regardless of --max-bad */
};

struct ib_problem {
	enum ib_problem_kind kind;
	uint64_t line; /* number of lines in the block before the problem */
	char text[IB_WHY_MAX];
};

/* Initialize with {0}. */
struct ib_problems {
	struct ib_problem *v;
	size_t n, cap;
};
void ib_problems_release(struct ib_problems *problems);

/*
 * Add a problem with the record that starts after the first `line` lines of the block. Returns
 * false if out of memory.
 */
bool ib_problems_add(struct ib_problems *problems, enum ib_problem_kind kind, uint64_t line,
		     const char *format, va_list ap) __attribute__((format(printf, 4, 0)));

/* True if the record of the problem was not used. */
bool ib_problem_excludes_record(const struct ib_problem *problem);

/* Return the number of problems whose record was not used. */
size_t ib_problems_excluded(const struct ib_problems *problems);

#endif
