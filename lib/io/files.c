/*
 * Two names are one file if device and inode agree. A file that does not exist
 * yet is known by its folder's device and inode and by its last name. Devices
 * and directories have no identity here: nothing in them can be overwritten.
 */
#define _GNU_SOURCE /* readlink */
#include "io/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/numbers.h"
#include "io/input.h"

#define LINKS_MAX 40 /* as many as the kernel follows */

struct identity {
	dev_t dev;
	ino_t ino;
	char *name;   /* of a file that does not exist yet, else NULL */
	bool pipe;    /* can be read only once */
	size_t index; /* in the caller's array */
};

/* ---- names -------------------------------------------------------------- */

/* What the link `at`, which holds to[0..n), leads to. */
static char *
join_link(const char *at, const char *to, size_t n)
{
	const char *slash = strrchr(at, '/');
	struct ib_bytes joined = { 0 };
	char *path;

	if (slash && to[0] != '/')
		ib_bytes_put(&joined, at, (size_t)(slash - at) + 1);
	ib_bytes_put(&joined, to, n);
	path = joined.failed ? NULL : ib_span_dup(ib_bytes_span(&joined));
	ib_bytes_release(&joined);
	return path;
}

char *
ib_links_follow(const char *path)
{
	char *at = ib_span_dup(ib_span_of(path)), to[PATH_MAX], *next;
	int links = 0;
	ssize_t n;

	while (at && (n = readlink(at, to, sizeof(to))) >= 0) {
		next = join_link(at, to, (size_t)n);
		free(at);
		at = next;
		if (at && (++links > LINKS_MAX || (size_t)n == sizeof(to))) {
			free(at);
			errno = links > LINKS_MAX ? ELOOP : ENAMETOOLONG;
			return NULL;
		}
	}
	return at;
}

/* `pattern` with `text` in place of its first `mark`; NULL: memory ran out. */
static char *
fill(const char *pattern, const char *mark, struct ib_span text)
{
	const char *at = strstr(pattern, mark);
	struct ib_bytes name = { 0 };

	ib_bytes_put(&name, pattern, (size_t)(at - pattern));
	ib_bytes_put(&name, text.p, text.n);
	ib_bytes_put(&name, at + strlen(mark), strlen(at + strlen(mark)) + 1);
	if (name.failed)
		ib_bytes_release(&name);
	return name.p;
}

char *
ib_name_for_operand(const char *pattern, const char *operand)
{
	return fill(pattern, "%s", ib_input_stem(operand));
}

char *
ib_name_for_number(const char *pattern, uint64_t number)
{
	char digits[IB_NUMBER_MAX];
	struct ib_span text = { digits, ib_number_put_unsigned(digits, number) };

	return fill(pattern, "%d", text);
}

/* ---- identities --------------------------------------------------------- */

static bool
reads(const struct ib_file_use *u)
{
	return u->use == IB_USE_READ || u->use == IB_USE_START;
}

static bool
is_standard(const struct ib_file_use *u)
{
	return !u->path || strcmp(u->path, "-") == 0;
}

/* A file that does not exist yet: its folder and its last name. */
static bool
identify_new(const char *path, struct identity *id)
{
	char *at = ib_links_follow(path), *slash = at ? strrchr(at, '/') : NULL;
	const char *folder = ".";
	struct stat sb;
	bool known;

	if (!at)
		return false;
	id->name = ib_span_dup(ib_span_of(slash ? slash + 1 : at));
	if (slash) {
		slash[slash == at] = '\0';
		folder = at;
	}
	known = id->name && stat(folder, &sb) == 0;
	free(at);
	if (!known) {
		free(id->name);
		id->name = NULL;
		return false;
	}
	id->dev = sb.st_dev;
	id->ino = sb.st_ino;
	return true;
}

/* False for a device, and for a file that opening it will complain of. */
static bool
identify(const struct ib_file_use *u, struct identity *id)
{
	struct stat sb;
	int ret;

	*id = (struct identity){ .dev = 0 };
	if (is_standard(u))
		ret = fstat(reads(u) ? STDIN_FILENO : STDOUT_FILENO, &sb);
	else
		ret = stat(u->path, &sb);
	if (ret != 0)
		return errno == ENOENT && !is_standard(u) && identify_new(u->path, id);
	id->dev = sb.st_dev;
	id->ino = sb.st_ino;
	id->pipe = S_ISFIFO(sb.st_mode) || S_ISSOCK(sb.st_mode);
	return id->pipe || S_ISREG(sb.st_mode) || S_ISBLK(sb.st_mode);
}

