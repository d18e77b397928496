/*
 * Run each unit test in its own process, as Criterion does, and print the lines that
 * tests/unit/run.sh reads.
 *
 *   unit [-jN] [--filter SUITE/TEST]     N processes at a time; the names may be patterns
 */
#include <criterion/criterion.h>

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT 600 /* s: a guard against hangs */
#define JOBS_MAX 64
#define SKIPPED 77

static struct criterion_test *tests, **end = &tests, *running;
static bool failed;

void
criterion_add(struct criterion_test *test)
{
	*end = test;
	end = &test->next;
}

void
criterion_fail(const char *file, int line, const char *what, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "[FAIL] %s::%s: %s:%d: %s: ", running->suite, running->name, file, line,
		what);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	failed = true;
}

void
criterion_leave(void)
{
	_exit(1);
}

void
criterion_skip(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "[SKIP] %s::%s: ", running->suite, running->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(SKIPPED);
}

static struct criterion_options
options_of(const struct criterion_test *test)
{
	struct criterion_options o = test->options;
	const struct criterion_test *suite;

	for (suite = tests; suite; suite = suite->next) {
		if (suite->name || strcmp(suite->suite, test->suite) != 0)
			continue;
		o.init = o.init ? o.init : suite->options.init;
		o.fini = o.fini ? o.fini : suite->options.fini;
		o.timeout = o.timeout ? o.timeout : suite->options.timeout;
	}
	o.timeout = o.timeout ? o.timeout : TIMEOUT;
	return o;
}

static _Noreturn void
run_here(struct criterion_test *test, void *param)
{
	struct criterion_options o = options_of(test);

	running = test;
	alarm(o.timeout);
	if (o.init)
		o.init();
	if (test->run)
		test->run();
	else
		test->run_with(param);
	if (o.fini)
		o.fini();
	fflush(stdout);
	_exit(failed ? 1 : 0);
}

/* True if the test passed or was skipped. */
static bool
run_in_a_process(struct criterion_test *test, void *param)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		run_here(test, param);
	if (child < 0 || waitpid(child, &status, 0) != child)
		abort();
	if (WIFSIGNALED(status))
		fprintf(stderr, "[FAIL] %s::%s: signal %d\n", test->suite, test->name,
			WTERMSIG(status));
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == SKIPPED);
}

struct counts {
	unsigned tested, passed;
};

/* Run each test whose number is `job` modulo `jobs`. */
static struct counts
run_share(const char *filter, unsigned job, unsigned jobs)
{
	struct criterion_test_params p, none = { 0, NULL, 1 };
	struct counts c = { 0, 0 };
	struct criterion_test *t;
	unsigned number = 0;
	char name[512];
	size_t i;

	for (t = tests; t; t = t->next) {
		snprintf(name, sizeof(name), "%s/%s", t->suite, t->name ? t->name : "");
		if (!t->name || fnmatch(filter, name, 0) != 0)
			continue;
		p = t->params ? t->params() : none;
		for (i = 0; i < p.length; i++) {
			if (number++ % jobs != job)
				continue;
			c.tested++;
			c.passed += run_in_a_process(t, p.params + i * p.size) ? 1 : 0;
		}
	}
	return c;
}

/* Start a process that runs a part of the tests and writes its counts to the pipe. */
static int
start_share(const char *filter, unsigned job, unsigned jobs)
{
	struct counts c;
	int ends[2];

	if (pipe(ends) != 0)
		abort();
	switch (fork()) {
	case -1:
		abort();
	case 0:
		close(ends[0]);
		c = run_share(filter, job, jobs);
		_exit(write(ends[1], &c, sizeof(c)) != (ssize_t)sizeof(c));
	default:
		close(ends[1]);
		return ends[0];
	}
}

int
main(int argc, char **argv)
{
	struct counts c, all = { 0, 0 };
	const char *filter = "*";
	unsigned jobs = 1, job;
	int i, from[JOBS_MAX];

	for (i = 1; i < argc; i++) {
		if (strncmp(argv[i], "-j", 2) == 0)
			jobs = (unsigned)atoi(argv[i] + 2);
		else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
			filter = argv[++i];
	}
	jobs = jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs;
	for (job = 0; job < jobs; job++)
		from[job] = start_share(filter, job, jobs);
	for (job = 0; job < jobs; job++) {
		if (read(from[job], &c, sizeof(c)) != (ssize_t)sizeof(c))
			return 1; /* the line below is not printed, so the tests count as failed */
		all.tested += c.tested;
		all.passed += c.passed;
	}
	printf("[====] Synthesis: Tested: %u | Passing: %u\n", all.tested, all.passed);
	return all.tested != all.passed;
}
