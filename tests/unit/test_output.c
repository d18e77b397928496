#define _GNU_SOURCE /* mount */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "io/lock.h"
#include "io/output.h"
#include "io/temp_file.h"
#include "scratch.h"

TestSuite(output, .init = scratch_enter, .fini = scratch_leave, .timeout = 1200);
TestSuite(lock, .init = scratch_enter, .fini = scratch_leave, .timeout = 1200);

/* Return the number of files in the folder, including temporary files. */
static int
count(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static bool
holds(const char *path, const char *text)
{
	char buf[4096];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return false;
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return n == strlen(text) && memcmp(buf, text, n) == 0;
}

static struct ib_output *
output(const char *path, unsigned flags)
{
	struct ib_output *o = NULL;
	struct ib_error err = { 0 };

	cr_assert(eq(int, ib_output_open(path, flags, &o, &err), IB_OK), "%s", err.text);
	return o;
}

static void
commit(struct ib_output *o)
{
	struct ib_error err = { 0 };

	cr_assert(eq(int, ib_output_commit(&o, &err), IB_OK), "%s", err.text);
	cr_assert(eq(ptr, o, NULL));
}

static void
write_file(const char *path, unsigned flags, const char *text)
{
	struct ib_output *o = output(path, flags);

	ib_output_write(o, text, strlen(text));
	commit(o);
}

/* ---- one file ----------------------------------------------------------- */

Test(output, the_file_appears_complete_at_commit)
{
	struct ib_output *o;

	shell("echo old >a");
	o = output("a", 0);
	ib_output_write(o, "new\n", 4);
	cr_assert(holds("a", "old\n"));
	/* The temporary file has a name only if the file system requires one. */
	cr_assert(count(".") == 1 || count(".") == 2);
	commit(o);
	cr_assert(holds("a", "new\n"));
	cr_assert(eq(int, count("."), 1));
}

Test(output, discard_leaves_no_file)
{
	struct ib_output *o;

	shell("echo old >a");
	o = output("a", 0);
	ib_output_write(o, "new\n", 4);
	ib_output_discard(&o);
	ib_output_discard(&o);
	o = output("b", 0);
	ib_output_discard(&o);
	cr_assert(holds("a", "old\n"));
	cr_assert(eq(int, count("."), 1));
}

Test(output, the_mode_is_that_of_umask_or_of_the_old_file)
{
	struct stat sb;

	umask(027);
	write_file("a", 0, "x");
	cr_assert(stat("a", &sb) == 0 && (sb.st_mode & 07777) == 0640);
	cr_assert(eq(int, chmod("a", 0604), 0));
	write_file("a", 0, "y");
	cr_assert(stat("a", &sb) == 0 && (sb.st_mode & 07777) == 0604);
	if (getuid() == 0) {
		cr_assert(eq(int, chown("a", 1234, 5678), 0));
		write_file("a", 0, "z");
		cr_assert(stat("a", &sb) == 0 && sb.st_uid == 1234 && sb.st_gid == 5678);
	}
}

Test(output, symbolic_links_are_followed)
{
	struct stat sb;

	shell("mkdir d e; ln -s ../d/x e/link; ln -s e/link a; ln -s \"$PWD/e\" b;"
	      "ln -s loop loop; ln -s d/new dangling; echo old >d/x");
	write_file("a", 0, "1");
	cr_assert(holds("d/x", "1"));
	write_file("b/link", 0, "2");
	cr_assert(holds("d/x", "2"));
	write_file("dangling", 0, "3");
	cr_assert(holds("d/new", "3"));
	cr_assert(lstat("a", &sb) == 0 && S_ISLNK(sb.st_mode));
	cr_assert(lstat("e/link", &sb) == 0 && S_ISLNK(sb.st_mode));
	cr_assert(eq(int, count("d"), 2));
	cr_assert(eq(int, count("e"), 1));
}

struct refusal {
	char path[24], text[80];
	enum ib_status code;
};

ParameterizedTestParameters(output, refuses)
{
	static struct refusal cases[] = {
		{ "d", "d: is a directory", IB_E_CREATE },
		{ "absent/a",
		  "absent/a: cannot create: No such file or "
		  "directory",
		  IB_E_CREATE },
		{ "f/a", "f/a: cannot create: Not a directory", IB_E_CREATE },
		{ "a/", "a/: cannot create: Is a directory", IB_E_CREATE },
		{ "", ": cannot create: No such file or directory", IB_E_CREATE },
		{ "loop",
		  "loop: cannot create: Too many levels of symbolic "
		  "links",
		  IB_E_CREATE },
		{ "a.xz", "a.xz: cannot write .xz files: use .zst or .gz", IB_E_MISUSE },
		{ "a.bz2", "a.bz2: cannot write .bz2 files: use .zst or .gz", IB_E_MISUSE },
		{ "a.jsonl.lz4",
		  "a.jsonl.lz4: cannot write .lz4 files: use .zst or "
		  ".gz",
		  IB_E_MISUSE },
	};

	return cr_make_param_array(struct refusal, cases, sizeof(cases) / sizeof(*cases));
}

ParameterizedTest(struct refusal *c, output, refuses)
{
	struct ib_output *o = NULL;
	struct ib_error err = { 0 };

	shell("mkdir d; : >f; ln -s loop loop");
	cr_assert(eq(int, ib_output_open(c->path, 0, &o, &err), c->code));
	cr_assert(eq(int, err.code, c->code));
	cr_assert(eq(str, err.text, c->text));
	cr_assert(eq(ptr, o, NULL));
	cr_assert(eq(int, count("."), 3));
}

Test(output, the_longest_names_are_accepted)
{
	char name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	write_file(name, 0, "x");
	cr_assert(holds(name, "x"));
	cr_assert(eq(int, count("."), 1));
}

Test(output, writes_devices_and_fifos_directly)
{
	struct stat sb;
	FILE *f;
	char buf[10] = "";

	write_file("/dev/null", IB_OUTPUT_IF_CHANGED, "x");
	cr_assert(stat("/dev/null", &sb) == 0 && S_ISCHR(sb.st_mode));
	shell("mkfifo p; ln -s p l");
	f = popen("cat p", "r");
	write_file("l", 0, "hello");
	cr_assert(fgets(buf, sizeof(buf), f) && strcmp(buf, "hello") == 0);
	pclose(f);
	cr_assert(lstat("p", &sb) == 0 && S_ISFIFO(sb.st_mode));
	cr_assert(eq(int, count("."), 2));
}

/* Write p[0..n) in pieces of many sizes. Some sizes are near the sizes of the buffers. */
static void
scatter(struct ib_output *o, const char *p, size_t n, unsigned seed)
{
	static const size_t sizes[] = { 1, 79, 4095, 262143, 262144, 262145, 1048576, 3000000 };
	size_t piece;

	while (n > 0) {
		seed = seed * 1103515245 + 12345;
		piece = sizes[(seed >> 16) % 8];
		piece = piece < n ? piece : n;
		ib_output_write(o, p, piece);
		p += piece;
		n -= piece;
	}
}

struct packing {
	char name[16], undo[24];
};

ParameterizedTestParameters(output, packs)
{
	static struct packing cases[] = {
		{ "a", "cat" },
		{ "a.zst", "zstd -dc" },
		{ "a.gz", "gzip -dc" },
	};

	return cr_make_param_array(struct packing, cases, sizeof(cases) / sizeof(*cases));
}

ParameterizedTest(struct packing *c, output, packs)
{
	size_t n = 20000000, i;
	char *p = malloc(n), cmd[100], digest[33], want[33];
	unsigned seed;
	FILE *f = fopen("want", "wb");

	for (i = 0; i < n; i++)
		p[i] = (char)("0123456789\n"[(i * i >> 7) % 11]);
	cr_assert(f && fwrite(p, 1, n, f) == n && fclose(f) == 0);
	f = popen("xxhsum -q -H2 want", "r");
	cr_assert(f && fscanf(f, "%32s", want) == 1);
	pclose(f);
	for (seed = 1; seed < 4; seed++) {
		struct ib_output *o = output(c->name, IB_OUTPUT_DIGEST);

		scatter(o, p, n, seed);
		if (seed == 2)
			cr_assert(eq(int, ib_output_flush(o, NULL), IB_OK));
		ib_output_digest(o, digest);
		cr_assert(eq(str, digest, want));
		commit(o);
		snprintf(cmd, sizeof(cmd), "%s %s | cmp - want", c->undo, c->name);
		shell(cmd);
		/* The file has the same bytes for any sizes of the pieces. */
		snprintf(cmd, sizeof(cmd), seed == 1 ? "cp %s first" : "cmp %s first", c->name);
		shell(cmd);
	}
	free(p);
}

Test(output, writes_empty_files)
{
	write_file("a", 0, "");
	write_file("a.zst", 0, "");
	write_file("a.gz", 0, "");
	shell("test ! -s a && zstd -qt a.zst && gzip -t a.gz &&"
	      "test -z \"$(zstdcat a.zst; zcat a.gz)\"");
}

/* Headers have no time, no name and no size. The zstd frame has a checksum. */
Test(output, headers_do_not_contain_time_name_or_size)
{
	write_file("a.gz", 0, "x");
	write_file("a.zst", 0, "x");
	shell("test \"$(od -An -tx1 -N10 a.gz)\" = ' 1f 8b 08 00 00 00 00 00 "
	      "00 03' && zstd -lv a.zst 2>&1 | grep -q 'Check: XXH64' &&"
	      "! zstd -lv a.zst 2>&1 | grep -q 'Decompressed Size'");
}

/* ---- unchanged ---------------------------------------------------------- */

static bool
touched(const char *path)
{
	struct stat sb;

	return stat(path, &sb) != 0 || sb.st_mtime != 86400;
}

Test(output, keeps_an_equal_target_untouched)
{
	write_file("a", 0, "same");
	write_file("a.zst", 0, "same");
	shell("TZ=UTC touch -d 1970-01-02 a a.zst");
	write_file("a", IB_OUTPUT_IF_CHANGED, "same");
	write_file("a.zst", IB_OUTPUT_IF_CHANGED, "same");
	cr_assert(not(touched("a")));
	cr_assert(not(touched("a.zst")));
	cr_assert(eq(int, count("."), 2));
	write_file("a", IB_OUTPUT_IF_CHANGED, "game");
	cr_assert(touched("a") && holds("a", "game"));
	write_file("a", IB_OUTPUT_IF_CHANGED, "game over");
	write_file("a", IB_OUTPUT_IF_CHANGED, "game");
	cr_assert(holds("a", "game"));
	write_file("b", IB_OUTPUT_IF_CHANGED, "new");
	cr_assert(holds("b", "new"));
	shell("TZ=UTC touch -d 1970-01-02 a");
	write_file("a", 0, "game");
	cr_assert(touched("a"));
}

/* ---- failures ----------------------------------------------------------- */

static void
fails(struct ib_output *o, size_t n, enum ib_status code, const char *text)
{
	struct ib_error err = { 0 };
	char buf[1000] = "";
	size_t i;

	for (i = 0; i < n; i++)
		ib_output_write(o, buf, sizeof(buf));
	cr_assert(eq(int, ib_output_commit(&o, &err), code));
	cr_assert(eq(int, err.code, code));
	cr_assert(eq(str, err.text, (char *)text));
	cr_assert(eq(ptr, o, NULL));
}

Test(output, a_full_disk_is_reported)
{
	struct ib_output *o;
	struct ib_error err;
	char big[1 << 20] = "";

	fails(output("/dev/full", 0), 1, IB_E_IO,
	      "/dev/full: cannot write: No space left on device");
	fails(output("/dev/full", 0), 2000, IB_E_IO,
	      "/dev/full: cannot write: No space left on device");
	shell("ln -s /dev/full a.zst; ln -s /dev/full a.gz");
	fails(output("a.zst", 0), 1, IB_E_IO, "a.zst: cannot write: No space left on device");
	fails(output("a.gz", 0), 1, IB_E_IO, "a.gz: cannot write: No space left on device");
	o = output("/dev/full", 0);
	ib_output_write(o, "x", 1);
	cr_assert(eq(int, ib_output_status(o, &err), IB_OK));
	cr_assert(eq(int, ib_output_flush(o, &err), IB_E_IO));
	ib_output_write(o, big, sizeof(big));
	cr_assert(eq(int, ib_output_status(o, &err), IB_E_IO));
	ib_output_discard(&o);
}

/* If the file system is full, the old file is kept, and the temporary file is removed. */
Test(output, keeps_the_old_file_on_a_full_disk)
{
	char data[4096] = "data";
	struct ib_output *o;
	struct ib_error err;
	int i;

	shell("mkdir m");
	if (mount("none", "m", "tmpfs", 0, "size=256k") != 0) {
		scratch_leave();
		cr_skip_test("cannot mount");
	}
	write_file("m/a", 0, "old");
	o = output("m/a", 0);
	for (i = 0; i < 200; i++)
		ib_output_write(o, data, sizeof(data));
	cr_assert(eq(int, ib_output_commit(&o, &err), IB_E_IO));
	cr_assert(eq(str, err.text, "m/a: cannot write: No space left on device"));
	cr_assert(holds("m/a", "old"));
	cr_assert(eq(int, count("m"), 1));
	cr_assert(eq(int, umount("m"), 0));
}

Test(output, a_mount_point_cannot_be_replaced)
{
	struct ib_output *o;
	struct ib_error err;

	write_file("t", 0, "old");
	if (mount("t", "t", NULL, MS_BIND, NULL) != 0) {
		scratch_leave();
		cr_skip_test("cannot mount");
	}
	o = output("t", 0);
	ib_output_write(o, "x", 1);
	cr_assert(eq(int, ib_output_commit(&o, &err), IB_E_CREATE));
	cr_assert(eq(str, err.text,
		     "t: cannot create: it is a mount point, which cannot be "
		     "replaced; instead redirect standard output: > t"));
	cr_assert(holds("t", "old"));
	cr_assert(eq(int, count("."), 1));
	cr_assert(eq(int, umount("t"), 0));
}

Test(output, a_closed_pipe_is_reported)
{
	int ends[2];
	struct ib_output *o;
	struct ib_error err;

	signal(SIGPIPE, SIG_IGN);
	cr_assert(pipe(ends) == 0 && dup2(ends[1], 1) == 1);
	close(ends[0]);
	close(ends[1]);
	o = output("-", 0);
	ib_output_write(o, "x", 1);
	cr_assert(eq(int, ib_output_flush(o, &err), IB_E_PIPE));
	ib_output_discard(&o);
	fails(output(NULL, 0), 1000, IB_E_PIPE, "standard output: cannot write: Broken pipe");
}

Test(output, a_closed_or_full_standard_output_is_reported)
{
	int fd = open("/dev/full", O_WRONLY);

	cr_assert(eq(int, dup2(fd, 1), 1));
	fails(output("-", 0), 1, IB_E_IO, "standard output: cannot write: No space left on device");
	close(1);
	fails(output("-", 0), 1, IB_E_IO, "standard output: cannot write: Bad file descriptor");
	fails(output("-", 0), 0, IB_E_IO, "standard output: cannot write: Bad file descriptor");
}

/* Writing to a non-blocking pipe waits until the reader has read. */
Test(output, waits_for_a_slow_reader)
{
	int ends[2];
	FILE *f;
	char *p = calloc(1, 1000000);
	struct ib_output *o;

	f = popen("sleep 0.2; test $(wc -c) = 1000000", "w");
	ends[1] = fileno(f);
	cr_assert(eq(int, fcntl(ends[1], F_SETFL, O_NONBLOCK), 0));
	cr_assert(eq(int, dup2(ends[1], 1), 1));
	o = output("-", 0);
	ib_output_write(o, p, 1000000);
	commit(o);
	close(1);
	cr_assert(eq(int, pclose(f), 0));
	free(p);
}

/* ---- several ------------------------------------------------------------ */

Test(output, all_appear_or_none)
{
	struct ib_output *outs[4];
	struct ib_error err;

	shell("echo old >b");
	outs[0] = output("a", 0);
	outs[1] = NULL;
	outs[2] = output("/dev/full", 0);
	outs[3] = output("b", 0);
	ib_output_write(outs[0], "1", 1);
	ib_output_write(outs[2], "2", 1);
	ib_output_write(outs[3], "3", 1);
	cr_assert(eq(int, ib_outputs_commit(outs, 4, NULL, &err), IB_E_IO));
	cr_assert(outs[0] == NULL && outs[2] == NULL && outs[3] == NULL);
	cr_assert(holds("b", "old\n"));
	cr_assert(eq(int, count("."), 1));
	outs[0] = output("a", 0);
	outs[2] = output("/dev/null", 0);
	outs[3] = output("b", 0);
	cr_assert(eq(int, ib_outputs_commit(outs, 4, NULL, &err), IB_OK));
	cr_assert(eq(int, count("."), 2));
	/* If the target has become a folder in the meantime, it cannot be replaced. */
	outs[0] = output("new", 0);
	outs[2] = output("c", 0);
	shell("mkdir -p c/d");
	cr_assert(eq(int, ib_outputs_commit(outs, 3, NULL, &err), IB_E_CREATE));
	cr_assert(eq(int, count("."), 3));
	cr_assert(eq(int, ib_outputs_commit(outs, 3, NULL, &err), IB_OK));
	cr_assert(eq(int, ib_outputs_commit(NULL, 0, NULL, &err), IB_OK));
}

/* A process can have more outputs than descriptors if it finishes the outputs early. */
Test(output, a_finished_file_appears_only_at_commit)
{
	static struct ib_output *outs[200];
	struct rlimit limit = { 40, 40 };
	char name[16], digest[33];
	struct ib_error err;
	int i;

	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &limit), 0));
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "n%d%s", i, i % 2 ? ".zst" : "");
		outs[i] = output(name, IB_OUTPUT_DIGEST);
		ib_output_write(outs[i], "abc", 3);
		cr_assert(eq(int, ib_output_finish(outs[i], &err), IB_OK));
		ib_output_digest(outs[i], digest);
		cr_assert(eq(str, digest, "06b05ab6733a618578af5f94892f3950"));
		cr_assert(access(name, F_OK) != 0);
	}
	cr_assert(eq(int, ib_outputs_commit(outs, 200, NULL, &err), IB_OK));
	cr_assert(holds("n198", "abc"));
	cr_assert(eq(int, count("."), 200));
	outs[0] = output("/dev/full", 0);
	ib_output_write(outs[0], "abc", 3);
	cr_assert(eq(int, ib_output_finish(outs[0], &err), IB_E_IO));
	cr_assert(eq(int, ib_output_finish(outs[0], &err), IB_E_IO));
	cr_assert(eq(int, ib_output_commit(&outs[0], &err), IB_E_IO));
}

