#include "io/json_doc.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/numbers.h"

#define FIRST_STRING ((uint64_t)1 << 53) /* see ib_json_doc_integer */

/* ---- values ------------------------------------------------------------- */

static cJSON *
create_count(uint64_t x)
{
	char text[IB_NUMBER_MAX + 1];

	text[ib_number_put_unsigned(text, x)] = '\0';
	return cJSON_CreateRaw(text);
}

cJSON *
ib_json_doc_integer(uint64_t x)
{
	char text[IB_NUMBER_MAX + 1];

	if (x < FIRST_STRING)
		return create_count(x);
	text[ib_number_put_unsigned(text, x)] = '\0';
	return cJSON_CreateString(text);
}

bool
ib_json_doc_read_integer(const cJSON *json, uint64_t *x)
{
	if (cJSON_IsString(json))
		return json->valuestring[0] != '0' &&
		       ib_number_unsigned(ib_span_of(json->valuestring), x) && *x >= FIRST_STRING;
	if (!cJSON_IsNumber(json) || !(json->valuedouble >= 0) ||
	    json->valuedouble >= (double)FIRST_STRING)
		return false;
	*x = (uint64_t)json->valuedouble;
	return (double)*x == json->valuedouble;
}

cJSON *
ib_json_doc_real(double x)
{
	char text[IB_NUMBER_MAX + 1];

	if (isnan(x))
		return cJSON_CreateNull();
	text[ib_number_put(text, x)] = '\0';
	return cJSON_CreateRaw(text);
}

cJSON *
ib_json_doc_float(float x)
{
	char text[IB_NUMBER_MAX + 1];

	if (isnan(x))
		return cJSON_CreateNull();
	text[ib_number_put_float(text, x)] = '\0';
	return cJSON_CreateRaw(text);
}

/* ---- arrays and objects ---------------------------------------------- */

bool
ib_json_doc_append(cJSON *array, cJSON *item)
{
	if (array && item && cJSON_AddItemToArray(array, item))
		return true;
	cJSON_Delete(item);
	return false;
}

bool
ib_json_doc_put(cJSON *object, const char *name, cJSON *item)
{
	if (object && item && cJSON_AddItemToObject(object, name, item))
		return true;
	cJSON_Delete(item);
	return false;
}

bool
ib_json_doc_add_real(cJSON *to, const char *name, double x)
{
	return ib_json_doc_put(to, name, ib_json_doc_real(x));
}

bool
ib_json_doc_add_count(cJSON *to, const char *name, uint64_t x)
{
	return ib_json_doc_put(to, name, create_count(x));
}

bool
ib_json_doc_add_text(cJSON *to, const char *name, const char *x)
{
	return ib_json_doc_put(to, name, x ? cJSON_CreateString(x) : cJSON_CreateNull());
}

/* ---- reading and writing ------------------------------------------------ */

/* cJSON does not tell invalid JSON from lack of memory, but malloc() sets ENOMEM. */
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

enum ib_status
ib_json_doc_write(cJSON *json, bool complete, struct ib_output *out, struct ib_error *err)
{
	char *text = complete ? cJSON_PrintUnformatted(json) : NULL;

	cJSON_Delete(json);
	if (!text)
		return ib_fail_memory(err);
	ib_output_write(out, text, strlen(text));
	ib_output_write(out, "\n", 1);
	free(text);
	return ib_output_status(out, err);
}
