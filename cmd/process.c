/* Prepare the process: file descriptors and signal handlers. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "infobatch_run.h"
#include "progress.h"

static const char *command_name; /* printed by the handler of SIGBUS */

/*
 * If standard input, output or error is closed (>&-), the next file that is opened would get its
 * descriptor. Occupy the descriptor, so that reading or writing it fails.
 */
static void
occupy_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

/* Raise the limit of open files to the maximum, because --split keeps many files open at once. */
static void
raise_file_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Handle a signal: remove the temporary files, and then let the signal end the process. */
static void
end_by_signal(int sig)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;

	ib_output_abandon();
	cli_progress_end_line(STDERR_FILENO);
	sigaction(sig, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Print the message with a single write(), because a signal handler must not use stdio. */
static void
print_file_shrunk(const char *file)
{
	const char *const text[] = {
		command_name, ": ", file,
		": became shorter while it was read: run again when the file is complete\n"
	};
	char line[1024];
	size_t n = 0, i, length;

	for (i = 0; i < sizeof(text) / sizeof(*text); i++) {
		length = strlen(text[i]);
		if (length > sizeof(line) - n)
			length = sizeof(line) - n;
		memcpy(line + n, text[i], length);
		n += length;
	}
	cli_progress_end_line(STDERR_FILENO);
	(void)!write(STDERR_FILENO, line, n);
}

/*
 * Handle SIGBUS: another process made a mapped score file shorter, so some bytes are
 * missing. Report this and exit. If several threads receive SIGBUS, only the first one
 * reports it.
 */
static void
end_by_bus_error(int sig, siginfo_t *info, void *context)
{
	static atomic_flag ending = ATOMIC_FLAG_INIT;
	const char *file = info->si_code > 0 ? ib_mapped_file(info->si_addr) : NULL;

	(void)context;
	if (!file) {
		end_by_signal(sig);
		return;
	}
	while (atomic_flag_test_and_set(&ending))
		pause();
	ib_output_abandon();
	print_file_shrunk(file);
	_exit(74);
}

static void
print_status(int sig)
{
	int saved = errno;

	(void)sig;
	cli_progress_print_status(STDERR_FILENO);
	errno = saved;
}

/*
 * A signal that was ignored at the start (nohup) remains ignored. SIGPIPE and SIGXFSZ are ignored,
 * so that a write to a closed pipe or beyond the file size limit fails and the process continues.
 * After a failed write to a pipe, the exit status is 141, even if the parent process ignores
 * SIGPIPE, as systemd and some Python programs do.
 */
void
cli_process_init(const char *command)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU };
	struct sigaction action = { .sa_handler = end_by_signal }, old;
	size_t i;

	command_name = command;
	occupy_descriptors();
	raise_file_limit();
	sigfillset(&action.sa_mask);
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (!sigaction(ends[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(ends[i], &action, NULL);
	action.sa_sigaction = end_by_bus_error;
	action.sa_flags = SA_SIGINFO;
	sigaction(SIGBUS, &action, NULL);
	action.sa_flags = 0;
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
	action.sa_handler = print_status;
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
}
