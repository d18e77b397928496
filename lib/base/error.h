/*
 * Report errors. The function that detects an error writes the message, once; its callers
 * only pass the status on.
 */
#ifndef IB_BASE_ERROR_H
#define IB_BASE_ERROR_H

#include "infobatch.h"

/*
 * Store the code and a formatted sentence in err, which may be NULL. Returns the code,
 * so a failing function ends in `return ib_fail(err, IB_E_DATA, ...)`. Bytes of an input
 * must be escaped by ib_show() first.
 */
enum ib_status ib_fail(struct ib_error *err, enum ib_status code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Report a failed system call as "FILE: cannot VERB: strerror". If errno is ENOMEM,
 * report ib_fail_memory() instead, whatever the code.
 */
enum ib_status ib_fail_errno(struct ib_error *err, enum ib_status code, const char *path,
			     const char *verb);

/* Report that a file became shorter while it was read. */
enum ib_status ib_fail_shrunk(struct ib_error *err, const char *path);

/* Report that memory ran out (IB_E_IO). */
enum ib_status ib_fail_memory(struct ib_error *err);

#define IB_SHOW_MAX 96 /* buffer size that ib_show() needs */

/*
 * Format untrusted bytes for a message: in quotes, control bytes and invalid UTF-8 as
 * \xNN, and "..." at the end if the text was shortened to fit. Returns out.
 */
const char *ib_show(char out[IB_SHOW_MAX], struct ib_span bytes);

/* Pass a formatted sentence to context->warn. Does nothing if there is no such function. */
void ib_warn(const struct ib_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
