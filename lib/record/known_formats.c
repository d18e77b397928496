/* The table of formats that are not supported, and functions that recognize them. */
#include "record/known_formats.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/little_endian.h"
#include "base/utf8.h"

/*
 * A row of the table recognizes a format by magic bytes at an offset, or by a function. `letters`
 * is true if the magic bytes are letters, which may also begin a line of text. In this case, the
 * file must also have the suffix of the format, or contain bytes that are not text.
 */
struct row {
	struct ib_known_format format;
	size_t at, nmagic;
	const char *magic;
	bool letters;
	const char *suffix;
	bool (*is)(struct ib_span head);
};

static bool
begins(struct ib_span head, size_t at, const char *magic, size_t n)
{
	return head.n >= at + n && memcmp(head.p + at, magic, n) == 0;
}

/* ---- binary formats without magic bytes at their start ------------------- */

/* True for UTF-16, which begins with a byte order mark, or in which every second byte is NUL. */
static bool
is_utf16(struct ib_span head)
{
	size_t n = head.n < 64 ? head.n & ~(size_t)1 : 64, i, nul[2] = { 0, 0 };

	for (i = 0; i < n; i++)
		nul[i % 2] += head.p[i] == '\0';
	if (n >= 2 && (memcmp(head.p, "\xff\xfe", 2) == 0 || memcmp(head.p, "\xfe\xff", 2) == 0))
		return n == 2 || nul[0] + nul[1] > 0;
	return n >= 4 && nul[0] + nul[1] == n / 2 && (nul[0] == 0 || nul[1] == 0);
}

/*
 * True for UTF-32, which begins with a byte order mark, or has three NUL bytes in every four
 * bytes.
 */
static bool
is_utf32(struct ib_span head)
{
	size_t n = head.n < 64 ? head.n & ~(size_t)3 : 64, i, nul[4] = { 0, 0, 0, 0 };

	for (i = 0; i < n; i++)
		nul[i % 4] += head.p[i] == '\0';
	if (n >= 4 &&
	    (memcmp(head.p, "\xff\xfe\0\0", 4) == 0 || memcmp(head.p, "\0\0\xfe\xff", 4) == 0))
		return true;
	return n >= 8 && nul[1] == n / 4 && nul[2] == n / 4 &&
	       ((nul[0] == 0 && nul[3] == n / 4) || (nul[0] == n / 4 && nul[3] == 0));
}

/* True for an Arrow stream, in which each message begins with the length of its metadata. */
static bool
is_arrow_stream(struct ib_span head)
{
	uint64_t n;

	if (!begins(head, 0, "\xff\xff\xff\xff", 4) || head.n < 8)
		return false;
	n = ib_little_endian_get(head.p + 4, 4);
	return n > 0 && n % 8 == 0 && n < (uint64_t)1 << 26;
}

/* True for pickle protocols 2 to 5, which begin with the protocol number and an opcode. */
static bool
is_pickle(struct ib_span head)
{
	static const char first[] = "\x95]}()cXKJMGNUT\x8a\x8c\x8f\x88\x89";

	if (head.n < 3 || head.p[0] != '\x80' || head.p[1] < 2 || head.p[1] > 5)
		return false;
	return memchr(first, head.p[2], sizeof(first) - 1);
}

/* True for safetensors, which begins with the length of a JSON header and the header. */
static bool
is_safetensors(struct ib_span head)
{
	uint64_t n;

	if (head.n < 10 || head.p[8] != '{')
		return false;
	n = ib_little_endian_get(head.p, 8);
	return n >= 2 && n < (uint64_t)1 << 32;
}

