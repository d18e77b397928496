/*
 * Read the members of a JSON object with their required types. If a member is absent or null,
 * the default is returned. The first invalid member is remembered in `bad`, so the
 * caller checks once, at the end.
 */
#ifndef IB_IO_MEMBERS_H
#define IB_IO_MEMBERS_H

#include <cjson/cJSON.h>

#include "infobatch.h"

/* Initialize with { .json = object }. */
struct ib_members {
	const cJSON *json;
	const char *bad; /* name of the first invalid member; NULL: none */
	bool no_memory;	 /* true if a text could not be copied */
};

/* Returns the member, or NULL if it is absent or null. */
const cJSON *ib_members_get(const struct ib_members *m, const char *name);
/* Mark a member as invalid. */
void ib_members_refuse(struct ib_members *m, const char *name);
/* Mark each of these members as invalid if it is present and null. */
void ib_members_refuse_null(struct ib_members *m, const char *const *names, size_t n);

/* Read a number. */
double ib_members_real(struct ib_members *m, const char *name, double otherwise);

/* Read an integer from `otherwise` (which is at least -1) to 2^53. */
int64_t ib_members_whole(struct ib_members *m, const char *name, int64_t otherwise);

/* Read an epoch; the default is IB_NO_EPOCH. */
int64_t ib_members_epoch(struct ib_members *m, const char *name);

/* Copy a string, which the caller frees. Returns NULL if there is none. */
char *ib_members_text(struct ib_members *m, const char *name);

/* Read n lower-case hexadecimal digits. Stores them and a NUL; empty if there are none. */
void ib_members_hex(struct ib_members *m, const char *name, char *out, size_t n);

/* Read 16 hexadecimal digits as a 64-bit number. Returns false if there are none. */
bool ib_members_hash(struct ib_members *m, const char *name, uint64_t *hash);

/* Read one of the words "a|b|c". Returns its index from 0, or 0 if there is none. */
unsigned ib_members_word(struct ib_members *m, const char *name, const char *words);

#endif
