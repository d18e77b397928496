/* Write tar archives and create members (record/tar_writer.h). */
#include "record/tar_writer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "record/libarchive.h"

/* Maximum number of bytes that are held back, such as those of consecutive empty members. */
#define HELD_MAX ((size_t)1 << 20)

struct ib_tar_writer {
	struct ib_output *out;
	struct ib_bytes held; /* bytes that the output does not have yet */
	bool begun;	      /* true if some bytes were written to the output */
	bool ended;
};

struct ib_tar_maker {
	const struct ib_libarchive *la;
	struct archive *archive;
	struct archive_entry *entry;
	struct ib_bytes text;
	struct ib_bytes path;
};

/* ---- creating members ------------------------------------------------------------- */

static la_ssize_t
append_text(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct ib_tar_maker *m = ctx;

	(void)a;
	ib_bytes_append(&m->text, p, n);
	return m->text.failed ? -1 : (la_ssize_t)n;
}

enum ib_status
ib_tar_maker_new(struct ib_tar_maker **out, struct ib_error *err)
{
	struct ib_tar_maker *m = calloc(1, sizeof(*m));
	enum ib_status st;
	bool ok;

	if (!m)
		return ib_fail_memory(err);
	st = ib_libarchive_load(&m->la, err);
	if (st) {
		ib_tar_maker_free(m);
		return st;
	}
	m->archive = m->la->archive_write_new();
	m->entry = m->la->archive_entry_new();
	/* In the GNU tar format, names are bytes of any length, without a character set. */
	ok = m->archive && m->entry &&
	     m->la->archive_write_set_format_gnutar(m->archive) == ARCHIVE_OK &&
	     m->la->archive_write_add_filter_none(m->archive) == ARCHIVE_OK &&
	     m->la->archive_write_set_bytes_per_block(m->archive, 0) == ARCHIVE_OK &&
	     m->la->archive_write_open(m->archive, m, NULL, append_text, NULL) == ARCHIVE_OK;
	if (!ok) {
		ib_tar_maker_free(m);
		return ib_fail_memory(err);
	}
	*out = m;
	return IB_OK;
}

void
ib_tar_maker_free(struct ib_tar_maker *m)
{
	if (!m)
		return;
	if (m->entry)
		m->la->archive_entry_free(m->entry);
	if (m->archive)
		m->la->archive_write_free(m->archive);
	ib_bytes_release(&m->text);
	ib_bytes_release(&m->path);
	free(m);
}

enum ib_status
ib_tar_make(struct ib_tar_maker *m, struct ib_span path, int64_t mtime, struct ib_span content,
	    struct ib_tar_piece *piece, struct ib_error *err)
{
	struct archive_entry *e = m->entry;
	size_t blocks = (content.n + 511) / 512 * 512;

	m->text.n = m->path.n = 0;
	ib_bytes_append(&m->path, path.p, path.n);
	ib_bytes_append_char(&m->path, '\0');
	if (m->path.failed)
		return ib_fail_memory(err);
	m->la->archive_entry_clear(e);
	m->la->archive_entry_set_pathname(e, m->path.p);
	m->la->archive_entry_set_filetype(e, AE_IFREG);
	m->la->archive_entry_set_perm(e, 0644);
	m->la->archive_entry_set_size(e, (la_int64_t)content.n);
	m->la->archive_entry_set_mtime(e, (time_t)mtime, 0);
	if (m->la->archive_write_header(m->archive, e) < ARCHIVE_WARN ||
	    m->la->archive_write_data(m->archive, content.p, content.n) < 0 ||
	    m->la->archive_write_finish_entry(m->archive) < ARCHIVE_WARN) {
		if (m->text.failed || m->la->archive_errno(m->archive) == ENOMEM)
			return ib_fail_memory(err);
		return ib_fail(err, IB_E_IO, "cannot create a tar member: %s",
			       m->la->archive_error_string(m->archive));
	}
	*piece = (struct ib_tar_piece){ .p = m->text.p,
					.n = m->text.n,
					.from = m->text.n - blocks,
					.to = m->text.n - blocks + content.n };
	return IB_OK;
}

/* ---- writing ---------------------------------------------------------------------- */

enum ib_status
ib_tar_writer_new(struct ib_output *out, struct ib_tar_writer **result, struct ib_error *err)
{
	struct ib_tar_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return ib_fail_memory(err);
	w->out = out;
	*result = w;
	return IB_OK;
}

void
ib_tar_writer_free(struct ib_tar_writer *w)
{
	if (!w)
		return;
	ib_bytes_release(&w->held);
	free(w);
}

/*
 * Write everything before the last byte of the piece's content, so that the output ends inside the
 * content. Hold back this last byte and the bytes after it. If the piece has fewer than two bytes
 * of content, hold back the whole piece. If more than HELD_MAX bytes would be held back, write all
 * of them.
 */
void
ib_tar_writer_write(struct ib_tar_writer *w, const struct ib_tar_piece *piece)
{
	size_t stop = 0;

	if (piece->to > piece->from && piece->to > 1)
		stop = piece->to - 1;
	if (stop <= piece->from && piece->from > 0)
		stop = 0; /* the piece has only one byte of content */
	if (stop == 0 && w->held.n + piece->n > HELD_MAX)
		stop = piece->n;
	if (stop > 0) {
		ib_bytes_append(&w->held, piece->p, stop);
		ib_output_write_bytes(w->out, &w->held);
		w->begun = true;
	}
	ib_bytes_append(&w->held, piece->p + stop, piece->n - stop);
}

void
ib_tar_writer_end(struct ib_tar_writer *w)
{
	static const char zeros[1024];

	if (w->ended)
		return;
	/* Flush now, so that a write error is found before the end of the archive is written. */
	if (w->begun)
		ib_output_flush(w->out, NULL);
	ib_bytes_append(&w->held, zeros, sizeof(zeros));
	ib_output_write_bytes(w->out, &w->held);
	w->ended = true;
}

void
ib_tar_writer_spoil(struct ib_tar_writer *w)
{
	static const char text[] = "The run that wrote this archive failed.\n";
	struct ib_tar_maker *m = NULL;
	struct ib_tar_piece piece;

	if (!w || w->ended)
		return;
	if (!w->begun && !ib_tar_maker_new(&m, NULL)) {
		if (!ib_tar_make(m, ib_span_of("__failed__"), 0, ib_span_of(text), &piece, NULL))
			ib_output_write(w->out, piece.p, piece.to - 1);
		ib_tar_maker_free(m);
	}
	ib_output_flush(w->out, NULL);
}
