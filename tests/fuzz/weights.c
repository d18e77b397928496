/*
 * Run ib-prune on any records, and then ib-weights --check on the epoch manifest. The check must
 * recognize every record, whatever members ib-prune has added to it. The first byte chooses the
 * options, and the rest are the records.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fuzz/target.h"
#include "infobatch_run.h"

static const char *const fields[] = { "weight",	  "a",	  "a.b",   "a.b.c",
				      "custom.w", "ib.w", "b\".w", "id.x" };

/* Prune with --keep-all, so that pruned records are checked too. */
static enum ib_status
prune(const char *from, const char *to, uint8_t pick, const struct ib_context *context,
      struct ib_error *err)
{
	struct ib_prune_options o = IB_PRUNE_DEFAULTS;
	struct ib_prune_result result;

	o.operands = (struct ib_list){ &from, 1 };
	o.rule.rule = IB_RULE_RANDOM;
	o.rule.epoch = 3;
	o.keep_all = true;
	o.output = to;
	o.weight_field = fields[pick & 7];
	o.explain = pick & 8;
	o.id_field = pick & 16 ? "number" : NULL;
	o.key = pick & 32 ? "@line" : "id";
	o.existing_weight = (enum ib_existing_weight)(pick / 64 % 3);
	return ib_prune_run(&o, context, &result, err);
}

static enum ib_status
check(const char *base, const char *epoch, uint8_t pick, const struct ib_context *context,
      struct ib_error *err)
{
	struct ib_weights_options o = { .check = true };

	o.operands = (struct ib_list){ &epoch, 1 };
	o.format = IB_FORMAT_JSONL;
	o.base = (struct ib_list){ &base, 1 };
	o.weight_field = fields[pick & 7];
	o.key = pick & 16 ? "number" : "id";
	o.base_key = pick & 32 ? "@line" : "id";
	return ib_weights_run(&o, context, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char first[] = "{\"id\":0}\n"; /* makes the format JSON lines */
	struct ib_context context = { .threads = 1 };
	struct ib_bytes all = { 0 };
	char base[32], epoch[64];
	struct ib_error err = { 0 };
	enum ib_status st;
	int fd;

	/* Skip options that conflict: @line without --id-field, and "ib.w" with --explain. */
	if (n == 0 || (data[0] & 48) == 32 || (data[0] & 15) == 13)
		return 0;
	ib_bytes_append(&all, first, sizeof(first) - 1);
	ib_bytes_append(&all, data + 1, n - 1);
	fd = fuzz_file((const uint8_t *)all.p, all.n, base);
	/* ib-prune renames its output, so the output cannot be a file in memory. */
	snprintf(epoch, sizeof(epoch), "/tmp/fuzz-weights.%ld.jsonl", (long)getpid());
	ib_bytes_release(&all);
	st = prune(base, epoch, data[0], &context, &err);
	if (!st) {
		st = check(base, epoch, data[0], &context, &err);
		/* If records already had weights, the sum of the weights may be wrong. */
		if (st && (st != IB_E_CHECK || !strstr(err.text, "sum to") ||
			   !strstr(err.text, "not to")))
			abort();
	}
	close(fd);
	unlink(epoch);
	return 0;
}
