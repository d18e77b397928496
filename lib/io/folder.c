/* The folder of a file (io/folder.h). */
#include "io/folder.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "io/descriptor.h"

char *
ib_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ib_span_dup(ib_span_of("."));
	return ib_span_dup((struct ib_span){ path, slash == path ? 1 : (size_t)(slash - path) });
}

void
ib_folder_sync(const char *path)
{
	char *folder = ib_folder_of(path);
	int fd = folder ? ib_fd_open(folder, O_RDONLY | O_DIRECTORY, 0) : -1;

	if (fd >= 0)
		ib_fd_sync(fd);
	ib_fd_close(fd);
	free(folder);
}
