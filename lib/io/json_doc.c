/* Parse JSON documents with cJSON (io/json_doc.h). */
#include "io/json_doc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json_writer.h"

bool
ib_json_doc_read_integer(const cJSON *json, uint64_t *x)
{
	if (cJSON_IsString(json))
		return json->valuestring[0] != '0' &&
		       ib_number_unsigned(ib_span_of(json->valuestring), x) &&
		       *x >= IB_JSON_SAFE_END;
	if (!cJSON_IsNumber(json) || !(json->valuedouble >= 0) ||
	    json->valuedouble >= (double)IB_JSON_SAFE_END)
		return false;
	*x = (uint64_t)json->valuedouble;
	return (double)*x == json->valuedouble;
}

/*
 * cJSON does not distinguish invalid JSON from lack of memory, but malloc() sets errno to ENOMEM.
 */
enum ib_status
ib_json_doc_parse_first(struct ib_span *text, cJSON **json, struct ib_error *err)
{
	const char *end = text->p + text->n, *p = end;

	errno = 0;
	*json = text->n > 0 ? cJSON_ParseWithLengthOpts(text->p, text->n, &p, false) : NULL;
	if (!*json && errno == ENOMEM)
		return ib_fail_memory(err);
	while (p < end && memchr(" \t\r\n", *p, 4))
		p++;
	*text = (struct ib_span){ p, (size_t)(end - p) };
	return IB_OK;
}

enum ib_status
ib_json_doc_parse(struct ib_span text, cJSON **json, struct ib_error *err)
{
	enum ib_status st = ib_json_doc_parse_first(&text, json, err);

	if (!st && text.n > 0) {
		cJSON_Delete(*json);
		*json = NULL;
	}
	return st;
}

enum ib_status
ib_json_doc_read(struct ib_input *in, size_t max, cJSON **json, struct ib_error *err)
{
	char *text = NULL;
	enum ib_status st;
	size_t n = 0;

	*json = NULL;
	st = ib_input_slurp(in, &text, &n, err);
	if (!st && n <= max)
		st = ib_json_doc_parse((struct ib_span){ text, n }, json, err);
	free(text);
	return st;
}
