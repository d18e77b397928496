/*
 * The members of a JSON object, each of the type that it has to have. A member
 * that is absent or null gives the value `otherwise`. The first one that is
 * invalid is remembered, so that the caller looks once, at the end.
 */
#ifndef IB_IO_MEMBERS_H
#define IB_IO_MEMBERS_H

#include <cjson/cJSON.h>

#include "infobatch.h"

/* Start from { .json = object }. */
struct ib_members {
	const cJSON *json;
	const char *bad; /* the first invalid member; NULL: none */
	bool no_memory;	 /* a text could not be copied */
};

const cJSON *ib_members_get(const struct ib_members *m, const char *name);
/* The member is invalid. */
void ib_members_refuse(struct ib_members *m, const char *name);
/* Each of these, if it is there, is invalid if it is null. */
void ib_members_refuse_null(struct ib_members *m, const char *const *names, size_t n);

double ib_members_real(struct ib_members *m, const char *name, double otherwise);

/* A whole number from `otherwise` (-1 or more) to 2^53. */
int64_t ib_members_whole(struct ib_members *m, const char *name, int64_t otherwise);

/* IB_NO_EPOCH if there is none. */
int64_t ib_members_epoch(struct ib_members *m, const char *name);

/* A copy, to be freed; NULL if there is none. */
char *ib_members_text(struct ib_members *m, const char *name);

/* n lower-case hexadecimal digits and a NUL; empty if there are none. */
void ib_members_hex(struct ib_members *m, const char *name, char *out, size_t n);

/* 64 bits as 16 hexadecimal digits; false if there are none. */
bool ib_members_hash(struct ib_members *m, const char *name, uint64_t *hash);

/* The number of the word in "a|b|c", from 0; 0 if there is none. */
unsigned ib_members_word(struct ib_members *m, const char *name, const char *words);

#endif