/* ---- signals ------------------------------------------------------------ */

Test(output, leaves_the_old_file_when_killed)
{
	struct ib_output *o;
	int status;
	pid_t pid;

	shell("echo old >a");
	pid = fork();
	if (pid == 0) {
		o = output("a", 0);
		ib_output_write(o, "new", 3);
		ib_output_flush(o, NULL);
		raise(SIGKILL);
	}
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGKILL));
	cr_assert(holds("a", "old\n"));
}

static void
go(int sig)
{
	(void)sig;
	ib_output_abandon();
	kill(getpid(), SIGKILL); /* not _exit(), which confuses AddressSanitizer here */
	pause();
}

static void *
write_for_ever(void *arg)
{
	const char *const *names = arg;
	struct ib_output *outs[2];
	int i;

	for (;;) {
		for (i = 0; i < 2; i++)
			if (ib_output_open(names[i], 0, &outs[i], NULL))
				pause(); /* ib_output_abandon() was called */
		ib_output_write(outs[0], "whole", 5);
		ib_output_write(outs[1], "whole", 5);
		ib_outputs_commit(outs, 2, NULL, NULL);
		if (ib_output_open(names[0], 0, &outs[0], NULL))
			pause();
		ib_output_discard(&outs[0]);
	}
	return NULL;
}

