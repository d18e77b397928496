/* Parse any text as --loss. The terms of an accepted text cover all of its bytes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "score/loss_reader.h"

static void
check_terms(const struct ib_loss_reader *l, const char *text)
{
	const char *end = text + strlen(text), *p = text;
	size_t i;

	if (l->nterms < 1 || l->nterms > IB_TERMS_MAX || l->nwanted != IB_LOG_TERM + l->nterms)
		abort();
	for (i = 0; i < l->nterms; i++) {
		const struct ib_term *t = &l->term[i];

		if (t->name.n == 0 || t->name.p < p || t->name.p + t->name.n > end ||
		    memchr(t->name.p, '+', t->name.n))
			abort();
		if (t->scaled ? t->name.p[-1] != '*' || !isfinite(t->coefficient) : t->name.p != p)
			abort();
		p = t->name.p + t->name.n + 1;
	}
	if (p != end + 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ib_log_options o = IB_LOG_DEFAULTS;
	char *text = calloc(1, n + 1);
	struct ib_loss_reader l;
	struct ib_error err;
	enum ib_status st;

	if (n > 0)
		memcpy(text, data, n);
	o.loss = text;
	st = ib_loss_reader_init(&l, &o, n % 2 ? "weight" : NULL, &err);
	if (st && (st != IB_E_MISUSE || err.code != st))
		abort();
	if (!st)
		check_terms(&l, text);
	free(text);
	return 0;
}
