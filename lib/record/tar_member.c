/* Find the key of a tar member, and parse weight members (record/tar_member.h). */
#include "record/tar_member.h"

#include "record/value.h"

/* True if the first component of the path has the form __x__. */
static bool
is_meta(struct ib_span path)
{
	const char *slash = memchr(path.p, '/', path.n);
	size_t n = slash ? (size_t)(slash - path.p) : path.n;

	return n >= 4 && memcmp(path.p, "__", 2) == 0 && memcmp(path.p + n - 2, "__", 2) == 0;
}

void
ib_tar_find_key(struct ib_tar_member *m)
{
	const char *p = m->path.p, *end, *base, *dot;

	if (m->path.n == 0)
		return;
	base = end = p + m->path.n;
	while (base > p && base[-1] != '/')
		base--;
	dot = memchr(base, '.', (size_t)(end - base));
	if (!dot || dot == base || is_meta(m->path))
		return;
	m->key = (struct ib_span){ p, (size_t)(dot - p) };
	m->weight = ib_span_is((struct ib_span){ dot, (size_t)(end - dot) }, ".weight.json");
}

bool
ib_tar_parse_weight(struct ib_span s, double *weight)
{
	*weight = 1;
	return ib_span_is(ib_span_trim(s), "null") || ib_number_read_wrapped(s, weight);
}
