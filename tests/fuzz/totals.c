/* Parse any bytes as totals. If they are accepted, they are the same when written and read. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "fuzz/text.h"
#include "score/totals.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ib_totals *t = malloc(2 * sizeof(*t));
	cJSON *json = cJSON_ParseWithLength((const char *)data, n), *again;
	struct ib_error err;
	enum ib_status st;

	st = ib_totals_parse(json, "totals", &t[0], &err);
	if (st && (st != IB_E_DATA || err.code != st))
		abort();
	if (!st) {
		char *text = fuzz_totals_text(&t[0]);

		again = cJSON_Parse(text);
		if (ib_totals_parse(again, "again", &t[1], &err) || t[0].rows != t[1].rows ||
		    t[0].known != t[1].known || ib_exact_compare(&t[0].sum, &t[1].sum) != 0 ||
		    memcmp(t[0].bin, t[1].bin, sizeof(t[0].bin)) != 0)
			abort();
		cJSON_Delete(again);
		free(text);
		ib_totals_merge(&t[0], &t[1]);
	}
	cJSON_Delete(json);
	free(t);
	return 0;
}
