/* Choose the default number of threads. */
#define _GNU_SOURCE /* sched_getaffinity, CPU_COUNT_S */
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "infobatch_run.h"

#define CPUS_MAX 65536 /* more CPUs than any kernel supports */

/* Return the number of CPUs that this process may use. */
static int
count_cpus(void)
{
	int cpus, count;
	cpu_set_t *set;
	size_t size;
	long online;

	/* The kernel rejects a set that is smaller than its own set, so try larger sets. */
	for (cpus = 1024; cpus <= CPUS_MAX; cpus *= 4) {
		set = CPU_ALLOC((size_t)cpus);
		size = CPU_ALLOC_SIZE((size_t)cpus);
		if (!set)
			break;
		count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
		CPU_FREE(set);
		if (count > 0)
			return count;
	}
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 && online <= CPUS_MAX ? (int)online : 1;
}

/* Return the positive integer in an environment variable. Returns 0 for any other text. */
static int
parse_environment(const char *name)
{
	const char *text = getenv(name);
	int n = 0;

	if (!text)
		return 0;
	for (; *text >= '0' && *text <= '9'; text++)
		if (n < CPUS_MAX)
			n = n * 10 + (*text - '0');
	return *text == '\0' ? n : 0;
}

int
ib_threads_default(void)
{
	int n = count_cpus();
	int limit = parse_environment("SLURM_CPUS_PER_TASK");

	if (limit == 0)
		limit = parse_environment("SLURM_CPUS_ON_NODE");
	return limit > 0 && limit < n ? limit : n;
}
