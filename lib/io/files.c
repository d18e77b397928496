/*
 * Find files that a command would use under two names. Two names belong to the same file if
 * device and inode are equal. A file that does not exist yet is identified by the device and
 * inode of its folder and by its last name component. Character devices and directories are not
 * compared, because writing to them overwrites nothing.
 */
#include "io/files.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/numbers.h"
#include "io/input.h"

#define LINKS_MAX 40 /* maximum number of links to follow, as in the kernel */

struct identity {
	dev_t dev;
	ino_t ino;
	char *name;   /* last name component of a file that does not exist; NULL if it exists */
	bool pipe;    /* true if the file can be read only once */
	size_t index; /* index in the array of uses */
};

/* ---- names -------------------------------------------------------------- */

/* Return the path of the target of the symbolic link `at`, which contains the text to[0..n). */
static char *
join_link(const char *at, const char *to, size_t n)
{
	const char *slash = strrchr(at, '/');
	struct ib_bytes joined = { 0 };
	char *path;

	if (slash && to[0] != '/')
		ib_bytes_append(&joined, at, (size_t)(slash - at) + 1);
	ib_bytes_append(&joined, to, n);
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

/* Return a copy of `pattern` with the first `mark` replaced by `text`, or NULL if out of memory. */
static char *
replace_mark(const char *pattern, const char *mark, struct ib_span text)
{
	const char *at = strstr(pattern, mark);
	struct ib_bytes name = { 0 };

	ib_bytes_append(&name, pattern, (size_t)(at - pattern));
	ib_bytes_append(&name, text.p, text.n);
	ib_bytes_append(&name, at + strlen(mark), strlen(at + strlen(mark)) + 1);
	if (name.failed)
		ib_bytes_release(&name);
	return name.p;
}

char *
ib_name_for_operand(const char *pattern, const char *operand)
{
	return replace_mark(pattern, "%s", ib_input_stem(operand));
}

char *
ib_name_for_number(const char *pattern, uint64_t number)
{
	char digits[IB_NUMBER_MAX];
	struct ib_span text = { digits, ib_number_write_unsigned(digits, number) };

	return replace_mark(pattern, "%d", text);
}

bool
ib_file_is_regular(const char *path)
{
	struct stat sb;

	return strcmp(path, "-") != 0 && stat(path, &sb) == 0 && S_ISREG(sb.st_mode);
}

enum ib_status
ib_split_check(uint64_t files, struct ib_error *err)
{
	if (files <= IB_SPLIT_MAX)
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE, "--split %" PRIu64 ": the maximum is %" PRIu64 " files",
		       files, IB_SPLIT_MAX);
}

/* ---- identities --------------------------------------------------------- */

static bool
is_read(const struct ib_file_use *u)
{
	return u->use == IB_USE_READ || u->use == IB_USE_START;
}

static bool
is_standard(const struct ib_file_use *u)
{
	return !u->path || strcmp(u->path, "-") == 0;
}

/* Identify a file that does not exist by its folder and its last name component. */
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

/*
 * Get the identity of a file. Returns false if the file cannot be found, or if it is a character
 * device or a directory, which are not compared.
 */
static bool
identify(const struct ib_file_use *u, struct identity *id)
{
	struct stat sb;
	int ret;

	*id = (struct identity){ .dev = 0 };
	if (is_standard(u))
		ret = fstat(is_read(u) ? STDIN_FILENO : STDOUT_FILENO, &sb);
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
compare_identities(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;
	int order = compare_files(x, y);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* ---- conflicts ---------------------------------------------------------- */

static bool
is_conflict(const struct ib_file_use *a, const struct ib_file_use *b, bool pipe)
{
	if (pipe)
		return is_read(a) && is_read(b);
	if (is_read(a) && is_read(b))
		return false;
	return !(a->use == IB_USE_START && b->use == IB_USE_RESULT) &&
	       !(a->use == IB_USE_RESULT && b->use == IB_USE_START);
}

/*
 * Find the first two uses that conflict among n uses of one file. Two reads conflict only if the
 * file is a pipe. So for any other file, reads are not compared with reads.
 */
static bool
find_in_file(const struct ib_file_use *uses, const struct identity *id, size_t n, size_t pair[2])
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		const struct ib_file_use *u = &uses[id[i].index];

		for (j = 0; j < n && (id[i].pipe || !is_read(u)); j++)
			if (j != i && is_conflict(u, &uses[id[j].index], id[i].pipe)) {
				pair[0] = id[i].index;
				pair[1] = id[j].index;
				return true;
			}
	}
	return false;
}

/*
 * Describe the use of a file in a message: "-o train.csv", "-o train.csv (for shard.csv)" or
 * "standard input".
 */
static void
describe_use(const struct ib_file_use *u, struct ib_bytes *text)
{
	if (is_standard(u) && !is_read(u))
		ib_bytes_printf(text, "standard output");
	else if (is_standard(u))
		ib_bytes_printf(text, "standard input");
	else
		ib_bytes_printf(text, "%s %.300s", u->role, u->path);
	if (u->of)
		ib_bytes_printf(text, " (for %.300s)", u->of);
	ib_bytes_append(text, "", 1);
}

static enum ib_status
report_conflict(const struct ib_file_use *a, const struct ib_file_use *b, struct ib_error *err)
{
	struct ib_bytes one = { 0 }, two = { 0 };
	enum ib_status st;

	describe_use(a, &one);
	describe_use(b, &two);
	if (one.failed || two.failed)
		st = ib_fail_memory(err);
	else if (is_read(a) && is_read(b))
		st = ib_fail(err, IB_E_MISUSE,
			     "%s and %s are the same pipe, "
			     "which can be read only once",
			     one.p, two.p);
	else if (is_read(b))
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

/* If there are conflicts, report the conflict that comes first on the command line. */
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
	return best[0] == SIZE_MAX ? IB_OK : report_conflict(&uses[best[0]], &uses[best[1]], err);
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
	qsort(id, k, sizeof(*id), compare_identities);
	st = find_conflict(uses, id, k, err);
	for (i = 0; i < k; i++)
		free(id[i].name);
	free(id);
	return st;
}
