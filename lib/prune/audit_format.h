/*
 * Header and footer lines of a run in the audit log (infobatch-formats(5),
 * AUDIT LOG), for the writer and the readers.
 */
#ifndef IB_PRUNE_AUDIT_FORMAT_H
#define IB_PRUNE_AUDIT_FORMAT_H

#include "base/bytes.h"
#include "io/zstd_log_reader.h"

#define IB_AUDIT_VERSION 1

/* The audit log as a kind of zstd log. The checksum xxh3 identifies a run. */
extern const struct ib_zstd_log_kind ib_audit_log_kind;

/* The footer, the last line of a complete run. */
struct ib_audit_tail {
	int64_t epoch;
	uint64_t samples, kept, pruned;
	double weight_sum;
	char manifest[33]; /* digest in 32 hexadecimal digits; empty if none */
	bool has_prev;	   /* false if prev is null: the first run of the log */
	bool has_xxh3;
	uint64_t prev; /* xxh3 of the previous run */
	uint64_t xxh3; /* XXH3-64 of the run's text before this line */
};

/* Append the line with its newline. */
void ib_audit_tail_put(struct ib_bytes *b, const struct ib_audit_tail *tail);

/*
 * Parse a line and set *is to true if it is a footer. Returns IB_E_DATA if it
 * is a footer with an invalid member; the message does not name the file.
 */
enum ib_status ib_audit_tail_parse(struct ib_span line, struct ib_audit_tail *tail, bool *is,
				   struct ib_error *err);

/*
 * Check the value of `ib_audit` in a header. Returns IB_E_DATA if the version
 * is newer than this program; the message does not name the file.
 */
enum ib_status ib_audit_version_check(double version, struct ib_error *err);

/* True if the line holds only spaces, tabs and carriage returns. */
bool ib_audit_is_blank(struct ib_span line);

#endif
