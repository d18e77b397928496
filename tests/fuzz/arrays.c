/*
 * Read loss logs of arrays (numpy.savez) with any types and any items. The first eight bytes choose
 * the options, the number of rows and the types. The other bytes are the items; missing items are
 * zeros.
 */
#include <string.h>
#include <unistd.h>

#include "fuzz/archive.h"
#include "fuzz/losses.h"

struct type {
	const char *descr;
	size_t size;
};

static const struct type types[] = {
	{ "<i8", 8 }, { "<f4", 4 }, { "|S3", 3 }, { "<U2", 8 }, { ">i8", 8 }, { "<f2", 2 },
	{ "<u1", 1 }, { ">f8", 8 }, { "<f8", 8 }, { "<u8", 8 }, { "|b1", 1 }, { "|O", 8 },
	{ "|V2", 2 }, { ">U2", 8 }, { "|S1", 1 }, { "<i2", 2 },
};
#define NTYPES (sizeof(types) / sizeof(*types))
#define ROWS 16

static struct fuzz_member
take(const char *name, uint8_t pick, size_t rows, const uint8_t **p, size_t *n,
     uint8_t items[ROWS * 8])
{
	const struct type *t = &types[pick % NTYPES];
	struct fuzz_member m = { name, t->descr, items, rows * t->size, t->size };
	size_t some = m.n < *n ? m.n : *n;

	memset(items, 0, ROWS * 8);
	memcpy(items, *p, some);
	*p += some;
	*n -= some;
	return m;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const names[] = { "id.npy",	"loss.npy", "epoch.npy",
					     "aux.npy", "n.npy",    "weight.npy" };
	struct fuzz_member m[6];
	uint8_t items[6][ROWS * 8], *file;
	struct ib_loss_counts counts;
	size_t i, rows, count, size;
	const uint8_t *p = data + 8;
	uint64_t taken;
	char path[32];
	int fd;

	if (n < 8)
		return 0;
	n -= 8;
	rows = data[1] % (ROWS + 1);
	count = 2 + (data[1] >> 5) % 5; /* a log always has id.npy and loss.npy */
	for (i = 0; i < count; i++)
		m[i] = take(names[i], data[2 + i], rows, &p, &n, items[i]);
	file = fuzz_archive(m, count, NULL, &size);
	fd = fuzz_file(file, size, path);
	if (!fuzz_losses(path, data[0], &counts, &taken) && counts.records + counts.bad != rows &&
	    counts.records != rows)
		abort(); /* a row was skipped */
	close(fd);
	free(file);
	return 0;
}
