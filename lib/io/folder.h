/* The folder of a file. */
#ifndef IB_IO_FOLDER_H
#define IB_IO_FOLDER_H

/*
 * Return the folder of path, or "." if path has no folder, or NULL if out of memory. The caller
 * frees the result.
 */
char *ib_folder_of(const char *path);

/* Sync the folder of path, so that a rename or a new file in it is durable. Ignores errors. */
void ib_folder_sync(const char *path);

#endif
