#include "fuzz/archive.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "io/npy.h"
#include "io/npz.h"

/* A growing buffer, for small amounts of data. */
struct bytes {
	uint8_t *p;
	size_t n;
};

static void
put(struct bytes *to, const void *p, size_t n)
{
	to->p = realloc(to->p, to->n + n + 1);
	if (!to->p)
		abort();
	if (n > 0)
		memcpy(to->p + to->n, p, n);
	to->n += n;
}

/* Append a little-endian number. */
static void
write_number(struct bytes *to, uint32_t x, size_t size)
{
	uint8_t b[4] = { (uint8_t)x, (uint8_t)(x >> 8), (uint8_t)(x >> 16), (uint8_t)(x >> 24) };

	put(to, b, size);
}

/* Append the fields that a local header and a directory record have in common. */
static void
write_facts(struct bytes *to, const char *name, uint32_t crc, size_t n)
{
	write_number(to, 20, 2);
	write_number(to, 0, 4);		 /* no flags, stored */
	write_number(to, 0x00210000, 4); /* 1980-01-01 */
	write_number(to, crc, 4);
	write_number(to, (uint32_t)n, 4);
	write_number(to, (uint32_t)n, 4);
	write_number(to, (uint32_t)strlen(name), 2);
	write_number(to, 0, 2);
}

static struct bytes
contents(const struct fuzz_member *m)
{
	struct bytes b = { NULL, 0 };
	char header[128];

	if (m->descr)
		put(&b, header, ib_npy_header(header, m->descr, m->n / m->size));
	put(&b, m->p, m->n);
	return b;
}

uint8_t *
fuzz_archive(const struct fuzz_member *m, size_t count, uint32_t *crc, size_t *n)
{
	struct bytes file = { NULL, 0 }, directory = { NULL, 0 }, member;
	uint32_t sum, local;
	size_t i;

	for (i = 0; i < count; i++) {
		member = contents(&m[i]);
		sum = (uint32_t)crc32(0, member.p, (uInt)member.n);
		if (crc)
			crc[i] = sum;
		local = (uint32_t)file.n;
		put(&file, "PK\3\4", 4);
		write_facts(&file, m[i].name, sum, member.n);
		put(&file, m[i].name, strlen(m[i].name));
		put(&file, member.p, member.n);
		put(&directory, "PK\1\2\x14\0", 6);
		write_facts(&directory, m[i].name, sum, member.n);
		put(&directory, "\0\0\0\0\0\0\0\0\0", 10);
		write_number(&directory, local, 4);
		put(&directory, m[i].name, strlen(m[i].name));
		free(member.p);
	}
	local = (uint32_t)file.n;
	put(&file, directory.p, directory.n);
	put(&file, "PK\5\6\0\0\0", 8);
	write_number(&file, (uint32_t)count, 2);
	write_number(&file, (uint32_t)count, 2);
	write_number(&file, (uint32_t)directory.n, 4);
	write_number(&file, local, 4);
	write_number(&file, 0, 2);
	free(directory.p);
	*n = file.n;
	return file.p;
}
