/* Choose the default number of threads. */
#include <stdlib.h>

#include "base/system.h"
#include "infobatch_run.h"

/* Return the positive integer in an environment variable. Returns 0 for any other text. */
static int
parse_environment(const char *name)
{
	const char *text = getenv(name);
	int n = 0;

	if (!text)
		return 0;
	for (; *text >= '0' && *text <= '9'; text++)
		if (n < IB_CPUS_MAX)
			n = n * 10 + (*text - '0');
	return *text == '\0' ? n : 0;
}

int
ib_threads_default(void)
{
	int n = ib_system_cpus();
	int limit = parse_environment("SLURM_CPUS_PER_TASK");

	if (limit == 0)
		limit = parse_environment("SLURM_CPUS_ON_NODE");
	return limit > 0 && limit < n ? limit : n;
}
