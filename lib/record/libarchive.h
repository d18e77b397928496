/*
 * The functions of libarchive that tar archives need. The library is loaded when the first tar is
 * read.
 *
 * A command that is linked with libarchive also loads libxml2, ICU, libstdc++ and nettle at each
 * start. This takes most of the CPU time of a run over a small input, and none of these libraries
 * is needed to read or write a tar.
 */
#ifndef IB_RECORD_LIBARCHIVE_H
#define IB_RECORD_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/error.h"

#define IB_LIBARCHIVE_FUNCTIONS(X)                                                                 \
	X(archive_errno)                                                                           \
	X(archive_error_string)                                                                    \
	X(archive_set_error)                                                                       \
	X(archive_filter_bytes)                                                                    \
	X(archive_read_new)                                                                        \
	X(archive_read_free)                                                                       \
	X(archive_read_support_format_tar)                                                         \
	X(archive_read_support_format_empty)                                                       \
	X(archive_read_set_format_option)                                                          \
	X(archive_read_set_callback_data)                                                          \
	X(archive_read_set_read_callback)                                                          \
	X(archive_read_open1)                                                                      \
	X(archive_read_next_header2)                                                               \
	X(archive_read_header_position)                                                            \
	X(archive_read_data_skip)                                                                  \
	X(archive_write_new)                                                                       \
	X(archive_write_free)                                                                      \
	X(archive_write_set_format_gnutar)                                                         \
	X(archive_write_add_filter_none)                                                           \
	X(archive_write_set_bytes_per_block)                                                       \
	X(archive_write_open)                                                                      \
	X(archive_write_header)                                                                    \
	X(archive_write_data)                                                                      \
	X(archive_write_finish_entry)                                                              \
	X(archive_entry_new)                                                                       \
	X(archive_entry_free)                                                                      \
	X(archive_entry_clear)                                                                     \
	X(archive_entry_filetype)                                                                  \
	X(archive_entry_hardlink)                                                                  \
	X(archive_entry_size)                                                                      \
	X(archive_entry_mtime)                                                                     \
	X(archive_entry_set_pathname)                                                              \
	X(archive_entry_set_filetype)                                                              \
	X(archive_entry_set_perm)                                                                  \
	X(archive_entry_set_size)                                                                  \
	X(archive_entry_set_mtime)

/* One pointer per function. Each pointer has the type and the name of its function. */
struct ib_libarchive {
#define IB_LIBARCHIVE_MEMBER(name) __typeof__(name) *name;
	IB_LIBARCHIVE_FUNCTIONS(IB_LIBARCHIVE_MEMBER)
#undef IB_LIBARCHIVE_MEMBER
};

/*
 * Set *la to the functions. The first call loads the library, which then stays loaded until the
 * process ends. Returns IB_E_IO if the library cannot be loaded. If memory runs out during the
 * load, glibc may end the process with status 127. Threads may call this function at the same
 * time.
 */
enum ib_status ib_libarchive_load(const struct ib_libarchive **la, struct ib_error *err);

#endif
