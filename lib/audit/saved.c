/* Write the number of saved visits. */
#include "audit/saved.h"

#include "audit/text.h"
#include "audit/cell.h"

void
ib_write_saved(struct ib_bytes *out, const struct ib_saved *s, const struct ib_audit_options *o)
{
	double share_saved = s->visits > 0 ? (double)s->pruned / (double)s->visits : 0;
	size_t width = (size_t)o->width;
	struct ib_bytes text = { 0 };

	ib_bytes_printf(&text, "%llu of %llu visits saved: ", (unsigned long long)s->pruned,
			(unsigned long long)s->visits);
	ib_write_real(&text, IB_STYLE_PERCENT, share_saved);
	ib_write_sentence(out, ib_bytes_span(&text), width, o->utf8);
	if (o->cost_given) {
		text.n = 0;
		ib_bytes_printf(&text, "Cost %.2f instead of %.2f: %.2f saved",
				o->cost * (s->epochs - s->saved_epochs), o->cost * s->epochs,
				o->cost * s->saved_epochs);
		ib_write_sentence(out, ib_bytes_span(&text), width, o->utf8);
	}
	out->failed |= text.failed;
	ib_bytes_release(&text);
}
