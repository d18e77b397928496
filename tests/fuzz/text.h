/* Documents as text: those that are made hold raw numbers, see io/document.h. */
#ifndef TESTS_FUZZ_TEXT_H
#define TESTS_FUZZ_TEXT_H

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* As text, which is to be freed; deletes the document. */
static inline char *
fuzz_text(cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);

	if (!text)
		abort();
	cJSON_Delete(json);
	return text;
}

/* The document must be this text; deletes it. */
static inline void
fuzz_is_text(cJSON *json, const char *text)
{
	char *have = fuzz_text(json);

	if (strcmp(have, text) != 0)
		abort();
	free(have);
}

#endif
