/* Parse and write partitions. */
#include "base/part.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/numbers.h"

bool
ib_part_parse(const char *text, struct ib_part *part)
{
	const char *slash = strchr(text, '/');
	struct ib_part p;

	if (!slash ||
	    !ib_number_unsigned((struct ib_span){ text, (size_t)(slash - text) }, &p.index) ||
	    !ib_number_unsigned(ib_span_of(slash + 1), &p.count) || p.index >= p.count)
		return false;
	*part = p;
	return true;
}

const char *
ib_part_text(char out[IB_PART_TEXT_MAX], const struct ib_part *part)
{
	snprintf(out, IB_PART_TEXT_MAX, "%" PRIu64 "/%" PRIu64, part->index, part->count);
	return out;
}