/* Compute the masked Castagnoli CRC-32 of 8 bytes, as in TFRecord. */
static uint32_t
masked_crc(const char *p)
{
	uint32_t crc = UINT32_MAX;
	size_t i, bit;

	for (i = 0; i < 8; i++) {
		crc ^= (unsigned char)p[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	crc = ~crc;
	return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

/* True for TFRecord, which begins with the length of a record and the CRC of this length. */
static bool
is_tfrecord(struct ib_span head)
{
	return head.n >= 12 && ib_little_endian_get(head.p + 8, 4) == masked_crc(head.p);
}

/* Return the name of the first member of a zip archive, or an empty span. */
static struct ib_span
zip_member(struct ib_span head)
{
	struct ib_span none = { "", 0 };
	size_t n;

	if (!begins(head, 0, "PK\3\4", 4) || head.n < 30)
		return none;
	n = (size_t)ib_little_endian_get(head.p + 26, 2);
	return n > head.n - 30 ? none : (struct ib_span){ head.p + 30, n };
}

static bool
is_torch(struct ib_span head)
{
	return ib_span_ends_with_any_case(zip_member(head), "/data.pkl");
}

static bool
is_office(struct ib_span head)
{
	struct ib_span name = zip_member(head);

	return ib_span_is(name, "[Content_Types].xml") || ib_span_is(name, "_rels/.rels") ||
	       begins(name, 0, "docProps/", 9) || begins(name, 0, "xl/", 3);
}

/* ---- text ---------------------------------------------------------------- */

static struct ib_span
skip_space(struct ib_span s)
{
	while (s.n > 0 && memchr(" \t\r\n", *s.p, 4)) {
		s.p++;
		s.n--;
	}
	return s;
}

static bool
begins_word(struct ib_span head, const char *word)
{
	struct ib_span s = skip_space(head);
	size_t n = strlen(word);

	return s.n >= n && strncasecmp(s.p, word, n) == 0;
}

static bool
is_html(struct ib_span head)
{
	return begins_word(head, "<!doctype") || begins_word(head, "<html") ||
	       begins_word(head, "<head>");
}

static bool
is_xml(struct ib_span head)
{
	return begins_word(head, "<?xml ") || begins_word(head, "<error>");
}

static bool
is_comment(struct ib_span head)
{
	return begins_word(head, "//") || begins_word(head, "/*");
}

static bool
is_hash_comment(struct ib_span head)
{
	return begins_word(head, "#");
}

static bool
is_conflict(struct ib_span head)
{
	return begins_word(head, "<<<<<<< ");
}

/* True if the text is one line that begins with the path of a git-annex object. */
static bool
is_annex_pointer(struct ib_span head)
{
	const char *stop = memchr(head.p, '\n', head.n);

	return begins(head, 0, "/annex/objects/", 15) && (!stop || stop + 1 == head.p + head.n);
}

/* True if the line contains the word, ignoring case. */
static bool
contains_word(struct ib_span line, const char *word)
{
	size_t n = strlen(word), i;

	for (i = 0; i + n <= line.n; i++)
		if (strncasecmp(line.p + i, word, n) == 0)
			return true;
	return false;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_error_page(struct ib_span head)
{
	static const char *const words[] = {
		"not found",	     "forbidden",   "denied",
		"unauthorized",	     "bad gateway", "bad request",
		"unavailable",	     "timed out",   "internal server error",
		"too many requests", "moved "
	};
	struct ib_span line = skip_space(head);
	size_t i;

	for (i = 0; i < line.n && !memchr("\r\n", line.p[i], 2);)
		i++;
	line.n = i;
	if (line.n > 120)
		return false;
	if (begins_word(line, "http/"))
		return true;
	if (line.n > 4 && (line.p[0] == '4' || line.p[0] == '5') && is_digit(line.p[1]) &&
	    is_digit(line.p[2]) && (line.p[3] == ':' || line.p[3] == ' '))
		return true;
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (contains_word(line, words[i]))
			return true;
	return false;
}

/* ---- the table ----------------------------------------------------------- */

#define MAGIC(bytes) .magic = (bytes), .nmagic = sizeof(bytes) - 1
#define BINARY(name, advice) .format = { IB_KNOWN_BINARY, (name), (advice) }
#define TEXT(name, advice) .format = { IB_KNOWN_TEXT, (name), (advice) }
#define HINT(name, advice) .format = { IB_KNOWN_HINT, (name), (advice) }

#define PANDAS(read)                                                                               \
	"convert it, for example with pandas: " read                                               \
	".to_json('x.jsonl', orient='records', lines=True)"
#define TO_JSONL "write its records as JSON lines"
#define LIST_IT "list the names of such files, one per line, and pass the list"
#define UNPACK_IT "unpack it first"

/* The known formats. The first row that matches the file is used. To add a format, add a row. */
static const struct row rows[] = {
	{ BINARY("a Parquet file", "convert it, for example with DuckDB: duckdb -c \"copy (from "
				   "'x.parquet') to 'x.jsonl' (format json)\""),
	  MAGIC("PAR1"), .letters = true, .suffix = ".parquet" },
	{ BINARY("an Arrow IPC file", PANDAS("pandas.read_feather('x.arrow')")),
	  MAGIC("ARROW1\0") },
	{ BINARY("a Feather file", PANDAS("pandas.read_feather('x.feather')")), MAGIC("FEA1"),
	  .letters = true, .suffix = ".feather" },
	{ BINARY("an Arrow IPC stream", PANDAS("pyarrow.ipc.open_stream('x.arrow').read_pandas()")),
	  .is = is_arrow_stream },
	{ BINARY("an ORC file", PANDAS("pandas.read_orc('x.orc')")), MAGIC("ORC"), .letters = true,
	  .suffix = ".orc" },
	{ BINARY("an Avro file", "convert it, for example with fastavro: fastavro x.avro "
				 ">x.jsonl"),
	  MAGIC("Obj\1") },
	{ BINARY("an SQLite database", "export the table: sqlite3 -header -csv x.db 'select * from "
				       "TABLE' >x.csv"),
	  MAGIC("SQLite format 3\0") },
	{ BINARY("a DuckDB database", "export the table: duckdb x.db -c \"copy TABLE to 'x.jsonl' "
				      "(format json)\""),
	  .at = 8, MAGIC("DUCK"), .letters = true, .suffix = ".duckdb" },
	{ BINARY("an LMDB database", TO_JSONL), .at = 16, MAGIC("\xde\xc0\xef\xbe") },
	{ BINARY("an HDF5 file", "write its arrays id and loss with numpy.savez, or its "
				 "records as JSON lines"),
	  MAGIC("\x89HDF\r\n\x1a\n") },
	{ BINARY("a file of one numpy array",
		 "write the ids one per line, or use ib-prune --range N for the ids 0 to N-1"),
	  MAGIC("\x93NUMPY") },
	{ BINARY("a PyTorch file", "load it in Python, and " TO_JSONL), .is = is_torch },
	{ BINARY("an office document", "save its table as CSV"), .is = is_office },
	{ BINARY("an office document", "save its table as CSV"),
	  MAGIC("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") },
	{ BINARY("a Python pickle", "load it in Python, and " TO_JSONL), .is = is_pickle },
	{ BINARY("a safetensors file", TO_JSONL), .is = is_safetensors },
	{ BINARY("a GGUF file", TO_JSONL), MAGIC("GGUF"), .letters = true, .suffix = ".gguf" },
	{ BINARY("a TFRecord file", "load it in Python, and " TO_JSONL), .is = is_tfrecord },
	{ BINARY("a RecordIO file", "load it in Python, and " TO_JSONL),
	  MAGIC("\x0a\x23\xd7\xce") },
	{ BINARY("a PDF file", "save its table as CSV"), MAGIC("%PDF-"), .letters = true,
	  .suffix = ".pdf" },
	{ BINARY("a JPEG image", LIST_IT), MAGIC("\xff\xd8\xff") },
	{ BINARY("a PNG image", LIST_IT), MAGIC("\x89PNG\r\n\x1a\n") },
	{ BINARY("a GIF image", LIST_IT), MAGIC("GIF8"), .letters = true, .suffix = ".gif" },
	{ BINARY("a WebP, WAV or AVI file", LIST_IT), MAGIC("RIFF"), .letters = true,
	  .suffix = ".wav" },
	{ BINARY("a FLAC file", LIST_IT), MAGIC("fLaC"), .letters = true, .suffix = ".flac" },
	{ BINARY("an Ogg file", LIST_IT), MAGIC("OggS"), .letters = true, .suffix = ".ogg" },
	{ BINARY("an MP3 file", LIST_IT), MAGIC("ID3"), .letters = true, .suffix = ".mp3" },
	{ BINARY("an MP4 file", LIST_IT), .at = 4, MAGIC("ftyp"), .letters = true,
	  .suffix = ".mp4" },
	{ BINARY("a program", "a file of records is expected"), MAGIC("\x7f"
								      "ELF") },
	{ BINARY("a 7z archive", UNPACK_IT), MAGIC("7z\xbc\xaf\x27\x1c") },
	{ BINARY("a RAR archive", UNPACK_IT), MAGIC("Rar!\x1a\7") },
	{ BINARY("compressed twice, with gzip inside", UNPACK_IT), MAGIC("\x1f\x8b") },
	{ BINARY("compressed by compress", "decompress it first"), MAGIC("\x1f\x9d") },
	{ BINARY("compressed twice, with zstd inside", UNPACK_IT), MAGIC("\x28\xb5\x2f\xfd") },
	{ BINARY("compressed twice, with xz inside", UNPACK_IT), MAGIC("\xfd"
								       "7zXZ\0") },
	{ BINARY("compressed twice, with bzip2 inside", UNPACK_IT), MAGIC("BZh"), .letters = true,
	  .suffix = ".bz2" },
	{ BINARY("compressed twice, with lz4 inside", UNPACK_IT), MAGIC("\x04\x22\x4d\x18") },
	{ BINARY("compressed by snappy", "decompress it first"), MAGIC("\xff\6\0\0sNaPpY") },
	{ BINARY("UTF-32 text", "convert it: iconv -f UTF-32 -t UTF-8 x >y"), .is = is_utf32 },
	{ BINARY("UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8 x >y"), .is = is_utf16 },
	{ TEXT("a git-lfs pointer", "fetch the file itself: git lfs pull"),
	  MAGIC("version https://git-lfs.github.com/spec/") },
	{ TEXT("an HTML page", "was a web page saved instead of the file?"), .is = is_html },
	{ TEXT("a git-annex pointer", "fetch the file itself: git annex get"),
	  .is = is_annex_pointer },
	{ TEXT("an XML document", TO_JSONL), .is = is_xml },
	{ TEXT("a file with a merge conflict", "resolve the conflict"), .is = is_conflict },
	{ TEXT("an audit log",
	       "only ib-audit reads audit logs: give it to ib-audit summary, show, list, "
	       "verify, report or metrics"),
	  MAGIC("{\"ib_audit\":") },
	{ HINT("a comment line", "remove comments with grep -v '^#'"), .is = is_hash_comment },
	{ HINT("a comment line", "remove comment lines"), .is = is_comment },
	{ HINT("an error message", "download the file again"), .is = is_error_page },
};

static bool
row_matches(const struct row *r, struct ib_span head, const char *path)
{
	if (r->is)
		return r->is(head);
	if (!begins(head, r->at, r->magic, r->nmagic))
		return false;
	return !r->letters || ib_span_ends_with_any_case(ib_input_stem(path), r->suffix) ||
	       !ib_utf8_is_text(head.p, head.n, true);
}

const struct ib_known_format *
ib_known_format_find(struct ib_span head, const char *path)
{
	size_t i;

	if (head.n > IB_KNOWN_PEEK)
		head.n = IB_KNOWN_PEEK;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (row_matches(&rows[i], head, path))
			return &rows[i].format;
	return NULL;
}

const char *
ib_known_format_name(struct ib_span head, const char *path)
{
	static const struct {
		const char *magic;
		size_t n, at;
		const char *name;
	} supported[] = {
		{ "PK\3\4", 4, 0, "a zip archive, such as .npz" },
		{ "ustar", 5, 257, "a tar" },
		{ "\x1f\x8b", 2, 0, "a gzip file" },
		{ "\xfd"
		  "7zXZ\0",
		  6, 0, "an xz file" },
		{ "\x04\x22\x4d\x18", 4, 0, "an lz4 file" },
	};
	const struct ib_known_format *known = ib_known_format_find(head, path);
	size_t i;

	for (i = 0; i < sizeof(supported) / sizeof(*supported); i++)
		if (begins(head, supported[i].at, supported[i].magic, supported[i].n) &&
		    !(known && i == 0))
			return supported[i].name;
	return known && known->kind != IB_KNOWN_HINT ? known->name : NULL;
}

enum ib_status
ib_known_format_refuse(const struct ib_known_format *format, const char *name, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA, "%s: this is %s; %s", name, format->name, format->advice);
}

enum ib_status
ib_known_format_check(struct ib_input *in, struct ib_error *err)
{
	const struct ib_known_format *known;
	struct ib_span head;
	enum ib_status st = ib_input_peek(in, IB_KNOWN_PEEK, &head, err);

	if (st)
		return st;
	known = ib_known_format_find(head, ib_input_name(in));
	if (!known || known->kind == IB_KNOWN_HINT)
		return IB_OK;
	return ib_known_format_refuse(known, ib_input_name(in), err);
}
