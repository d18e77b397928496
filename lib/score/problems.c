/* A list of problems (score/problems.h). */
#include "score/problems.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"

void
ib_problems_release(struct ib_problems *p)
{
	free(p->v);
	*p = (struct ib_problems){ 0 };
}

bool
ib_problems_add(struct ib_problems *p, enum ib_problem_kind kind, uint64_t line, const char *format,
		va_list ap)
{
	struct ib_problem *problem;

	if (!ib_array_reserve(&p->v, &p->cap, p->n + 1, sizeof(*p->v)))
		return false;
	problem = &p->v[p->n++];
	problem->kind = kind;
	problem->line = line;
	vsnprintf(problem->text, sizeof(problem->text), format, ap);
	return true;
}

bool
ib_problem_excludes_record(const struct ib_problem *problem)
{
	return problem->kind != IB_LAST_LINE_KEPT && problem->kind != IB_PROBLEM_NOTE;
}

size_t
ib_problems_excluded(const struct ib_problems *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		n += ib_problem_excludes_record(&p->v[i]);
	return n;
}
