/* How a failure is put into words: once, where it happens. */
#ifndef IB_BASE_ERROR_H
#define IB_BASE_ERROR_H

#include "infobatch.h"

/*
 * Fill err (which may be NULL) with a formatted sentence and return its code,
 * so that a failing function ends in `return ib_fail(err, IB_E_DATA, ...)`.
 * Bytes from outside go through ib_show() first.
 */
enum ib_status ib_fail(struct ib_error *err, enum ib_status code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same for a failed system call: "FILE: cannot VERB: strerror". ENOMEM is
 * ib_fail_memory(), whatever the code.
 */
enum ib_status ib_fail_errno(struct ib_error *err, enum ib_status code, const char *path,
			     const char *verb);

/* A file became shorter while it was read: a part of it is lost. */
enum ib_status ib_fail_shrunk(struct ib_error *err, const char *path);

/* Memory ran out. */
enum ib_status ib_fail_memory(struct ib_error *err);

#define IB_SHOW_MAX 96

/*
 * Outside bytes made fit for a message, in quotes: clipped to some 60 bytes
 * (an ellipsis says so), control bytes and broken UTF-8 as \xNN. Returns out.
 */
const char *ib_show(char out[IB_SHOW_MAX], struct ib_span bytes);

/* Hand one finished sentence to the caller of the run; no-op without warn. */
void ib_warn(const struct ib_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
