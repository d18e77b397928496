/* The folder of a file. */
#ifndef IB_IO_FOLDER_H
#define IB_IO_FOLDER_H

/* Return the folder of path ("." if it has none), which the caller frees; NULL if out of memory. */
char *ib_folder_of(const char *path);

/* Sync the folder of path, so that a rename or a new file in it is durable. Ignores errors. */
void ib_folder_sync(const char *path);

#endif
