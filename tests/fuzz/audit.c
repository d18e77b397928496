/*
 * Read any bytes as an audit log: reading succeeds or returns IB_E_DATA. If the input begins like a
 * zstd frame, it is the file. Any other input is the text of one frame, because most changes of
 * compressed data would only make the frame corrupt.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "audit/log.h"
#include "audit/replay.h"
#include "fuzz/target.h"

static void
read_run(struct ib_audit_log *log, const struct ib_audit_run *run)
{
	const struct ib_audit_line *line;
	struct ib_replay r;
	struct ib_error err;
	uint64_t twice;
	enum ib_status st, check;
	size_t n, i;

	st = ib_audit_lines_begin(log, run, true, &err);
	check = ib_replay_begin(&r, &run->head, NULL, &err);
	while (!st && !(st = ib_audit_lines_next(log, &line, &n, &err)))
		for (i = 0; i < n && !check; i++)
			check = ib_replay_line(&r, &line[i], &err);
	if (st != IB_EOF && st != IB_E_DATA)
		abort();
	if (!check && st == IB_EOF)
		check = ib_replay_end(&r, &run->footer, &twice, &err);
	if (check && check != IB_E_CHECK)
		abort();
	ib_replay_release(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ib_audit_log *log = NULL;
	struct ib_error err;
	enum ib_status st;
	size_t i, room = ZSTD_compressBound(n);
	char path[32], *packed = malloc(room);
	bool is_frame = n >= 4 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0;
	int fd;

	if (!is_frame)
		room = ZSTD_compress(packed, room, data, n, 1);
	fd = is_frame ? fuzz_file(data, n, path) : fuzz_file((const uint8_t *)packed, room, path);
	st = ib_audit_log_open(path, NULL, &log, &err);
	if (st && (st != IB_E_DATA || err.code != st))
		abort();
	for (i = 0; !st && i < ib_audit_log_count(log); i++)
		if (ib_audit_log_run(log, i)->finished)
			read_run(log, ib_audit_log_run(log, i));
	ib_audit_log_close(log);
	close(fd);
	free(packed);
	return 0;
}
