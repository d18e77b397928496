#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "base/hex.h"
#include "record/scan.h"
#include "record/tar_writer.h"
#include "scratch.h"

TestSuite(scan, .init = scratch_enter, .fini = scratch_leave);

static const int threads[] = { 1, 2, 5 };

/* Write a log. Each record contains its line number, which is in the range `from` to `to`. */
static void
write_log(const char *path, const char *before, bool csv, int from, int to)
{
	struct ib_bytes text = { 0 };
	int i;

	ib_bytes_append(&text, before, strlen(before));
	for (i = from; i <= to; i++)
		ib_bytes_printf(&text, csv ? "%d,%d%s" : "{\"id\":\"%d\",\"line\":%d}%s", i, i,
				"\n");
	scratch_write(path, text.p, text.n);
	ib_bytes_release(&text);
}

static void
write_tar(const char *path, int nsamples)
{
	struct ib_output *out = NULL;
	struct ib_tar_writer *w = NULL;
	struct ib_tar_maker *maker = NULL;
	struct ib_tar_piece piece;
	char name[32];
	int i;

	cr_assert(ib_output_open(path, 0, &out, NULL) == IB_OK);
	cr_assert(ib_tar_writer_new(out, &w, NULL) == IB_OK);
	cr_assert(ib_tar_maker_new(&maker, NULL) == IB_OK);
	for (i = 1; i <= nsamples; i++) {
		snprintf(name, sizeof(name), "%d.txt", i);
		cr_assert(ib_tar_make(maker, ib_span_of(name), 0, ib_span_of("x"), &piece, NULL) ==
			  IB_OK);
		ib_tar_writer_write(w, &piece);
	}
	ib_tar_writer_end(w);
	ib_tar_writer_free(w);
	ib_tar_maker_free(maker);
	cr_assert(ib_output_commit(&out, NULL) == IB_OK);
}

/* ---- lines and order ------------------------------------------------------------ */

#define MOST 128

struct lines {
	struct ib_scan_block in;
	size_t n;
	double said[MOST];   /* line number in the record */
	uint64_t line[MOST]; /* line number that the scan reports, within the block */
};

struct order {
	uint64_t nblocks, wrong;
	double last;
	struct ib_bytes ended; /* names of the operands that ended */
};

static enum ib_status
parse_lines(const struct ib_scan *scan, void *block, struct ib_error *err)
{
	struct lines *b = block;
	struct ib_cursor *c = &b->in.cursor;

	(void)scan, (void)err;
	for (b->n = 0; ib_cursor_next(c) == IB_NEXT_RECORD && b->n < MOST; b->n++) {
		if (!ib_value_read_number(&c->v[c->source->wanted_slot[0]], &b->said[b->n]))
			return IB_E_DATA;
		b->line[b->n] = c->record.line;
	}
	return IB_OK;
}

static enum ib_status
use_lines(struct ib_scan *scan, void *block, struct ib_error *err)
{
	struct order *order = scan->ctx;
	struct lines *b = block;
	size_t i;

	(void)err;
	order->nblocks++;
	for (i = 0; i < b->n; i++) {
		order->wrong += b->said[i] != (double)(scan->line + b->line[i]);
		order->wrong += b->said[i] != ++order->last;
	}
	scan->records += b->n;
	return IB_OK;
}

static enum ib_status
end_lines(struct ib_scan *scan, struct ib_error *err)
{
	struct order *order = scan->ctx;

	(void)err;
	order->last = 1;
	ib_bytes_printf(&order->ended, "%s ", scan->source->name);
	return IB_OK;
}

ParameterizedTestParameters(scan, blocks_are_used_in_order_with_their_lines)
{
	return cr_make_param_array(int, (void *)threads, sizeof(threads) / sizeof(*threads));
}
ParameterizedTest(int *t, scan, blocks_are_used_in_order_with_their_lines)
{
	static const char *paths[] = { "a.csv", "b.jsonl", "empty.jsonl", "c.csv" };
	struct ib_context context = { .threads = *t };
	struct ib_wanted line = { ib_span_of("line"), true };
	struct ib_reader_options o = {
		.operands = { paths, 4 },
		.otherwise = IB_FORMAT_JSONL,
		.wanted = &line,
		.nwanted = 1,
		.block = 300,
	};
	struct order order = { .last = 1 };
	struct ib_scan scan = {
		.context = &context,
		.block_size = sizeof(struct lines),
		.ctx = &order,
		.parse_block = parse_lines,
		.use_block = use_lines,
		.end_operand = end_lines,
	};

	write_log("a.csv", "id,line\n", true, 2, 500);
	write_log("b.jsonl", "\n", false, 2, 700);
	write_log("empty.jsonl", "", true, 1, 0);
	write_log("c.csv", "line,id\n", true, 2, 3);
	cr_assert(ib_reader_new(&o, &scan.reader, NULL) == IB_OK);
	cr_assert(eq(int, ib_scan_run(&scan, NULL), IB_OK));
	ib_reader_free(scan.reader);
	cr_expect(eq(u64, order.wrong, 0));
	cr_expect(gt(u64, order.nblocks, 20));
	cr_expect(eq(u64, scan.records, 499 + 699 + 2));
	cr_expect(ib_span_is(ib_bytes_span(&order.ended), "a.csv b.jsonl empty.jsonl c.csv "));
	ib_bytes_release(&order.ended);
}

