#include "score/bins.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/error.h"

void
ib_bins_release(struct ib_bins *f)
{
	free(f->order);
	free(f->count);
	f->order = NULL;
	f->count = NULL;
	f->n = 0;
}

/* ---- counting ------------------------------------------------------------ */

static void
sort_pass(const uint32_t *from, uint32_t *to, uint64_t n, unsigned shift)
{
	uint64_t at[2048] = { 0 }, i, sum = 0, count;
	size_t bin;

	for (i = 0; i < n; i++)
		at[from[i] >> shift & 2047]++;
	for (bin = 0; bin < 2048; bin++) {
		count = at[bin];
		at[bin] = sum;
		sum += count;
	}
	for (i = 0; i < n; i++)
		to[at[from[i] >> shift & 2047]++] = from[i];
}

static bool
allocate(struct ib_bins *f, uint64_t n)
{
	f->n = n;
	f->order = ib_array(n + 1, sizeof(*f->order));
	f->count = ib_array(n + 1, sizeof(*f->count));
	return f->order && f->count;
}

enum ib_status
ib_bins_count(struct ib_bins *f, uint32_t *order, uint64_t n, struct ib_error *err)
{
	uint32_t *sorted = ib_array(n + 1, sizeof(*sorted));
	uint64_t distinct = 0, i, k = 0;

	if (!sorted)
		return ib_fail_memory(err);
	sort_pass(order, sorted, n, 0);
	sort_pass(sorted, order, n, 11);
	sort_pass(order, sorted, n, 22);
	for (i = 0; i < n; i++)
		distinct += i == 0 || sorted[i] != sorted[i - 1];
	if (!allocate(f, distinct)) {
		free(sorted);
		return ib_fail_memory(err);
	}
	for (i = 0; i < n; i++) {
		if (i == 0 || sorted[i] != sorted[i - 1]) {
			f->order[k] = sorted[i];
			f->count[k++] = 0;
		}
		f->count[k - 1]++;
	}
	free(sorted);
	return IB_OK;
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
		bool first = a < f->n && (b == o->n || f->order[a] <= o->order[b]);
		bool second = b < o->n && (a == f->n || o->order[b] <= f->order[a]);

		sum.order[k] = first ? f->order[a] : o->order[b];
		sum.count[k++] = (first ? f->count[a] : 0) + (second ? o->count[b] : 0);
		a += first;
		b += second;
	}
	sum.n = k;
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

/* ---- as text --------------------------------------------------------------- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
put_number(struct ib_bytes *b, uint64_t x)
{
	for (; x >= 32; x >>= 5)
		ib_bytes_put_char(b, digits[32 + x % 32]);
	ib_bytes_put_char(b, digits[x]);
}

char *
ib_bins_text(const struct ib_bins *f, uint32_t bin)
{
	uint64_t first = ib_bins_seek(f, (uint64_t)bin << 20);
	uint64_t end = ib_bins_seek(f, (uint64_t)(bin + 1) << 20), i;
	uint32_t next = bin << 20;
	struct ib_bytes b = { 0 };

	for (i = first; i < end; i++) {
		put_number(&b, f->order[i] - next);
		put_number(&b, f->count[i]);
		next = f->order[i] + 1;
	}
	ib_bytes_put_char(&b, '\0');
	if (!b.failed)
		return b.p;
	ib_bytes_release(&b);
	return NULL;
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

/* Read a number of at most 60 bits. */
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
	return shift == 5 || v > 0; /* only the shortest form is valid */
}

bool
ib_bins_read(struct ib_bins *f, uint32_t bin, const char *text)
{
	uint64_t max_values = strlen(text) / 2, gap, count, next = 0;
	uint32_t *order = ib_array_resize(f->order, f->n + max_values + 1, sizeof(*order));
	uint64_t *counts;

	if (!order)
		return !(f->failed = true);
	f->order = order;
	counts = ib_array_resize(f->count, f->n + max_values + 1, sizeof(*counts));
	if (!counts)
		return !(f->failed = true);
	f->count = counts;
	while (*text) {
		if (!read_number(&text, &gap) || !read_number(&text, &count) ||
		    gap >= IB_BIN_VALUES - next || count == 0)
			return false;
		next += gap;
		order[f->n] = bin << 20 | (uint32_t)next++;
		counts[f->n++] = count;
	}
	ib_bins_select(f, bin);
	return true;
}
