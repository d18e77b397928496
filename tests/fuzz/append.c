/*
 * Append to a log of any bytes with ib-prune -a. Afterwards, the log has one more finished run, or
 * is unchanged. If the input begins like a zstd frame, it is the file. Any other input is the text
 * of one frame.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "audit/log.h"
#include "fuzz/target.h"

/* Return the number of finished runs in the log, or -1 if the log cannot be read. */
static long
count_finished(const char *path)
{
	struct ib_audit_log *log = NULL;
	struct ib_error err;
	long n = 0;
	size_t i;

	if (ib_audit_log_open(path, NULL, &log, &err))
		return -1;
	for (i = 0; i < ib_audit_log_count(log); i++)
		n += ib_audit_log_run(log, i)->finished;
	ib_audit_log_close(log);
	return n;
}

static enum ib_status
append(const char *log, struct ib_error *err)
{
	static const char records[] = "{\"id\":1}\n{\"id\":2}\n";
	struct ib_prune_options o = IB_PRUNE_DEFAULTS;
	struct ib_context context = { .threads = 1 };
	enum ib_status st;
	const char *manifest;
	char path[32];
	int fd = fuzz_file((const uint8_t *)records, sizeof(records) - 1, path);

	manifest = path;
	o.operands = (struct ib_list){ &manifest, 1 };
	o.rule.rule = IB_RULE_RANDOM;
	o.rule.epoch = 1;
	o.output = "/dev/null";
	o.audit = log;
	st = ib_prune_run(&o, &context, NULL, err);
	close(fd);
	return st;
}

static void
write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		abort();
}

static int
holds(const char *path, const char *p, size_t n)
{
	FILE *f = fopen(path, "rb");
	char *have = malloc(n + 2);
	size_t got = f && have ? fread(have, 1, n + 1, f) : n + 2;
	int same = got == n && memcmp(have, p, n) == 0;

	if (f)
		fclose(f);
	free(have);
	return same;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	bool is_frame = n >= 4 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0;
	size_t size = is_frame ? n : ZSTD_compressBound(n);
	char *file = malloc(size + 1), log[64], lock[80];
	struct ib_error err = { 0 };
	enum ib_status st;
	long before;

	if (is_frame)
		memcpy(file, data, n);
	else
		size = ZSTD_compress(file, size, data, n, 1);
	snprintf(log, sizeof(log), "/tmp/fuzz-append.%ld.zst", (long)getpid());
	snprintf(lock, sizeof(lock), "%s.lock", log);
	write_file(log, file, size);
	before = count_finished(log);
	st = append(log, &err);
	/* An append reads only the end of the log, so it may succeed if the rest is corrupt. */
	if (st ? st != IB_E_DATA || err.code != st || !holds(log, file, size)
	       : before >= 0 && count_finished(log) != before + 1)
		abort();
	unlink(log);
	unlink(lock);
	free(file);
	return 0;
}
