/* Format error messages and warnings. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

enum ib_status
ib_fail(struct ib_error *err, enum ib_status code, const char *format, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	return code;
}

enum ib_status
ib_fail_errno(struct ib_error *err, enum ib_status code, const char *path, const char *verb)
{
	int saved = errno;

	if (saved == ENOMEM)
		return ib_fail_memory(err);
	return ib_fail(err, code, "%s: cannot %s: %s", path, verb, strerror(saved));
}

enum ib_status
ib_fail_shrunk(struct ib_error *err, const char *path)
{
	return ib_fail(err, IB_E_IO,
		       "%s: became shorter while it was read: "
		       "run again when the file is complete",
		       path);
}

enum ib_status
ib_format_version_check(const char *file, const char *format, double version, int known,
			struct ib_error *err)
{
	if (!(version > known))
		return IB_OK;
	return ib_fail(err, IB_E_DATA,
		       "%s%swritten by a later version of infobatch: the %s has version %.17g, and "
		       "this program reads versions up to %d",
		       file ? file : "", file ? ": " : "", format, version, known);
}

enum ib_status
ib_fail_memory(struct ib_error *err)
{
	return ib_fail(err, IB_E_IO, "out of memory");
}

const char *
ib_show(char out[IB_SHOW_MAX], struct ib_span bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t i = 0, o = 0, len;

	out[o++] = '"';
	while (i < bytes.n && o < IB_SHOW_MAX - 12) {
		if (p[i] >= 0x20 && p[i] < 0x7f) {
			if (p[i] == '"' || p[i] == '\\')
				out[o++] = '\\';
			out[o++] = (char)p[i++];
			continue;
		}
		len = p[i] < 0x80 ? 0 : ib_utf8_length(p + i, bytes.n - i);
		if (len > 0 && !(len == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0)) {
			memcpy(out + o, p + i, len);
			o += len;
			i += len;
			continue;
		}
		out[o++] = '\\';
		out[o++] = 'x';
		ib_hex_byte(out + o, bytes.p[i++]);
		o += 2;
	}
	if (i < bytes.n) {
		memcpy(out + o, "...", 3);
		o += 3;
	}
	out[o++] = '"';
	out[o] = '\0';
	return out;
}

void
ib_warn(const struct ib_context *context, const char *format, ...)
{
	char text[1000];
	va_list ap;

	if (!context || !context->warn)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	context->warn(context->data, text);
}
