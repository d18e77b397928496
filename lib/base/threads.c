#define _GNU_SOURCE /* sched_getaffinity, CPU_COUNT_S */
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "infobatch.h"

#define CPUS_MAX 65536 /* of a kernel that anybody runs */

static int
affinity(void)
{
	int cpus, count;
	cpu_set_t *set;
	size_t size;
	long online;

	/* The kernel refuses a set smaller than its own: try larger ones. */
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

/* A whole positive number in the environment, else 0. */
static int
promised(const char *name)
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
	int n = affinity();
	int limit = promised("SLURM_CPUS_PER_TASK");

	if (limit == 0)
		limit = promised("SLURM_CPUS_ON_NODE");
	return limit > 0 && limit < n ? limit : n;
}
