/* Parse the values of options, and say which values an option accepts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/numbers.h"

/* Return the upper limit of a range such as "[0, 1)", with the bracket after it. */
static const char *
upper_limit(const char *range)
{
	return strchr(range, ',') + 2;
}

bool
ib_value_in_range(const char *range, double x)
{
	char *end;
	double low = strtod(range + 1, NULL), high = strtod(upper_limit(range), &end);

	return (range[0] == '[' ? x >= low : x > low) && (*end == ']' ? x <= high : x < high);
}

bool
ib_value_real(const char *text, const char *range, double *value)
{
	return ib_number_text(ib_span_of(text), value) && ib_value_in_range(range, *value);
}

/* The limits are not converted to double, because a double cannot represent every large integer. */
bool
ib_value_count(const char *text, const char *range, uint64_t *value)
{
	if (!ib_number_unsigned(ib_span_of(text), value))
		return false;
	return !range || (*value >= strtoull(range + 1, NULL, 10) &&
			  *value <= strtoull(upper_limit(range), NULL, 10));
}

int
ib_value_word(const char *text, const char *words)
{
	size_t n = strlen(text), len;
	int i;

	for (i = 0;; i++, words += len + 1) {
		len = strcspn(words, "|");
		if (len == n && !memcmp(words, text, n))
			return i;
		if (!words[len])
			return -1;
	}
}

const char *
ib_expected_real(char out[IB_EXPECTED_MAX], const char *range)
{
	snprintf(out, IB_EXPECTED_MAX, "a number in %s", range);
	return out;
}

const char *
ib_expected_count(char out[IB_EXPECTED_MAX], const char *range)
{
	snprintf(out, IB_EXPECTED_MAX, "a whole number in %s",
		 range ? range : "[0, 18446744073709551615]");
	return out;
}

const char *
ib_expected_word(char out[IB_EXPECTED_MAX], const char *words)
{
	const char *separator = "";
	size_t n = 0, len;

	for (;; words += len + 1) {
		len = strcspn(words, "|");
		n += (size_t)snprintf(out + n, IB_EXPECTED_MAX - n, "%s%.*s", separator, (int)len,
				      words);
		if (!words[len])
			return out;
		separator = strchr(words + len + 1, '|') ? ", " : " or ";
	}
}
