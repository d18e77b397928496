/* Write the receipt of a run, and the header of the run in the audit log. */
#include "prune/receipt.h"

static void
write_digest(struct ib_json_writer *to, const char *name, const char *digest)
{
	ib_json_write_text(to, name, digest[0] ? digest : NULL);
}

static void
write_digests(struct ib_json_writer *to, const struct ib_digests *d)
{
	size_t i;

	ib_json_begin_object(to, "digests");
	write_digest(to, "scores", d->scores);
	write_digest(to, "totals", d->totals);
	write_digest(to, "manifest", d->manifest);
	if (d->several) {
		ib_json_begin_array(to, "output");
		for (i = 0; i < d->noutputs; i++)
			ib_json_write_text(to, NULL, d->output[i]);
		ib_json_end_array(to);
	} else {
		ib_json_write_text(to, "output", d->noutputs ? d->output[0] : NULL);
	}
	ib_json_end_object(to);
}

static void
write_reasons(struct ib_json_writer *to, const struct ib_prune_result *r)
{
	int i;

	ib_json_begin_object(to, "reasons");
	for (i = 0; i < IB_NREASONS; i++)
		ib_json_write_unsigned(to, ib_reason_name((enum ib_reason)i), r->reasons[i]);
	ib_json_end_object(to);
}

enum ib_status
ib_receipt_write(const struct ib_rule *rule, const struct ib_prune_options *options,
		 const struct ib_prune_result *r, const struct ib_digests *digests,
		 struct ib_output *out, struct ib_error *err)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_json_begin_object(&w, NULL);
	ib_json_write_unsigned(&w, "ib_receipt", IB_RECEIPT_VERSION);
	ib_json_write_text(&w, "tool", "infobatch " IB_VERSION);
	ib_params_write(&w, rule, options);
	ib_json_write_unsigned(&w, "samples", r->samples);
	ib_json_write_unsigned(&w, "kept", r->kept);
	ib_json_write_unsigned(&w, "pruned", r->pruned);
	ib_json_write_unsigned(&w, "low", r->eligible);
	write_reasons(&w, r);
	ib_json_write_real(&w, "expected_kept", r->expected_kept);
	ib_json_write_real(&w, "weight_sum", r->weight_sum);
	ib_json_write_real(&w, "weight_var", r->weight_var);
	ib_json_write_real(&w, "max_weight", r->max_weight);
	if (options->rule.normalize == IB_NORMALIZE_MEAN)
		ib_json_write_real(&w, "rate_factor", r->rate_factor);
	write_digests(&w, digests);
	ib_json_end_object(&w);
	ib_bytes_append_char(&b, '\n');
	return ib_output_write_last(out, &b, err);
}

void
ib_receipt_write_header(struct ib_bytes *out, const struct ib_rule *rule,
			const struct ib_prune_options *options, const struct ib_digests *digests)
{
	struct ib_json_writer w = { .out = out };

	ib_json_begin_object(&w, NULL);
	ib_json_write_unsigned(&w, "ib_audit", 1);
	ib_params_write(&w, rule, options);
	write_digest(&w, "scores", digests->scores);
	write_digest(&w, "totals", digests->totals);
	ib_json_end_object(&w);
}
