/*
 * The lines of an audit log (infobatch-formats(5), AUDIT LOG) that begin and
 * end a run, for those who write and those who read it.
 */
#ifndef IB_PRUNE_AUDIT_FORMAT_H
#define IB_PRUNE_AUDIT_FORMAT_H

#include "base/bytes.h"
#include "io/zstd_log_reader.h"

#define IB_AUDIT_VERSION 1

/* The frames of an audit log. A run is known by its xxh3. */
extern const struct ib_zstd_log_kind ib_audit_log_kind;

/* The last line of a run that did finish. */
struct ib_audit_tail {
	int64_t epoch;
	uint64_t samples, kept, pruned;
	double weight_sum;
	char manifest[33]; /* its digest, 32 hexadecimal digits; empty: none */
	bool has_prev;	   /* false: null */
	bool has_xxh3;
	uint64_t prev; /* xxh3 of the run before */
	uint64_t xxh3; /* XXH3-64 of the run's text before this line */
};

/* Write the line, its end included. */
void ib_audit_tail_put(struct ib_bytes *b, const struct ib_audit_tail *tail);

/*
 * Read a line. *is: it is a tail. IB_E_DATA, with a sentence that names no
 * file: it is one, but a member is invalid.
 */
enum ib_status ib_audit_tail_parse(struct ib_span line, struct ib_audit_tail *tail, bool *is,
				   struct ib_error *err);

/*
 * Is this version, the value of a head's `ib_audit`, one that is known here?
 * IB_E_DATA, with a sentence that names no file, if it is not.
 */
enum ib_status ib_audit_version_check(double version, struct ib_error *err);

/* Nothing but blanks. */
bool ib_audit_is_blank(struct ib_span line);

#endif
