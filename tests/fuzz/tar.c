/* Read any bytes as a tar. The bytes of its members are passed on unchanged and in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "record/tar_archive.h"
#include "record/tar_samples.h"

struct walk {
	const uint8_t *data;
	size_t n, at;
};

static void
take(void *ctx, const struct ib_tar_piece *piece)
{
	struct walk *w = ctx;

	if (piece->n > w->n - w->at || piece->from > piece->to || piece->to > piece->n ||
	    memcmp(w->data + w->at, piece->p, piece->n) != 0)
		abort();
	w->at += piece->n;
}

/* Skip the blocks of zeros before a member. They end an earlier archive. */
static void
skip_zeros(struct walk *w)
{
	static const char zeros[512];

	while (w->n - w->at >= sizeof(zeros) && memcmp(w->data + w->at, zeros, sizeof(zeros)) == 0)
		w->at += sizeof(zeros);
}

static void
walk(const char *path, const uint8_t *data, size_t n)
{
	struct walk w = { data, n, 0 };
	struct ib_input *in = NULL;
	struct ib_tar_archive *t = NULL;
	struct ib_tar_member m;
	struct ib_error err;
	enum ib_status st;

	if (ib_input_open(path, &in, &err))
		abort();
	st = ib_tar_archive_open(in, NULL, &t, &err);
	while (!st && !(st = ib_tar_archive_next(t, &m, &err))) {
		if (m.key.p && (m.key.n >= m.path.n || memcmp(m.key.p, m.path.p, m.key.n) != 0))
			abort();
		skip_zeros(&w);
		st = ib_tar_archive_pass_member(t, take, &w, &err);
	}
	if (st != IB_EOF && st != IB_E_DATA)
		abort();
	ib_tar_archive_close(t);
	ib_input_close(in);
}

/*
 * Compute the checksum of every header again, so that a header that the fuzzer has changed is
 * parsed. Headers are recognized by their magic bytes.
 */
static void
mend(uint8_t *p, size_t n)
{
	unsigned sum;
	size_t i;

	for (; n >= 512; p += 512, n -= 512) {
		if (memcmp(p + 257, "ustar", 5) != 0)
			continue;
		memset(p + 148, ' ', 8);
		for (i = 0, sum = 0; i < 512; i++)
			sum += p[i];
		snprintf((char *)p + 148, 8, "%06o", sum);
	}
}

static void
read_tar(const uint8_t *data, size_t n)
{
	struct ib_tar_samples *s = NULL;
	struct ib_tar_sample sample;
	struct ib_input *in = NULL;
	enum ib_status st;
	double weight;
	char path[32];
	int fd;

	fd = fuzz_file(data, n, path);
	walk(path, data, n);
	if (ib_input_open(path, &in, NULL))
		abort();
	st = ib_tar_samples_open(in, NULL, NULL, &s, NULL);
	while (!st && !(st = ib_tar_samples_next(s, &sample, NULL)))
		if (sample.weighted)
			ib_tar_parse_weight(sample.weight, &weight);
	ib_tar_samples_close(s);
	ib_input_close(in);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *mended;

	if (n >= 4 &&
	    (memcmp(data, "\x1f\x8b", 2) == 0 || memcmp(data, "BZh", 3) == 0 ||
	     memcmp(data,
		    "\xfd"
		    "7z",
		    3) == 0 ||
	     memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0 || memcmp(data, "\x04\x22\x4d\x18", 4) == 0 ||
	     (data[0] >> 4 == 5 && memcmp(data + 1, "\x2a\x4d\x18", 3) == 0)))
		return 0; /* the input is compressed, so the members have other bytes */
	read_tar(data, n);
	mended = malloc(n + !n);
	if (n > 0)
		memcpy(mended, data, n);
	mend(mended, n);
	if (n > 0 && memcmp(mended, data, n) != 0)
		read_tar(mended, n);
	free(mended);
	return 0;
}
