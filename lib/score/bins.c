/*
 * The distinct values in selected bins: count them, compute order statistics, and write and read
 * them as text.
 */
#include "score/bins.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/sort.h"

void
ib_bins_release(struct ib_bins *f)
{
	free(f->order);
	free(f->before);
	f->order = NULL;
	f->before = NULL;
	f->n = 0;
}

/* ---- counting ------------------------------------------------------------ */

static bool
allocate(struct ib_bins *f, uint64_t n)
{
	f->n = n;
	f->order = ib_array(n + 1, sizeof(*f->order));
	f->before = ib_array(n + 1, sizeof(*f->before));
	return f->order && f->before;
}

enum ib_status
ib_bins_count(struct ib_bins *f, uint32_t *order, uint64_t n, struct ib_error *err)
{
	const uint32_t *sorted;
	uint64_t i, k = 0;

	if (!allocate(f, n)) {
		ib_bins_release(f);
		return ib_fail_memory(err);
	}
	sorted = ib_sort_u32(order, f->order, n);
	for (i = 0; i < n; i++)
		if (k == 0 || sorted[i] != f->order[k - 1]) {
			f->order[k] = sorted[i];
			f->before[k++] = i;
		}
	f->before[k] = n;
	f->n = k;
	return IB_OK;
}

/* Return the total number of occurrences of the values at the indices below i. */
static uint64_t
count_before(const struct ib_bins *f, uint64_t i)
{
	return f->before ? f->before[i] : 0;
}

enum ib_status
ib_bins_merge(struct ib_bins *f, const struct ib_bins *o, struct ib_error *err)
{
	struct ib_bins sum;
	uint64_t a = 0, b = 0, k = 0;

	memcpy(sum.selected, f->selected, sizeof(sum.selected));
	if (!allocate(&sum, f->n + o->n)) {
		ib_bins_release(&sum);
		return ib_fail_memory(err);
	}
	while (a < f->n || b < o->n) {
		bool from_f = a < f->n && (b == o->n || f->order[a] <= o->order[b]);
		bool from_o = b < o->n && (a == f->n || o->order[b] <= f->order[a]);

		sum.order[k] = from_f ? f->order[a] : o->order[b];
		sum.before[k++] = count_before(f, a) + count_before(o, b);
		a += from_f;
		b += from_o;
	}
	sum.n = k;
	sum.before[k] = count_before(f, a) + count_before(o, b);
	ib_bins_release(f);
	*f = sum;
	return IB_OK;
}

uint64_t
ib_bins_seek(const struct ib_bins *f, uint64_t order)
{
	uint64_t a = 0, b = f->n, m;

	while (a < b) {
		m = a + (b - a) / 2;
		if (f->order[m] < order)
			a = m + 1;
		else
			b = m;
	}
	return a;
}

/* ---- order statistics ---------------------------------------------------- */

/* Return the number of values v of f for which from <= ib_float_order(v) < to. */
static uint64_t
count_range(const struct ib_bins *f, uint64_t from, uint64_t to)
{
	return count_before(f, ib_bins_seek(f, to)) - count_before(f, ib_bins_seek(f, from));
}

uint64_t
ib_bins_count_of(const struct ib_bins *f, uint32_t bin)
{
	return count_range(f, (uint64_t)bin << 20, (uint64_t)(bin + 1) << 20);
}

uint64_t
ib_bins_below(const struct ib_bins *f, const uint64_t count[IB_TOTALS_BINS], uint64_t order)
{
	uint64_t below = count_range(f, order >> 20 << 20, order), bin;

	for (bin = 0; bin < order >> 20; bin++)
		below += count[bin];
	return below;
}

/*
 * Return the bin that contains the *rank-th smallest value, and set *rank to the rank of this value
 * within the bin.
 */
static uint32_t
seek_rank(const uint64_t count[IB_TOTALS_BINS], uint64_t *rank)
{
	uint32_t bin = 0;

	while (bin < IB_TOTALS_BINS - 1 && count[bin] < *rank)
		*rank -= count[bin++];
	return bin;
}

uint32_t
ib_bins_of_rank(const uint64_t count[IB_TOTALS_BINS], uint64_t rank)
{
	return seek_rank(count, &rank);
}

float
ib_bins_value(const struct ib_bins *f, const uint64_t count[IB_TOTALS_BINS], uint64_t rank)
{
	uint64_t i = ib_bins_seek(f, (uint64_t)seek_rank(count, &rank) << 20);

	rank += f->before[i];
	while (i + 1 < f->n && f->before[i + 1] < rank)
		i++;
	return ib_float_from_order(f->order[i]);
}

/* ---- as text --------------------------------------------------------------- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
write_number(struct ib_bytes *b, uint64_t x)
{
	for (; x >= 32; x >>= 5)
		ib_bytes_append_char(b, digits[32 + x % 32]);
	ib_bytes_append_char(b, digits[x]);
}

void
ib_bins_write_text(struct ib_bytes *b, const struct ib_bins *f, uint32_t bin)
{
	uint64_t end = ib_bins_seek(f, (uint64_t)(bin + 1) << 20);
	uint64_t i = ib_bins_seek(f, (uint64_t)bin << 20);
	uint32_t next = bin << 20;

	for (; i < end; i++) {
		write_number(b, f->order[i] - next);
		write_number(b, f->before[i + 1] - f->before[i]);
		next = f->order[i] + 1;
	}
}

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Read a number of at most 60 bits at *p, and advance *p. */
static bool
read_number(const char **p, uint64_t *x)
{
	unsigned shift = 0;
	int v;

	*x = 0;
	do {
		v = value_of(**p);
		if (v < 0 || shift > 55)
			return false;
		++*p;
		*x |= (uint64_t)(v & 31) << shift;
		shift += 5;
	} while (v >= 32);
	return shift == 5 || v > 0; /* a number is valid only in its shortest form */
}

/* Make room for n more values. */
static bool
reserve(struct ib_bins *f, uint64_t n)
{
	if (!ib_array_resize(&f->order, f->n + n + 1, sizeof(*f->order)) ||
	    !ib_array_resize(&f->before, f->n + n + 1, sizeof(*f->before)))
		return false;
	if (f->n == 0)
		f->before[0] = 0;
	return true;
}

bool
ib_bins_read(struct ib_bins *f, uint32_t bin, const char *text)
{
	uint64_t max_values = strlen(text) / 2, gap, count, next = 0;

	f->failed = !reserve(f, max_values);
	if (f->failed)
		return false;
	while (*text) {
		if (!read_number(&text, &gap) || !read_number(&text, &count) ||
		    gap >= IB_BIN_VALUES - next || count == 0)
			return false;
		next += gap;
		f->order[f->n] = bin << 20 | (uint32_t)next++;
		f->before[f->n + 1] = f->before[f->n] + count;
		f->n++;
	}
	ib_bins_select(f, bin);
	return true;
}
