/*
 * The header and footer lines of a run in the audit log (infobatch-formats(5),
 * AUDIT LOG). The writer and the readers of the log share this code.
 */
#ifndef IB_PRUNE_AUDIT_FORMAT_H
#define IB_PRUNE_AUDIT_FORMAT_H

#include "base/bytes.h"
#include "io/zstd_log_reader.h"

#define IB_AUDIT_VERSION 1

/*
 * The properties of an audit log that the code for zstd logs needs. The checksum xxh3 identifies a
 * run.
 */
extern const struct ib_zstd_log_kind ib_audit_log_kind;

/* The footer, the last line of a complete run. */
struct ib_audit_footer {
	int64_t epoch;
	uint64_t samples, kept, pruned;
	double weight_sum;
	char manifest[33]; /* digest in 32 hexadecimal digits; empty if the footer has no digest */
	bool has_prev;	   /* false for the first run of the log; prev is then null in the footer */
	bool has_xxh3;
	uint64_t prev; /* checksum xxh3 of the previous run */
	uint64_t xxh3; /* XXH3-64 of the run's text before the footer */
};

/* Append the footer with a newline. */
void ib_audit_footer_write(struct ib_bytes *b, const struct ib_audit_footer *footer);

/*
 * Parse a line. *is_footer is set to true if the line is a footer, else to false.
 * Returns IB_E_DATA if a member of the footer is invalid. The message does not
 * name the file.
 */
enum ib_status ib_audit_footer_parse(struct ib_span line, struct ib_audit_footer *footer,
				     bool *is_footer, struct ib_error *err);

/*
 * Check the version, which is the value of `ib_audit` in a header. Returns
 * IB_E_DATA if this program does not support the version because it is too new.
 * The message does not name the file.
 */
enum ib_status ib_audit_version_check(double version, struct ib_error *err);

/* True if the line contains only spaces, tabs and carriage returns. */
bool ib_audit_is_blank(struct ib_span line);

#endif
