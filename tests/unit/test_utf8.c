/* UTF-8. The expected bytes follow from RFC 3629, section 3. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/utf8.h"

Test(utf8, the_limits_of_each_length_are_exact)
{
	static const struct {
		uint32_t c;
		const char *text;
	} t[] = {
		{ 0x7f, "\x7f" },	    { 0x80, "\xc2\x80" },
		{ 0x7ff, "\xdf\xbf" },	    { 0x800, "\xe0\xa0\x80" },
		{ 0xffff, "\xef\xbf\xbf" }, { 0x10000, "\xf0\x90\x80\x80" },
		{ 0x20ac, "\xe2\x82\xac" }, { 0x10ffff, "\xf4\x8f\xbf\xbf" },
	};
	char out[5];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		out[ib_utf8_append(out, t[i].c)] = '\0';
		cr_expect(eq(str, out, (char *)t[i].text));
	}
}

Test(utf8, encoded_text_is_valid_unless_it_is_a_surrogate)
{
	uint32_t c;
	char out[4];
	size_t n;

	for (c = 0x80; c < 0x110000; c++) {
		n = ib_utf8_append(out, c);
		if (ib_utf8_length((unsigned char *)out, n) != (c >> 11 == 0x1b ? 0 : n))
			cr_fatal("%x", c);
	}
}
