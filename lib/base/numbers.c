/*
 * Parse numbers in two steps. First scan the digits into a 64-bit integer and a power of
 * ten, and then convert these to a double. Most numbers need one multiplication or division
 * of doubles. Other numbers need a product with a 128-bit power of ten. The few remaining
 * numbers are converted by strtod(). All three ways return the correctly rounded double.
 */
#include "base/numbers.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if __has_include(<xlocale.h>) /* macOS and the BSDs declare newlocale() here */
#include <xlocale.h>
#endif

#include "base/digits.h"
#include "base/powers.h"

#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1
#error "doubles are not rounded to 64 bits here, and results would differ; i386: -mfpmath=sse"
#endif

/*
 * A scanned number: [-] w * 10^exp10. If the number has more than 19 digits after its leading
 * zeros, w has overflowed, and the digits must be read again from the text.
 */
struct scan {
	uint64_t w;
	int64_t exp10;
	size_t digits;		  /* number of digits before and after the decimal point */
	const char *first, *last; /* [first, last) holds the digits and the decimal point */
	bool negative;
};

/*
 * The two grammars of a number. In JSON, the caller guarantees a byte that ends the number, and
 * eight readable bytes after this byte. In TEXT, the text ends at source.end, and no byte from
 * source.end on is read.
 */
enum grammar { JSON, TEXT };

struct source {
	const char *begin, *end; /* NULL if the grammar is JSON */
};

#define INLINE static inline __attribute__((always_inline))

/* True if the byte at p may be read. Always true for JSON. */
#define AT(p, s, g) ((g) == JSON || (p) < (s)->end)

/*
 * No text that fits in memory has enough digits to bring a number with this exponent back into
 * the range of a double.
 */
#define EXPONENT_MAX ((int64_t)1 << 60)

/* Load eight bytes from p. Bytes after the end of the text become zero. */
INLINE uint64_t
load_eight(const char *p, const struct source *s, enum grammar g)
{
	size_t left, i;
	uint64_t v = 0;

	if (g == JSON)
		return ib_digits_load(p);
	left = (size_t)(s->end - p);
	if (left >= 8)
		return ib_digits_load(p);
	if (left > 0 && s->end - s->begin >= 8)
		return ib_digits_load(s->end - 8) >> (64 - 8 * left);
	for (i = 0; i < left; i++)
		v |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return v;
}

/*
 * Scan digits from p on, eight at a time, and append them to *w. Returns the address of the first
 * byte that is not a digit. To find this byte, subtract '0' from each byte and add 0x76: the high
 * bit is then set if the byte is not a digit. If fewer than eight digits are left, they are shifted
 * up, and the lower bytes become leading zeros. This is faster than a loop over bytes, by 10 % for
 * 7 digits and by 25 % for 17 digits; see tests/PERFORMANCE.md.
 */