static int
compare_files(const struct identity *x, const struct identity *y)
{
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	if (!x->name || !y->name)
		return (x->name != NULL) - (y->name != NULL);
	return strcmp(x->name, y->name);
}

static int
compare(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;
	int order = compare_files(x, y);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* ---- conflicts ---------------------------------------------------------- */

static bool
conflicts(const struct ib_file_use *a, const struct ib_file_use *b, bool pipe)
{
	if (pipe)
		return reads(a) && reads(b);
	if (reads(a) && reads(b))
		return false;
	return !(a->use == IB_USE_START && b->use == IB_USE_RESULT) &&
	       !(a->use == IB_USE_RESULT && b->use == IB_USE_START);
}

/*
 * The first two that conflict among n names of one file. Most files are read
 * only: the pairs of those are not compared unless it is a pipe.
 */
static bool
find_in_file(const struct ib_file_use *uses, const struct identity *id, size_t n, size_t pair[2])
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		const struct ib_file_use *u = &uses[id[i].index];

		for (j = 0; j < n && (id[i].pipe || !reads(u)); j++)
			if (j != i && conflicts(u, &uses[id[j].index], id[i].pipe)) {
				pair[0] = id[i].index;
				pair[1] = id[j].index;
				return true;
			}
	}
	return false;
}

/* "-o train.csv"; "-o train.csv (for shard.csv)"; "standard input". */
static void
describe(const struct ib_file_use *u, struct ib_bytes *text)
{
	if (is_standard(u) && !reads(u))
		ib_bytes_printf(text, "standard output");
	else if (is_standard(u))
		ib_bytes_printf(text, "standard input");
	else
		ib_bytes_printf(text, "%s %.300s", u->role, u->path);
	if (u->of)
		ib_bytes_printf(text, " (for %.300s)", u->of);
	ib_bytes_put(text, "", 1);
}

static enum ib_status
report(const struct ib_file_use *a, const struct ib_file_use *b, struct ib_error *err)
{
	struct ib_bytes one = { 0 }, two = { 0 };
	enum ib_status st;

	describe(a, &one);
	describe(b, &two);
	if (one.failed || two.failed)
		st = ib_fail_memory(err);
	else if (reads(a) && reads(b))
		st = ib_fail(err, IB_E_MISUSE,
			     "%s and %s are the same pipe, "
			     "which can be read only once",
			     one.p, two.p);
	else if (reads(b))
		st = ib_fail(err, IB_E_MISUSE,
			     "%s would overwrite %s, which "
			     "is the same file: name another output",
			     one.p, two.p);
	else
		st = ib_fail(err, IB_E_MISUSE,
			     "%s and %s are the same file: "
			     "name another output",
			     one.p, two.p);
	ib_bytes_release(&one);
	ib_bytes_release(&two);
	return st;
}

/* The conflict whose first file comes first on the command line, if any. */
static enum ib_status
find_conflict(const struct ib_file_use *uses, const struct identity *id, size_t n,
	      struct ib_error *err)
{
	size_t best[2] = { SIZE_MAX, 0 }, pair[2], i, end;

	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (compare_files(&id[i], &id[end]) != 0)
				break;
		if (end - i > 1 && find_in_file(uses, id + i, end - i, pair) && pair[0] < best[0])
			memcpy(best, pair, sizeof(best));
	}
	return best[0] == SIZE_MAX ? IB_OK : report(&uses[best[0]], &uses[best[1]], err);
}

enum ib_status
ib_files_check(const struct ib_file_use *uses, size_t n, struct ib_error *err)
{
	struct identity *id = calloc(n + 1, sizeof(*id));
	enum ib_status st;
	size_t i, k = 0;

	if (!id)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++)
		if (identify(&uses[i], &id[k]))
			id[k++].index = i;
	qsort(id, k, sizeof(*id), compare);
	st = find_conflict(uses, id, k, err);
	for (i = 0; i < k; i++)
		free(id[i].name);
	free(id);
	return st;
}
