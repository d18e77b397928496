/*
 * How far a run is: a line on a terminal once it takes over a second, a line
 * every ten seconds with --progress=always elsewhere, and a status line on
 * SIGUSR1. A process has one run, so its state is static here: a signal
 * handler has no other way to it.
 */
#include "progress.h"

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static struct {
	const char *name;
	struct timespec start;
	_Atomic uint64_t bytes, of, records;
	double last;	      /* seconds from the start to the line shown last */
	bool shows;	      /* a line is wanted at all */
	bool redraws;	      /* on a terminal: the line is written over */
	_Atomic bool visible; /* it stands there now */
} state;

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - state.start.tv_sec) +
	       1e-9 * (double)(now.tv_nsec - state.start.tv_nsec);
}

/* ---- text without stdio, for a handler too ------------------------------- */

struct line {
	char text[160];
	size_t n;
};

static void
put(struct line *line, const char *text)
{
	while (*text && line->n < sizeof(line->text))
		line->text[line->n++] = *text++;
}

static void
put_count(struct line *line, uint64_t value)
{
	char digits[21];
	size_t n = sizeof(digits);

	digits[--n] = '\0';
	do
		digits[--n] = (char)('0' + value % 10);
	while (value /= 10);
	put(line, digits + n);
}

/* 1234567 as 1.2 M: one decimal, cut. */
static void
put_scaled(struct line *line, uint64_t value)
{
	static const char *const unit[] = { " ", " k", " M", " G", " T" };
	uint64_t tenths = 0;
	size_t i = 0;

	for (; value >= 1000 && i < 4; i++) {
		tenths = value % 1000 / 100;
		value /= 1000;
	}
	put_count(line, value);
	if (i) {
		put(line, ".");
		put_count(line, tenths);
	}
	put(line, unit[i]);
}

static void
put_clock(struct line *line, uint64_t s)
{
	put_count(line, s / 60);
	put(line, s % 60 < 10 ? ":0" : ":");
	put_count(line, s % 60);
}

/* "12.5 MB of 100.0 MB, 1.0 M records, 25.0 MB/s, 0:04 left" */
static void
put_progress(struct line *line)
{
	uint64_t bytes = state.bytes, of = state.of, records = state.records;
	double t = seconds(), rate = t > 0 ? (double)bytes / t : 0;

	put_scaled(line, bytes);
	put(line, "B");
	if (of) {
		put(line, " of ");
		put_scaled(line, of);
		put(line, "B");
	}
	put(line, ", ");
	put_scaled(line, records);
	put(line, records < 1000 ? "records, " : " records, ");
	put_scaled(line, (uint64_t)rate);
	put(line, "B/s, ");
	if (of > bytes && rate > 0) {
		put_clock(line, (uint64_t)((double)(of - bytes) / rate));
		put(line, " left");
	} else {
		put_clock(line, (uint64_t)t);
	}
}

void
cli_progress_status(int fd)
{
	struct line line = { .n = 0 };
	ssize_t written;

	if (!state.name)
		return;
	if (state.visible)
		put(&line, "\r");
	put(&line, state.name);
	put(&line, ": ");
	put_progress(&line);
	put(&line, "\n");
	written = write(fd, line.text, line.n);
	(void)written;
}

void
cli_progress_leave(int fd)
{
	ssize_t written;

	if (!state.visible)
		return;
	written = write(fd, "\n", 1);
	(void)written;
}

/* ---- the line ------------------------------------------------------------ */

static void
show(double now)
{
	struct line line = { .n = 0 };

	if (state.redraws)
		put(&line, "\r");
	put(&line, state.name);
	put(&line, ": ");
	put_progress(&line);
	/* What a longer line left behind. */
	while (state.redraws && line.n < 78)
		put(&line, " ");
	if (!state.redraws)
		put(&line, "\n");
	fwrite(line.text, 1, line.n, stderr);
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
	if (!state.shows)
		return;
	now = seconds();
	if (now >= (state.redraws ? 1 : 10) && now - state.last >= (state.redraws ? 0.2 : 10))
		show(now);
}

void
cli_progress_begin(const char *name, enum cli_progress when, bool quiet)
{
	clock_gettime(CLOCK_MONOTONIC, &state.start);
	state.redraws = isatty(STDERR_FILENO);
	state.shows = when == CLI_PROGRESS_ALWAYS ||
		      (when == CLI_PROGRESS_AUTO && state.redraws && !quiet);
	state.name = name;
}

void
cli_progress_erase(void)
{
	if (!state.visible)
		return;
	fprintf(stderr, "\r%78s\r", "");
	fflush(stderr);
	state.visible = false;
}

void
cli_progress_pace(uint64_t *records, uint64_t *bytes, double *elapsed)
{
	*records = state.records;
	*bytes = state.bytes;
	*elapsed = seconds();
}
