/* Bytes that are written once and read back later, in memory or in a temporary file. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/spill_file.h"
#include "scratch.h"

TestSuite(spill_file, .init = scratch_enter, .fini = scratch_leave);

/* Item i has 1 + i % 7 bytes, which repeat the bytes of i. */
static size_t
make_item(unsigned i, char *p)
{
	size_t n = 1 + i % 7, k;

	for (k = 0; k < n; k++)
		p[k] = (char)(i >> 8 * (k % 2));
	return n;
}

static void
write_items(struct ib_spill_file *s, unsigned n)
{
	unsigned i;
	size_t room;
	char *p;

	for (i = 0; i < n; i++) {
		p = ib_spill_file_reserve(s, 7, &room);
		cr_assert(p != NULL && room >= 7);
		ib_spill_file_add(s, make_item(i, p));
	}
}

/* Read every item in one view, whatever part of it is in memory. */
static void
check_items(struct ib_spill_file *s, unsigned n)
{
	uint64_t at = 0;
	struct ib_span view;
	char item[7];
	unsigned i;
	size_t k;

	for (i = 0; i < n; i++, at += k) {
		k = make_item(i, item);
		view = ib_spill_file_view(s, at, k);
		cr_assert(view.n >= k && memcmp(view.p, item, k) == 0, "item %u", i);
	}
	cr_assert(eq(u64, ib_spill_file_size(s), at));
}

Test(spill_file, items_are_read_back_from_memory_and_file)
{
	static const size_t memory[] = { 1, 1000, 1 << 20, (size_t)64 << 20 };
	struct ib_spill_file *s;
	struct ib_error err;
	size_t i;

	for (i = 0; i < sizeof(memory) / sizeof(*memory); i++) {
		cr_assert(eq(int, ib_spill_file_new("out", memory[i], &s, &err), IB_OK));
		write_items(s, 300000);
		check_items(s, 300000);
		cr_assert(eq(int, ib_spill_file_status(s, &err), IB_OK));
		ib_spill_file_empty(s);
		cr_assert(eq(u64, ib_spill_file_size(s), 0));
		write_items(s, 1000);
		check_items(s, 1000);
		ib_spill_file_free(s);
	}
}

/* Write a byte to the temporary file of a spill file. */
static enum ib_status
spill_a_byte(const char *near)
{
	struct ib_spill_file *s;
	struct ib_error err;
	enum ib_status st;

	cr_assert(eq(int, ib_spill_file_new(near, 1, &s, &err), IB_OK));
	write_items(s, 1);
	st = ib_spill_file_status(s, &err);
	ib_spill_file_free(s);
	return st;
}

Test(spill_file, the_file_is_in_tmpdir)
{
	cr_assert(eq(int, mkdir("here", 0777), 0));
	setenv("TMPDIR", "here", 1);
	cr_assert(eq(int, spill_a_byte("nowhere/out"), IB_OK));
	setenv("TMPDIR", "nowhere", 1);
	cr_assert(eq(int, spill_a_byte("out"), IB_E_CREATE));
	unsetenv("TMPDIR");
	cr_assert(eq(int, spill_a_byte("here/out"), IB_OK));
	cr_assert(eq(int, spill_a_byte("nowhere/out"), IB_E_CREATE));
	cr_assert(eq(int, spill_a_byte(NULL), IB_OK));
	cr_assert(eq(int, rmdir("here"), 0), "a file is left");
}
