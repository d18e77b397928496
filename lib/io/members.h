/*
 * Read the members of a JSON object and check their types. If a member is absent or null, its
 * default is returned. The name of the first invalid member is kept in `bad`, so that the caller
 * can check all members together at the end.
 */
#ifndef IB_IO_MEMBERS_H
#define IB_IO_MEMBERS_H

#include <cjson/cJSON.h>

#include "infobatch_run.h"

/* Initialize with { .json = object }. */
struct ib_members {
	const cJSON *json;
	const char *bad; /* name of the first invalid member; NULL if none */
	bool no_memory;	 /* true if a text could not be copied */
};

/* Return the value of the member `name`, or NULL if the member is absent or null. */
const cJSON *ib_members_get(const struct ib_members *m, const char *name);
/* Mark the member `name` as invalid. */
void ib_members_refuse(struct ib_members *m, const char *name);
/* Mark each of the n members in `names` as invalid if it is present and null. */
void ib_members_refuse_null(struct ib_members *m, const char *const *names, size_t n);

/* Read a number. If the member is absent or null, return `otherwise`. */
double ib_members_real(struct ib_members *m, const char *name, double otherwise);

/*
 * Read an integer in the range [`otherwise`, 2^53]. If the member is absent or null, return
 * `otherwise`, which must be at least -1.
 */
int64_t ib_members_whole(struct ib_members *m, const char *name, int64_t otherwise);

/* Read an epoch. If the member is absent or null, return IB_NO_EPOCH. */
int64_t ib_members_epoch(struct ib_members *m, const char *name);

/* Return a copy of a string, which the caller frees, or NULL if the member is not a string. */
char *ib_members_text(struct ib_members *m, const char *name);

/*
 * Read a string of n lower-case hexadecimal digits into out, and add a NUL. If the member is
 * absent, null or not such a string, out is set to "".
 */
void ib_members_hex(struct ib_members *m, const char *name, char *out, size_t n);

/*
 * Read 16 hexadecimal digits as a 64-bit number. Returns false if the member is not a string of 16
 * hexadecimal digits.
 */
bool ib_members_hash(struct ib_members *m, const char *name, uint64_t *hash);

/*
 * Read a string that is one of the words in "a|b|c". Returns the index of the word, counted from 0,
 * or 0 if the member is absent or invalid.
 */
unsigned ib_members_word(struct ib_members *m, const char *name, const char *words);

#endif
