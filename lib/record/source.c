/* Create and release sources, release blocks, and print warnings (record/source.h). */
#include "record/source.h"

#include <stdlib.h>

#include "base/error.h"

struct ib_source *
ib_source_new(const char *path, const struct ib_reader_options *options, const struct ib_key *key)
{
	struct ib_source *s = calloc(1, sizeof(*s));

	if (s)
		s->notes = calloc(1, sizeof(*s->notes));
	if (!s || !s->notes) {
		free(s);
		return NULL;
	}
	s->path = path;
	s->name = strcmp(path, "-") == 0 ? "standard input" : path;
	s->key = *key;
	s->first_line = 1;
	s->epoch_manifest = options->epoch_manifest;
	s->any_value = options->any_value;
	s->key_option = options->key_option ? options->key_option : "-k";
	return s;
}

void
ib_source_free(struct ib_source *s)
{
	ib_fields_release(&s->fields);
	ib_bytes_release(&s->header);
	ib_bytes_release(&s->preamble);
	free(s->columns.slot);
	free(s->columns.number);
	free(s->columns.name);
	ib_arena_release(&s->columns.names);
	free(s->notes);
	free(s);
}

void
ib_source_warn_of_notes(const struct ib_source *s, const struct ib_context *context)
{
	unsigned long long n = s->notes->headers, quotes = s->notes->quotes;

	if (n > 0)
		ib_warn(context, "%s: skipped %llu repeated header line%s, as in a resumed log",
			s->name, n, n == 1 ? "" : "s");
	if (quotes > 0)
		ib_warn(context,
			"%s: %llu id%s and end%s with a quote: TSV has no quoting, so the quotes "
			"are part of the id; mlr --icsv --ifs tab --ojsonl cat converts TSV with "
			"quotes",
			s->name, quotes, quotes == 1 ? " begins" : "s begin",
			quotes == 1 ? "s" : "");
}

void
ib_block_release(struct ib_block *b)
{
	free(b->buffer);
	ib_input_close(b->input);
	*b = (struct ib_block){ 0 };
}
