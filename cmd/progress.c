/*
 * Show the progress of a run. On a terminal, a line is printed after the first second, and is then
 * overwritten repeatedly. Without a terminal, --progress=always prints a line every ten seconds.
 * SIGUSR1 prints a status line. The state is static, because a signal handler can reach only static
 * data. A process has only one run.
 */
#include "progress.h"

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static struct {
	const char *name;
	struct timespec start;
	_Atomic uint64_t bytes, of, records;
	double last;  /* time of the previous line, in seconds since the start */
	bool enabled; /* true if progress lines are printed; SIGUSR1 always prints a status line */
	bool redraws; /* true if standard error is a terminal, on which the line is overwritten */
	_Atomic bool visible; /* true while the line is on the terminal */
	size_t shown;	      /* number of columns of the line on the terminal */
} state;

static double
elapsed_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - state.start.tv_sec) +
	       1e-9 * (double)(now.tv_nsec - state.start.tv_nsec);
}

/* ---- text without stdio, which signal handlers must not use -------------- */

struct line {
	char text[160];
	size_t n;
};

static void
write_text(struct line *line, const char *text)
{
	while (*text && line->n < sizeof(line->text))
		line->text[line->n++] = *text++;
}

static void
write_count(struct line *line, uint64_t value)
{
	char digits[21];
	size_t n = sizeof(digits);

	digits[--n] = '\0';
	do
		digits[--n] = (char)('0' + value % 10);
	while (value /= 10);
	write_text(line, digits + n);
}

/* Write a number, rounded down and shortened: 1234567 becomes "1.2 M". */
static void
write_scaled(struct line *line, uint64_t value)
{
	static const char *const unit[] = { " ", " k", " M", " G", " T" };
	uint64_t tenths = 0;
	size_t i = 0;

	for (; value >= 1000 && i < 4; i++) {
		tenths = value % 1000 / 100;
		value /= 1000;
	}
	write_count(line, value);
	if (i) {
		write_text(line, ".");
		write_count(line, tenths);
	}
	write_text(line, unit[i]);
}

/* Write a number of seconds as minutes:seconds. */
static void
write_clock(struct line *line, uint64_t s)
{
	write_count(line, s / 60);
	write_text(line, s % 60 < 10 ? ":0" : ":");
	write_count(line, s % 60);
}

/* Write "12.5 MB of 100.0 MB, 1.0 M records, 25.0 MB/s, 0:04 left". */
static void
write_progress(struct line *line)
{
	uint64_t bytes = state.bytes, of = state.of, records = state.records;
	double t = elapsed_seconds(), rate = t > 0 ? (double)bytes / t : 0;

	write_scaled(line, bytes);
	write_text(line, "B");
	if (of) {
		write_text(line, " of ");
		write_scaled(line, of);
		write_text(line, "B");
	}
	write_text(line, ", ");
	write_scaled(line, records);
	write_text(line, records < 1000 ? "records, " : " records, ");
	write_scaled(line, (uint64_t)rate);
	write_text(line, "B/s, ");
	if (of > bytes && rate > 0) {
		write_clock(line, (uint64_t)((double)(of - bytes) / rate));
		write_text(line, " left");
	} else {
		write_clock(line, (uint64_t)t);
	}
}

void
cli_progress_print_status(int fd)
{
	struct line line = { .n = 0 };
	ssize_t written;

	if (!state.name)
		return;
	if (state.visible)
		write_text(&line, "\r");
	write_text(&line, state.name);
	write_text(&line, ": ");
	write_progress(&line);
	write_text(&line, "\n");
	written = write(fd, line.text, line.n);
	(void)written;
}

void
cli_progress_end_line(int fd)
{
	ssize_t written;

	if (!state.visible)
		return;
	written = write(fd, "\n", 1);
	(void)written;
}

/* ---- the line ------------------------------------------------------------ */

/* Return the maximum number of columns of a line that the terminal does not wrap. */
static size_t
max_line_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 78;
	return size.ws_col - 1u;
}

/*
 * Shorten a line to at most `most` columns. A line is a list of items that are separated by commas;
 * the last items are dropped.
 */
static void
shorten_line(struct line *line, size_t most)
{
	size_t n = most;

	if (line->n <= most)
		return;
	while (n > 0 && line->text[n] != ',')
		n--;
	line->n = n > 0 ? n : most;
}

/* Print the line, and overwrite the rest of an earlier, longer line with spaces. */
static void
redraw_line(struct line *line)
{
	size_t n, most = max_line_width();

	shorten_line(line, most);
	n = line->n;
	while (line->n < state.shown && line->n < most)
		write_text(line, " ");
	fprintf(stderr, "\r%.*s", (int)line->n, line->text);
	state.shown = n;
}

static void
print_progress(double now)
{
	struct line line = { .n = 0 };

	write_text(&line, state.name);
	write_text(&line, ": ");
	write_progress(&line);
	if (state.redraws)
		redraw_line(&line);
	else
		fprintf(stderr, "%.*s\n", (int)line.n, line.text);
	fflush(stderr);
	state.visible = state.redraws;
	state.last = now;
}

void
cli_progress_advance(void *data, uint64_t bytes, uint64_t of, uint64_t records)
{
	double now;

	(void)data;
	state.bytes = bytes;
	state.of = of;
	state.records = records;
	if (!state.enabled)
		return;
	now = elapsed_seconds();
	if (now >= (state.redraws ? 1 : 10) && now - state.last >= (state.redraws ? 0.2 : 10))
		print_progress(now);
}

void
cli_progress_init(const char *name, enum cli_progress when, bool quiet)
{
	clock_gettime(CLOCK_MONOTONIC, &state.start);
	state.redraws = isatty(STDERR_FILENO);
	state.enabled = when == CLI_PROGRESS_ALWAYS ||
			(when == CLI_PROGRESS_AUTO && state.redraws && !quiet);
	state.name = name;
}

void
cli_progress_erase(void)
{
	if (!state.visible)
		return;
	fprintf(stderr, "\r%*s\r", (int)state.shown, "");
	fflush(stderr);
	state.shown = 0;
	state.visible = false;
}

void
cli_progress_read(uint64_t *records, uint64_t *bytes, double *elapsed)
{
	*records = state.records;
	*bytes = state.bytes;
	*elapsed = elapsed_seconds();
}
