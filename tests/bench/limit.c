/*
 * A lower bound for the time of folding a loss log: limit N LOG OUT. The program reads N new ids in
 * one fixed form, {"id":"I","epoch":E,"loss":D.DDDDDD}, and checks almost nothing. It looks up each
 * id in a table that has its final size from the start, and writes as many bytes as a score file
 * has. It computes no CRC, no index and no totals.
 */
#define _GNU_SOURCE
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK ((size_t)1 << 20)
#define GROUP 64
#define HUGE_PAGE ((uintptr_t)2 << 20)

struct loss {
	const char *id;
	uint64_t hash;
	unsigned n;
	int epoch;
	float loss;
};

static char *bytes;
static uint64_t *offset, *slot, nslots, rows;
static float *score;
static int *epoch;
static unsigned *visits;

static void
die(const char *why)
{
	fprintf(stderr, "limit: %s\n", why);
	exit(1);
}

static void *
pages(size_t n)
{
	char *p = mmap(NULL, n + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED)
		die("no memory");
	p = (char *)(((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	madvise(p, n, MADV_HUGEPAGE);
	return p;
}

static const char *
expect(const char *p, const char *text)
{
	if (memcmp(p, text, strlen(text)) != 0)
		die("a record of another form");
	return p + strlen(text);
}

static const char *
digits(const char *p, uint64_t *value)
{
	while ((unsigned)(*p - '0') < 10)
		*value = *value * 10 + (uint64_t)(*p++ - '0');
	return p;
}

static const char *
parse(const char *p, struct loss *l)
{
	uint64_t e = 0, w = 0;
	const char *quote;

	p = expect(p, "{\"id\":\"");
	quote = memchr(p, '"', 64);
	if (!quote)
		die("an id of another form");
	l->id = p;
	l->n = (unsigned)(quote - p);
	l->hash = XXH3_64bits(p, l->n);
	p = digits(expect(quote, "\",\"epoch\":"), &e);
	p = digits(expect(p, ",\"loss\":"), &w);
	p = digits(expect(p, "."), &w);
	l->epoch = (int)e;
	l->loss = (float)((double)w / 1e6);
	return expect(p, "}\n");
}

static int
is_row(const struct loss *l, uint32_t row)
{
	return offset[row + 1] - offset[row] == l->n &&
	       memcmp(bytes + offset[row], l->id, l->n) == 0;
}

static void
add(const struct loss *l, uint64_t at)
{
	uint32_t tag = (uint32_t)(l->hash >> 32);

	for (; slot[at] != 0; at++)
		if (slot[at] >> 32 == tag && is_row(l, (uint32_t)slot[at] - 1))
			die("an id that is not new");
	slot[at] = (uint64_t)tag << 32 | (rows + 1);
	memcpy(bytes + offset[rows], l->id, l->n);
	offset[rows + 1] = offset[rows] + l->n;
	score[rows] = l->loss;
	epoch[rows] = l->epoch;
	visits[rows++] = 1;
}

static void
fold(const struct loss *l, size_t n)
{
	uint64_t at[GROUP];
	size_t i;

	for (i = 0; i < n; i++) {
		at[i] = ((l[i].hash >> 32) * nslots) >> 32;
		__builtin_prefetch(&slot[at[i]]);
	}
	for (i = 0; i < n; i++)
		add(&l[i], at[i]);
}

static void
read_log(int in)
{
	char *buffer = malloc(2 * BLOCK + 64);
	const char *p, *end, *last;
	struct loss l[GROUP];
	size_t kept = 0, n = 0;
	ssize_t got;

	if (!buffer)
		die("no memory");
	while ((got = read(in, buffer + kept, BLOCK)) > 0) {
		end = buffer + kept + got;
		last = memrchr(buffer, '\n', (size_t)(end - buffer));
		for (p = buffer; last && p <= last;) {
			p = parse(p, &l[n++]);
			if (n == GROUP || p > last) {
				fold(l, n);
				n = 0;
			}
		}
		kept = (size_t)(end - p);
		memmove(buffer, p, kept);
	}
	free(buffer);
}

static void
put(int out, const void *p, size_t n)
{
	const char *from = p;
	ssize_t done;

	for (; n > 0; n -= (size_t)done, from += done) {
		done = write(out, from, n < BLOCK ? n : BLOCK);
		if (done <= 0)
			die("cannot write");
	}
}

int
main(int argc, char **argv)
{
	uint64_t n = argc == 4 ? strtoull(argv[1], NULL, 10) : 0;
	int in = argc == 4 ? open(argv[2], O_RDONLY) : -1, out;

	if (n == 0 || in < 0)
		die("usage: limit N LOG OUT");
	nslots = n + n / 2;
	slot = pages((nslots + 4096) * 8);
	bytes = pages(n * 32);
	offset = pages((n + 1) * 8);
	score = pages(n * 4);
	epoch = pages(n * 4);
	visits = pages(n * 4);
	read_log(in);
	out = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (out < 0)
		die("cannot write");
	put(out, bytes, offset[rows]);
	put(out, offset, (rows + 1) * 8);
	put(out, score, rows * 4);
	put(out, epoch, rows * 4);
	put(out, visits, rows * 4);
	put(out, slot, nslots * 8);
	return 0;
}