/*
 * SIGTERM may come at any moment, in the writing thread or in another thread. No temporary file is
 * left. After a commit of two files, both files exist and are complete, or neither exists.
 */
Test(output, sigterm_leaves_no_temporary_file)
{
	static const char *names[2][2] = { { "a", "b" }, { "c", "d" } };
	struct timespec t = { 0, 0 };
	pthread_t other;
	sigset_t set;
	int round, status, i;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	for (round = 0; round < 300; round++) {
		shell("rm -f a b c d");
		pid = fork();
		if (pid == 0) {
			signal(SIGTERM, go);
			if (round % 3 > 0)
				pthread_create(&other, NULL, write_for_ever, names[1]);
			if (round % 3 > 1)
				pthread_sigmask(SIG_BLOCK, &set, NULL);
			write_for_ever(names[0]);
		}
		t.tv_nsec = 300000 + round * 37 % 50 * 100000;
		nanosleep(&t, NULL);
		kill(pid, SIGTERM);
		cr_assert(eq(int, waitpid(pid, &status, 0), pid));
		if (WTERMSIG(status) == SIGTERM) /* the handler was not installed yet */
			continue;
		cr_assert(eq(int, WTERMSIG(status), SIGKILL));
		shell("test -z \"$(ls -A | grep ib-)\"");
		for (i = 0; i < 2; i++)
			cr_assert(
				eq(int, holds(names[i][0], "whole"), holds(names[i][1], "whole")));
		shell("for f in [a-d]; do test ! -e $f || "
		      "test $(cat $f) = whole; done");
	}
}

