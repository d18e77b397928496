/*
 * Report errors. The function that detects an error writes the message. Its callers only return
 * the status.
 */
#ifndef IB_BASE_ERROR_H
#define IB_BASE_ERROR_H

#include "infobatch_run.h"

/*
 * Store the code and a formatted sentence in err, which may be NULL. Returns the code, so
 * that a failing function can end with `return ib_fail(err, IB_E_DATA, ...)`. Input bytes
 * must be escaped with ib_show() before they are passed as arguments.
 */
enum ib_status ib_fail(struct ib_error *err, enum ib_status code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Report a failed system call as "FILE: cannot VERB: strerror". If errno is ENOMEM, the function
 * does the same as ib_fail_memory(), and ignores the code.
 */
enum ib_status ib_fail_errno(struct ib_error *err, enum ib_status code, const char *path,
			     const char *verb);

/* Report that a file became shorter while it was read. */
enum ib_status ib_fail_shrunk(struct ib_error *err, const char *path);

/* Report that memory ran out, with the code IB_E_IO. */
enum ib_status ib_fail_memory(struct ib_error *err);

/*
 * Check the version of a file format. Returns IB_E_DATA if the version, which was read from a file,
 * is later than `known`, the latest version that the library knows. `file` may be NULL if the
 * caller adds the file name to the message.
 */
enum ib_status ib_format_version_check(const char *file, const char *format, double version,
				       int known, struct ib_error *err);

#define IB_SHOW_MAX 96 /* size of the buffer for ib_show() */

/*
 * Write untrusted bytes to out, in quotes, for use in a message. Control bytes and invalid UTF-8
 * become \xNN. If the text is too long, it is shortened and ends with "...". Returns out.
 */
const char *ib_show(char out[IB_SHOW_MAX], struct ib_span bytes);

/* Pass a formatted sentence to context->warn. Do nothing if context->warn is NULL. */
void ib_warn(const struct ib_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
