/* Parse and check a limit that is a count or a percentage. */
#include "base/limit.h"

#include <string.h>

#include "base/error.h"
#include "base/exact.h"

const char *
ib_limit_parse(char *text, struct ib_limit *limit)
{
	static const char expected[] = "a count or a percentage (5, 2.5%)";
	struct ib_limit l = { .given = true };
	size_t n = strlen(text);
	double percent;

	if (n > 1 && text[n - 1] == '%') {
		if (text[strspn(text, ".0123456789")] != '%')
			return expected;
		text[n - 1] = '\0';
		l.percent = true;
		l.decimal = text;
		if (!ib_value_real(text, "[0, 100]", &percent))
			return expected;
	} else if (!ib_value_count(text, NULL, &l.count)) {
		return expected;
	}
	*limit = l;
	return NULL;
}

enum ib_status
ib_limit_check(const struct ib_limit *limit, const char *option, uint64_t part, uint64_t total,
	       bool *exceeded, struct ib_error *err)
{
	bool ok = true;

	if (limit->percent)
		*exceeded = ib_decimal_exceeds(limit->decimal, part, total, &ok);
	else
		*exceeded = part > (limit->given ? limit->count : 0);
	return ok ? IB_OK
		  : ib_fail(err, IB_E_MISUSE, "%s: '%s%%' is not a percentage", option,
			    limit->decimal);
}