/* ---- locks -------------------------------------------------------------- */

Test(lock, a_held_lock_is_not_given_again)
{
	struct ib_error err = { 0 };
	int a, b;

	cr_assert(eq(int, ib_lock("run.npz", false, NULL, &a, &err), IB_OK));
	cr_assert(eq(int, ib_lock("run.npz", true, NULL, &b, &err), IB_E_AGAIN));
	cr_assert(eq(str, err.text, "run.npz.lock: another process holds the lock"));
	cr_assert(eq(int, b, -1));
	ib_unlock(b);
	ib_unlock(a);
	cr_assert(eq(int, ib_lock("run.npz", true, NULL, &b, &err), IB_OK));
	ib_unlock(b);
	cr_assert(eq(int, access("run.npz.lock", F_OK), 0));
	cr_assert(eq(int, ib_lock("no/run", true, NULL, &b, &err), IB_E_CREATE));
	cr_assert(eq(str, err.text,
		     "no/run.lock: cannot create: No such file "
		     "or directory"));
}

static int
hold(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0666);

	cr_assert(eq(int, flock(fd, LOCK_EX | LOCK_NB), 0));
	return fd;
}

/*
 * The temporary file of a dead process has no lock. It is removed when its name is needed. A locked
 * temporary file, a link, and a file of another target are not removed.
 */