INLINE const char *
scan_digits(const char *p, const struct source *s, enum grammar g, uint64_t *w)
{
	uint64_t v, other;
	int n;

	for (;;) {
		v = load_eight(p, s, g) ^ 0x3030303030303030;
		other = (((v & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676) | v) & 0x8080808080808080;
		if (other)
			break;
		*w = *w * 100000000 + ib_digits_of8(v);
		p += 8;
	}
	n = __builtin_ctzll(other) >> 3;
	if (n == 0)
		return p;
	*w = *w * ib_digits_power[n] + ib_digits_of8(v << (64 - 8 * n));
	return p + n;
}

/*
 * Scan an optional exponent [eE][+-]?digits at p and add it to *exp10. Returns the address
 * after the exponent, or NULL if the exponent has no digits.
 */
INLINE const char *
scan_exponent(const char *p, const struct source *s, enum grammar g, int64_t *exp10)
{
	bool negative = false;
	int64_t e = 0;

	if (!AT(p, s, g) || (*p | 0x20) != 'e')
		return p;
	p++;
	if (AT(p, s, g) && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	if (!AT(p, s, g) || !ib_is_digit(*p))
		return NULL;
	for (; AT(p, s, g) && ib_is_digit(*p); p++)
		if (e < EXPONENT_MAX / 16)
			e = e * 10 + (*p - '0');
	*exp10 += negative ? -e : e;
	return p;
}

/*
 * Scan the digits, the decimal point and the exponent after the sign. Returns NULL if the
 * number is malformed.
 */
INLINE const char *
scan_decimal(const char *p, const struct source *s, enum grammar g, struct scan *n)
{
	const char *point;

	n->w = 0;
	n->exp10 = 0;
	n->first = p;
	/*
	 * Scan the first digit separately, because most numbers have only one digit before the
	 * point.
	 */
	if (AT(p, s, g) && ib_is_digit(*p)) {
		n->w = (uint64_t)(*p++ - '0');
		if (AT(p, s, g) && ib_is_digit(*p)) {
			if (g == JSON && n->w == 0)
				return NULL;
			p = scan_digits(p, s, g, &n->w);
		}
	} else if (g == JSON) {
		return NULL;
	}
	n->digits = (size_t)(p - n->first);
	if (AT(p, s, g) && *p == '.') {
		point = ++p;
		p = scan_digits(p, s, g, &n->w);
		if (g == JSON && p == point)
			return NULL;
		n->digits += (size_t)(p - point);
		n->exp10 = -(int64_t)(p - point);
	}
	if (n->digits == 0)
		return NULL;
	n->last = p;
	return scan_exponent(p, s, g, &n->exp10);
}

/* ---- to a double --------------------------------------------------------- */

/*
 * Convert any number with strtod() in the C locale. First shorten the text to 780 significant
 * digits and an exponent. If any of the removed digits is not zero, append one more digit, 1. The
 * shorter text rounds to the same double, because neither a double nor a midpoint between two
 * doubles has more than 768 significant digits.
 */
#define SIGNIFICANT_DIGITS_MAX 780

static double
convert_by_strtod(const struct scan *s)
{
	char text[SIGNIFICANT_DIGITS_MAX + 32];
	const char *p = s->first;
	size_t n = 0, dropped = 0;
	bool sticky = false;
	locale_t c, before;
	double value;
	int64_t e;

	while (p < s->last && (*p == '0' || *p == '.'))
		p++;
	for (; p < s->last; p++) {
		if (*p == '.')
			continue;
		if (n < SIGNIFICANT_DIGITS_MAX) {
			text[n++] = *p;
			continue;
		}
		dropped++;
		sticky |= *p != '0';
	}
	if (n == 0)
		return 0;
	e = s->exp10 + (int64_t)dropped;
	if (sticky) {
		text[n++] = '1';
		e--;
	}
	/* Beyond these limits, any 781 digits give 0 or infinity. */
	e = e > 9999 ? 9999 : e < -9999 ? -9999 : e;
	snprintf(text + n, 32, "e%d", (int)e);
	/* glibc and musl return a constant for "C" and do not allocate memory. */
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	before = uselocale(c);
	value = strtod(text, NULL);
	uselocale(before);
	freelocale(c);
	return value;
}

/*
 * Set *value to the double nearest to w * 10^q, with w > 0. The double is computed from the
 * product of w and the leading bits of the power of ten (D. Lemire, Number parsing at a gigabyte
 * per second, 2021, arXiv 2101.11408). Returns false if these bits do not determine the rounding,
 * or if the result is not a finite normal number.
 */
static bool
convert_by_product(uint64_t w, int64_t q, double *value)
{
	int zeros = __builtin_clzll(w), high, e;
	struct ib_u128 power, p, below;
	uint64_t m;

	if (q < IB_POWER_MIN || q > 308)
		return false;
	power = ib_powers[q - IB_POWER_MIN];
	w <<= zeros;
	/*
	 * The exact product is in [p, p + w), in units of p.lo. If a carry from p.lo could
	 * change the significant bits, multiply by 64 more bits of the power.
	 */
	p = ib_u128_product(w, power.hi);
	if ((p.hi & 0x1ff) == 0x1ff && p.lo + w < w) {
		below = ib_u128_product(w, power.lo);
		p.lo += below.hi;
		p.hi += p.lo < below.hi;
		if ((p.hi & 0x1ff) == 0x1ff && p.lo == UINT64_MAX && below.lo + w < w)
			return false;
	}
	high = (int)(p.hi >> 63);
	m = p.hi >> (high + 9); /* 53 bits of the result and one more bit */
	/*
	 * In this case, the exact product is halfway between two doubles or slightly above, so the
	 * rounding is not known.
	 */
	if (p.lo == 0 && (p.hi & 0x1ff) == 0 && (m & 3) == 1)
		return false;
	m = (m + (m & 1)) >> 1;
	e = ib_power_log2((int)q) - zeros + high + 63 + 1023;
	if (m >> 53) {
		m >>= 1;
		e++;
	}
	if (e <= 0 || e >= 0x7ff)
		return false;
	m = (m & 0xfffffffffffff) | (uint64_t)e << 52;
	memcpy(value, &m, sizeof(m));
	return true;
}

/*
 * Convert a number with more than 19 significant digits. w has the first 19 digits, so the number
 * is between w and w + 1, each times a power of ten. Returns false unless these two products
 * convert to the same double.
 */
static bool
convert_long_number(const struct scan *s, double *value)
{
	int64_t q = s->exp10 + (int64_t)s->digits;
	const char *p = s->first;
	uint64_t w = 0;
	double above;
	int n = 0;

	for (; *p == '0' || *p == '.'; p++)
		q -= *p == '0';
	for (; n < 19; p++)
		if (*p != '.') {
			w = w * 10 + (uint64_t)(*p - '0');
			n++;
		}
	q -= 19;
	return convert_by_product(w, q, value) && convert_by_product(w + 1, q, &above) &&
	       *value == above;
}

/* True if the number has more than 19 digits after its leading zeros. */
static bool
is_long(const struct scan *s)
{
	const char *p = s->first;
	size_t n = s->digits;

	for (; p < s->last && (*p == '0' || *p == '.'); p++)
		n -= *p == '0';
	return n > 19;
}

static double
convert_hard(const struct scan *s)
{
	double value;

	if (s->digits > 19 && is_long(s))
		return convert_long_number(s, &value) ? value : convert_by_strtod(s);
	if (s->w == 0)
		return 0;
	return convert_by_product(s->w, s->exp10, &value) ? value : convert_by_strtod(s);
}

/*
 * If doubles can represent w and the power of ten exactly, a multiplication or division
 * rounds only once (Clinger 1990). This is not true if the compiler evaluates doubles with
 * more than 53 bits.
 */
#if FLT_EVAL_METHOD == 0
#define EXACT_POWER_MAX 22
#else
#define EXACT_POWER_MAX 0
#endif

INLINE double
convert_decimal(const struct scan *s)
{
	static const double power[] = { 1e0,  1e1,  1e2,  1e3,	1e4,  1e5,  1e6,  1e7,
					1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
					1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	double value;

	if (s->w >> 53 || s->digits > 19 || s->exp10 < -EXACT_POWER_MAX ||
	    s->exp10 > EXACT_POWER_MAX)
		value = convert_hard(s);
	else if (s->exp10 < 0)
		value = (double)(int64_t)s->w / power[-s->exp10];
	else
		value = (double)(int64_t)s->w * power[s->exp10];
	return s->negative ? -value : value;
}

/*
 * Parse one of the words nan, inf and infinity at p. Returns the length of the word, or 0 for
 * any other text.
 */
static size_t
parse_word(const char *p, size_t n, double *value)
{
	static const char words[3][9] = { "infinity", "inf", "nan" };
	size_t i, k;

	for (i = 0; i < 3; i++) {
		for (k = 0; k < n && words[i][k]; k++)
			if ((p[k] | 0x20) != words[i][k])
				break;
		if (!words[i][k]) {
			*value = i < 2 ? (double)INFINITY : (double)NAN;
			return k;
		}
	}
	return 0;
}

const char *
ib_number_json(const char *p, double *value)
{
	const struct source s = { NULL, NULL };
	struct scan n;
	size_t length;

	n.negative = *p == '-';
	if (n.negative)
		p++;
	if (!ib_is_digit(*p)) {
		length = parse_word(p, 8, value);
		if (length == 0)
			return NULL;
		if (n.negative)
			*value = -*value;
		return p + length;
	}
	p = scan_decimal(p, &s, JSON, &n);
	if (p)
		*value = convert_decimal(&n);
	return p;
}

bool
ib_number_text(struct ib_span field, double *value)
{
	struct source s;
	const char *p = field.p;
	struct scan n;

	if (field.n == 0)
		return false;
	s = (struct source){ p, p + field.n };
	n.negative = *p == '-';
	p += n.negative || *p == '+';
	if (p < s.end && (*p | 0x20) > '9') {
		if (parse_word(p, (size_t)(s.end - p), value) != (size_t)(s.end - p))
			return false;
		if (n.negative)
			*value = -*value;
		return true;
	}
	if (scan_decimal(p, &s, TEXT, &n) != s.end)
		return false;
	*value = convert_decimal(&n);
	return true;
}

bool
ib_number_unsigned(struct ib_span field, uint64_t *value)
{
	uint64_t v = 0, d;
	size_t i;

	for (i = 0; i < field.n; i++) {
		if (!ib_is_digit(field.p[i]))
			return false;
		d = (uint64_t)(field.p[i] - '0');
		if (v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*value = v;
	return field.n > 0;
}
