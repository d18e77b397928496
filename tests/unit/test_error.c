#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include "base/error.h"

struct show {
	char in[32];
	size_t n;
	char out[IB_SHOW_MAX];
};

ParameterizedTestParameters(error, show_escapes_untrusted_bytes)
{
	static struct show cases[] = {
		{ "plain", 5, "\"plain\"" },	     { "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
		{ "\x1b[31m", 5, "\"\\x1b[31m\"" },  { "\xc3\xa9", 2, "\"\xc3\xa9\"" },
		{ "\xff\xc3", 2, "\"\\xff\\xc3\"" }, { "\xc2\x9b", 2, "\"\\xc2\\x9b\"" },
		{ "a\0b", 3, "\"a\\x00b\"" },
	};
	return cr_make_param_array(struct show, cases, sizeof(cases) / sizeof(*cases));
}

ParameterizedTest(struct show *c, error, show_escapes_untrusted_bytes)
{
	char out[IB_SHOW_MAX];

	cr_assert(eq(str, (char *)ib_show(out, (struct ib_span){ c->in, c->n }), c->out));
}

Test(error, show_shortens_long_bytes)
{
	char in[500], out[IB_SHOW_MAX];

	memset(in, 1, sizeof(in));
	ib_show(out, (struct ib_span){ in, sizeof(in) });
	cr_assert(lt(sz, strlen(out), IB_SHOW_MAX));
	cr_assert(not(eq(ptr, strstr(out, "...\""), NULL)));
}
