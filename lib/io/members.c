/* Read and check the members of a JSON object (io/members.h). */
#include "io/members.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hex.h"

const cJSON *
ib_members_get(const struct ib_members *m, const char *name)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(m->json, name);

	return cJSON_IsNull(member) ? NULL : member;
}

void
ib_members_refuse(struct ib_members *m, const char *name)
{
	if (!m->bad)
		m->bad = name;
}

void
ib_members_refuse_null(struct ib_members *m, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(m->json, names[i])))
			ib_members_refuse(m, names[i]);
}

double
ib_members_real(struct ib_members *m, const char *name, double otherwise)
{
	const cJSON *member = ib_members_get(m, name);

	if (!member)
		return otherwise;
	if (!cJSON_IsNumber(member)) {
		ib_members_refuse(m, name);
		return otherwise;
	}
	return member->valuedouble;
}

int64_t
ib_members_whole(struct ib_members *m, const char *name, int64_t otherwise)
{
	double x = ib_members_real(m, name, (double)otherwise);

	if (!(x >= (double)otherwise) || x < -1 || x > 0x1p53 || x != floor(x)) {
		ib_members_refuse(m, name);
		return otherwise;
	}
	return (int64_t)x;
}

int64_t
ib_members_epoch(struct ib_members *m, const char *name)
{
	int64_t epoch = ib_members_whole(m, name, IB_NO_EPOCH);

	if (epoch > INT32_MAX)
		ib_members_refuse(m, name);
	return epoch;
}

char *
ib_members_text(struct ib_members *m, const char *name)
{
	const cJSON *member = ib_members_get(m, name);
	char *copy;

	if (!member)
		return NULL;
	if (!cJSON_IsString(member)) {
		ib_members_refuse(m, name);
		return NULL;
	}
	copy = ib_span_dup(ib_span_of(member->valuestring));
	m->no_memory |= !copy;
	return copy;
}

void
ib_members_hex(struct ib_members *m, const char *name, char *out, size_t n)
{
	const cJSON *member = ib_members_get(m, name);

	out[0] = '\0';
	if (!member)
		return;
	if (!cJSON_IsString(member) || strlen(member->valuestring) != n ||
	    strspn(member->valuestring, IB_HEX_DIGITS) != n)
		ib_members_refuse(m, name);
	else
		memcpy(out, member->valuestring, n + 1);
}

bool
ib_members_hash(struct ib_members *m, const char *name, uint64_t *hash)
{
	char hex[17];

	ib_members_hex(m, name, hex, 16);
	*hash = strtoull(hex, NULL, 16);
	return hex[0] != '\0';
}

unsigned
ib_members_word(struct ib_members *m, const char *name, const char *words)
{
	const cJSON *member = ib_members_get(m, name);
	int word = cJSON_IsString(member) ? ib_value_word(member->valuestring, words) : -1;

	if (word >= 0)
		return (unsigned)word;
	if (member)
		ib_members_refuse(m, name);
	return 0;
}