/* ---- the digest ----------------------------------------------------------------- */

static enum ib_status
use_slowly(struct ib_scan *scan, void *block, struct ib_error *err)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	struct ib_scan_block *b = block;
	enum ib_status st = IB_OK;
	size_t n = 1;
	char buf[512];

	while (b->block.special && !st && n > 0) {
		nanosleep(&pause, NULL); /* time for other threads to read too far */
		st = ib_input_read(b->block.input, buf, sizeof(buf), &n, err);
		ib_reader_add_to_digest(scan->reader, buf, n);
	}
	return st < 0 ? st : IB_OK;
}

static void
add_file(XXH3_state_t *state, const char *path)
{
	static char buf[1 << 16];
	FILE *f = fopen(path, "r");
	size_t n;

	cr_assert_not_null(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		XXH3_128bits_update(state, buf, n);
	fclose(f);
}

ParameterizedTestParameters(scan, the_digest_is_of_all_bytes_in_their_order)
{
	return cr_make_param_array(int, (void *)threads, sizeof(threads) / sizeof(*threads));
}
ParameterizedTest(int *t, scan, the_digest_is_of_all_bytes_in_their_order)
{
	static const char *paths[] = { "a.csv", "b.tar", "c.csv", "b.tar" };
	struct ib_context context = { .threads = *t };
	struct ib_reader_options o = { .operands = { paths, 4 }, .digest = true, .block = 300 };
	struct ib_scan scan = {
		.context = &context,
		.block_size = sizeof(struct ib_scan_block),
		.use_block = use_slowly,
	};
	XXH3_state_t *state = XXH3_createState();
	char found[33], wanted[33];
	size_t i;

	write_log("a.csv", "id,line\n", true, 2, 100);
	write_tar("b.tar", 3);
	write_log("c.csv", "id,line\n", true, 2, 200);
	XXH3_128bits_reset(state);
	for (i = 0; i < 4; i++)
		add_file(state, paths[i]);
	ib_hex_xxh128(wanted, XXH3_128bits_digest(state));
	XXH3_freeState(state);
	cr_assert(ib_reader_new(&o, &scan.reader, NULL) == IB_OK);
	cr_assert(eq(int, ib_scan_run(&scan, NULL), IB_OK));
	ib_reader_write_digest(scan.reader, found);
	ib_reader_free(scan.reader);
	cr_expect(eq(str, found, wanted));
}

/* ---- samples of a tar ----------------------------------------------------------- */

struct samples {
	struct ib_scan_block in;
	uint64_t n;
	struct ib_span first; /* id of the first sample */
};

struct numbers {
	uint64_t stop_at; /* 0: read to the end */
	uint64_t nblocks, wrong;
};

static enum ib_status
add_sample(struct ib_scan *scan, void *block, const struct ib_tar_sample *sample,
	   struct ib_error *err)
{
	const struct numbers *numbers = scan->ctx;
	struct samples *b = block;

	(void)err;
	if (b->n++ == 0)
		b->first = sample->id;
	return sample->number == numbers->stop_at ? IB_EOF : IB_OK;
}

static enum ib_status
use_samples(struct ib_scan *scan, void *block, struct ib_error *err)
{
	struct numbers *numbers = scan->ctx;
	struct samples *b = block;
	char id[24];

	(void)err;
	snprintf(id, sizeof(id), "%llu", (unsigned long long)scan->records + 1);
	numbers->wrong += b->n > 0 && !ib_span_is(b->first, id);
	numbers->wrong += scan->line != 0;
	numbers->nblocks++;
	scan->records += b->n;
	b->n = 0;
	return IB_OK;
}

static uint64_t
scan_tar(struct numbers *numbers)
{
	static const char *path = "a.tar";
	struct ib_context context = { .threads = 2 };
	struct ib_reader_options o = { .operands = { &path, 1 } };
	struct ib_scan scan = {
		.context = &context,
		.block_size = sizeof(struct samples),
		.ctx = numbers,
		.add_sample = add_sample,
		.use_block = use_samples,
	};

	write_tar("a.tar", 5000);
	cr_assert(ib_reader_new(&o, &scan.reader, NULL) == IB_OK);
	cr_assert(eq(int, ib_scan_run(&scan, NULL), IB_OK));
	ib_reader_free(scan.reader);
	cr_expect(eq(u64, numbers->wrong, 0));
	return scan.records;
}

Test(scan, the_samples_of_a_tar_come_in_blocks)
{
	struct numbers numbers = { 0 };

	cr_expect(eq(u64, scan_tar(&numbers), 5000));
	cr_expect(gt(u64, numbers.nblocks, 1));
}

Test(scan, samples_are_skipped_after_add_sample_ends_the_scan)
{
	struct numbers numbers = { .stop_at = 10 };

	cr_expect(eq(u64, scan_tar(&numbers), 10));
	cr_expect(eq(u64, numbers.nblocks, 1));
}
