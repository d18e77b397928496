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
 * The properties of an audit log that the code for zstd logs needs. The log identifies each run by
 * the checksum xxh3 in the run's footer.
 */
extern const struct ib_zstd_log_kind ib_audit_log_kind;

/* The footer, which is the last line of a complete run in the audit log. */
struct ib_audit_footer {
	int64_t epoch;
	uint64_t samples, kept, pruned;
	double weight_sum;
	char manifest[33]; /* digest in 32 hexadecimal digits; empty if the footer has no digest */
	/* true if the log has an earlier run; if false, the footer has "prev":null */
	bool has_prev;
	bool has_xxh3;
	uint64_t prev; /* checksum xxh3 of the previous run */
	uint64_t xxh3; /* XXH3-64 of the run's text before the footer */
};

/* Append the footer and a newline to b. */
void ib_audit_footer_write(struct ib_bytes *b, const struct ib_audit_footer *footer);

/*
 * Parse a line of the audit log. If the line is a footer, store it in *footer and set *is_footer to
 * true; if not, set *is_footer to false. Returns IB_E_DATA if a member of the footer is invalid.
 * The error message does not name the file.
 */
enum ib_status ib_audit_footer_parse(struct ib_span line, struct ib_audit_footer *footer,
				     bool *is_footer, struct ib_error *err);

/*
 * Check the version, which is the value of `ib_audit` in a header. Returns IB_E_DATA if the version
 * is too new for this program. The error message does not name the file.
 */
enum ib_status ib_audit_version_check(double version, struct ib_error *err);

/* True if the line contains only spaces, tabs and carriage returns. */
bool ib_audit_is_blank(struct ib_span line);

#endif
