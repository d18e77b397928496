/* Print messages to standard error, and convert statuses of the library to exit statuses. */
#include "messages.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "progress.h"

int
cli_exit_status(enum ib_status st)
{
	switch (st) {
	case IB_OK:
	case IB_EOF:
		return 0;
	case IB_E_CHECK:
		return 1;
	case IB_E_MISUSE:
		return 2;
	case IB_E_DATA:
		return 65;
	case IB_E_NOINPUT:
		return 66;
	case IB_E_CREATE:
		return 73;
	case IB_E_IO:
		return 74;
	case IB_E_AGAIN:
		return 75;
	case IB_E_PIPE:
		return 141;
	}
	return 74;
}

/* Print a line with a single write(), so that lines of different processes do not mix. */
static void
print_line(const struct cli *cli, const char *before, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	char line[4200];
	size_t n = 0;
	const char *p;

	n = (size_t)snprintf(line, sizeof(line), "%s: %s", cli->command->name, before);
	for (p = text; *p && n < sizeof(line) - 8; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x20 && c != 0x7f) {
			line[n++] = *p;
			continue;
		}
		line[n++] = '\\';
		line[n++] = 'x';
		line[n++] = hex[c >> 4];
		line[n++] = hex[c & 15];
	}
	line[n++] = '\n';
	cli_progress_erase();
	fwrite(line, 1, n, stderr);
}

static void print_formatted(const struct cli *cli, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void
print_formatted(const struct cli *cli, const char *format, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, ap);
	print_line(cli, "", text);
}

void
cli_print(const struct cli *cli, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_formatted(cli, format, ap);
	va_end(ap);
}

_Noreturn void
cli_die(const struct cli *cli, enum ib_status st, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_formatted(cli, format, ap);
	va_end(ap);
	exit(cli_exit_status(st));
}

static void
print_hint(const struct cli *cli)
{
	const char *subcommand = cli->command->subcommand;

	fprintf(stderr, "Try '%s%s%s --help'.\n", cli->command->name, subcommand ? " " : "",
		subcommand ? subcommand : "");
}

_Noreturn void
cli_misuse(const struct cli *cli, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_formatted(cli, format, ap);
	va_end(ap);
	print_hint(cli);
	exit(2);
}

const char *
cli_format_number(char out[24], double value)
{
	snprintf(out, 24, isnan(value) ? "none" : "%.6g", value);
	return out;
}

const char *
cli_format_count(char out[32], uint64_t value)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, value), i;
	char *to = out;

	for (i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return out;
}

void
cli_warn(const struct cli *cli, const char *sentence)
{
	if (!cli->common->quiet)
		print_line(cli, "warning: ", sentence);
}

void
cli_print_pace(const struct cli *cli)
{
	uint64_t records, bytes;
	double seconds;

	cli_progress_read(&records, &bytes, &seconds);
	cli_print(cli, "read %" PRIu64 " records, %" PRIu64 " bytes in %.3f s", records, bytes,
		  seconds);
}