Test(output, only_temporaries_of_dead_processes_are_removed)
{
	struct ib_output *o = NULL;
	struct ib_error err;
	int fd = hold(".out.ib-000000");

	shell("echo left >.out.ib-000001; echo mine >.other.ib-000000;"
	      "ln -s .other.ib-000000 .out.ib-000002");
	cr_assert(eq(int, ib_output_open("out", 0, &o, &err), IB_OK));
	ib_output_write(o, "1\n", 2);
	cr_assert(eq(int, ib_output_commit(&o, &err), IB_OK), "%s", err.text);
	shell("test \"$(cat out)\" = 1 && test -e .out.ib-000000 &&"
	      "! test -e .out.ib-000001 && test -L .out.ib-000002 &&"
	      "test \"$(cat .other.ib-000000)\" = mine");
	close(fd);
	cr_assert(eq(int, ib_output_open("out", 0, &o, &err), IB_OK));
	cr_assert(eq(int, ib_output_commit(&o, &err), IB_OK), "%s", err.text);
	shell("! test -e .out.ib-000000");
}

/* If bytes are missing in a buffer because memory ran out, the output fails. */
Test(output, an_allocation_failure_of_the_bytes_fails_the_commit)
{
	struct ib_bytes b = { 0 };
	struct ib_output *o = NULL;
	struct ib_error err;

	cr_assert(eq(int, ib_output_open("out", 0, &o, &err), IB_OK));
	ib_bytes_append(&b, "one\n", 4);
	ib_output_write_bytes(o, &b);
	cr_assert(eq(sz, b.n, 0));
	cr_assert(eq(int, ib_output_status(o, &err), IB_OK));
	cr_assert(not(ib_bytes_reserve(&b, SIZE_MAX / 2 + 2)));
	ib_output_write_bytes(o, &b);
	ib_bytes_release(&b);
	cr_assert(eq(int, ib_output_commit(&o, &err), IB_E_IO));
	cr_assert(eq(str, err.text, "out of memory"));
	cr_assert(eq(int, count("."), 0));
}

static void
let_go(int sig)
{
	(void)sig;
	close(open("go", O_WRONLY | O_CREAT, 0600));
}

/*
 * A script holds the lock with flock(1) until this process handles a signal. The signal comes while
 * this process waits for the lock, and does not end the wait.
 */
Test(lock, a_locker_waits_until_the_lock_is_free)
{
	struct sigaction act = { .sa_handler = let_go };
	struct ib_error err;
	int lock;
	FILE *f;
	char line[16];

	sigaction(SIGALRM, &act, NULL);
	f = popen("flock a.lock sh -c 'echo held; "
		  "until test -e go; do sleep 0.01; done; : >done'",
		  "r");
	cr_assert(fgets(line, sizeof(line), f) != NULL);
	cr_assert(eq(int, ib_lock("a", true, NULL, &lock, &err), IB_E_AGAIN));
	alarm(1);
	cr_assert(eq(int, ib_lock("a", false, NULL, &lock, &err), IB_OK));
	cr_assert(eq(int, access("done", F_OK), 0));
	shell("flock -nE 75 a.lock true; test $? = 75");
	ib_unlock(lock);
	shell("flock -n a.lock true");
	pclose(f);
}
