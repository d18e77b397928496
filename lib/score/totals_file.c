/* Totals as a file of their own. */
#include "score/totals.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define LONGEST ((size_t)64 << 20)

enum ib_status
ib_totals_read(struct ib_input *in, struct ib_totals *t, struct ib_error *err)
{
	const char *name = ib_input_name(in);
	const cJSON *version;
	cJSON *json = NULL;
	char *text = NULL;
	enum ib_status st;
	size_t n;

	st = ib_input_slurp(in, &text, &n, err);
	if (!st && n < LONGEST)
		json = cJSON_ParseWithLength(text, n);
	free(text);
	if (st)
		return st;
	version = cJSON_GetObjectItemCaseSensitive(json, "ib_totals");
	if (!cJSON_IsNumber(version))
		st = ib_fail(err, IB_E_DATA, "%s: not a totals file", name);
	else if (version->valuedouble > IB_TOTALS_VERSION)
		st = ib_fail(err, IB_E_DATA,
			     "%s: a totals file of version %.0f, newer than "
			     "this program's %d", name, version->valuedouble,
			     IB_TOTALS_VERSION);
	else
		st = ib_totals_parse(json, name, t, err);
	cJSON_Delete(json);
	return st;
}

enum ib_status
ib_totals_write(const struct ib_totals *t, struct ib_output *out,
		struct ib_error *err)
{
	cJSON *json = ib_totals_json(t), *version = NULL;
	char *text = NULL;

	if (json)
		version = cJSON_CreateNumber(IB_TOTALS_VERSION);
	if (version && cJSON_InsertItemInArray(json, 0, version)) {
		version->string = strdup("ib_totals");
		text = cJSON_PrintUnformatted(json);
	}
	cJSON_Delete(json);
	if (!text)
		return ib_fail_memory(err);
	ib_output_write(out, text, strlen(text));
	ib_output_write(out, "\n", 1);
	free(text);
	return ib_output_status(out, err);
}
