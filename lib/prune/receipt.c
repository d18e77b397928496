#include "prune/receipt.h"

#include <stdlib.h>

#include "base/error.h"
#include "io/json_doc.h"

static bool
add_digest(cJSON *to, const char *name, const char *digest)
{
	return ib_json_doc_add_text(to, name, digest[0] ? digest : NULL);
}

static bool
add_digests(cJSON *receipt, const struct ib_digests *d)
{
	cJSON *to = cJSON_AddObjectToObject(receipt, "digests"), *array;
	size_t i;

	if (!to || !add_digest(to, "scores", d->scores) || !add_digest(to, "totals", d->totals) ||
	    !add_digest(to, "manifest", d->manifest))
		return false;
	if (!d->many)
		return ib_json_doc_add_text(to, "output", d->noutputs ? d->output[0] : NULL);
	array = cJSON_AddArrayToObject(to, "output");
	for (i = 0; array && i < d->noutputs; i++)
		if (!cJSON_AddItemToArray(array, cJSON_CreateString(d->output[i])))
			return false;
	return array != NULL;
}

static bool
add_reasons(cJSON *receipt, const struct ib_prune_result *r)
{
	cJSON *to = cJSON_AddObjectToObject(receipt, "reasons");
	int i;

	for (i = 0; to && i < IB_NREASONS; i++)
		if (!ib_json_doc_add_count(to, ib_reason_name((enum ib_reason)i), r->reasons[i]))
			return false;
	return to != NULL;
}

enum ib_status
ib_receipt_write(const struct ib_rule *rule, const struct ib_prune_options *options,
		 const struct ib_prune_result *r, const struct ib_digests *digests,
		 struct ib_output *out, struct ib_error *err)
{
	cJSON *json = cJSON_CreateObject();
	bool ok;

	ok = json && cJSON_AddNumberToObject(json, "ib_receipt", 1) &&
	     ib_json_doc_add_text(json, "tool", "infobatch " IB_VERSION) &&
	     ib_params_add(json, rule, options) &&
	     ib_json_doc_add_count(json, "samples", r->samples) &&
	     ib_json_doc_add_count(json, "kept", r->kept) &&
	     ib_json_doc_add_count(json, "pruned", r->pruned) &&
	     ib_json_doc_add_count(json, "low", r->low) && add_reasons(json, r) &&
	     ib_json_doc_add_real(json, "expected_kept", r->expected_kept) &&
	     ib_json_doc_add_real(json, "weight_sum", r->weight_sum) &&
	     ib_json_doc_add_real(json, "weight_var", r->weight_var) &&
	     ib_json_doc_add_real(json, "max_weight", r->max_weight) && add_digests(json, digests);
	return ib_json_doc_write(json, ok, out, err);
}

char *
ib_receipt_head(const struct ib_rule *rule, const struct ib_prune_options *options,
		const struct ib_digests *digests)
{
	cJSON *json = cJSON_CreateObject();
	char *text = NULL;

	if (json && cJSON_AddNumberToObject(json, "ib_audit", 1) &&
	    ib_params_add(json, rule, options) && add_digest(json, "scores", digests->scores) &&
	    add_digest(json, "totals", digests->totals))
		text = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	return text;
}
