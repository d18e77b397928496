#include "prune/targets.h"

#include <stdlib.h>

#include "base/error.h"

/* "epoch3/%s" with an operand's name, less folders and compression suffix. */
static char *
operand_name(const char *pattern, const char *path)
{
	const char *at = strstr(pattern, "%s");
	struct ib_span stem = ib_input_stem(path);
	struct ib_bytes name = { 0 };

	ib_bytes_put(&name, pattern, (size_t)(at - pattern));
	ib_bytes_put(&name, stem.p, stem.n);
	ib_bytes_put(&name, at + 2, strlen(at + 2) + 1);
	if (name.failed)
		ib_bytes_release(&name);
	return name.p;
}

static bool
is_per_operand(const struct ib_prune_options *o)
{
	return o->output && !o->split && strstr(o->output, "%s");
}

enum ib_status
ib_targets_open(struct ib_targets *t, const struct ib_prune_options *o,
		const struct ib_splice *splice, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	*t = (struct ib_targets){
		.options = o, .splice = splice,
		.flags = o->if_changed ? IB_OUTPUT_IF_CHANGED : 0,
	};
	if (o->plan) /* no records come */
		return ib_output_open(o->output, t->flags, &t->main.out, err);
	if (o->unkept)
		st = ib_output_open(o->unkept, t->flags, &t->unkept.out, err);
	if (!st && o->sidecar)
		st = ib_output_open(o->sidecar, t->flags, &t->sidecar, err);
	if (!st && !is_per_operand(o))
		st = ib_output_open(o->output, t->flags |
				    (o->receipt || o->audit ? IB_OUTPUT_DIGEST
							    : 0),
				    &t->main.out, err);
	return st;
}

/* Two operands of one name would be one file. */
static enum ib_status
check_name(struct ib_targets *t, const char *name, const char *path,
	   struct ib_error *err)
{
	size_t i;

	for (i = 0; i < t->names.n; i++)
		if (strcmp(t->names.v[i], name) == 0)
			return ib_fail(err, IB_E_MISUSE,
				       "%s: another operand has that name too: "
				       "both would be %s", path, name);
	return IB_OK;
}

static bool
make_room(struct ib_targets *t)
{
	size_t cap = t->cap ? 2 * t->cap : 64;
	struct ib_output **done;
	const char **names;

	if (t->ndone < t->cap)
		return true;
	done = realloc(t->done, cap * sizeof(*done));
	if (done)
		t->done = done;
	names = realloc((void *)(uintptr_t)t->names.v, cap * sizeof(*names));
	if (names)
		t->names.v = names;
	if (!done || !names)
		return false;
	t->cap = cap;
	return true;
}

static void
end_array(struct ib_target *t)
{
	if (t->out && t->array)
		ib_output_write(t->out, t->empty ? "[\n]\n" : "\n]\n",
				t->empty ? 4 : 3);
	t->array = false;
}

/* With %s every operand has a file of its own. */
static enum ib_status
next_file(struct ib_targets *t, const struct ib_source *source,
	  struct ib_error *err)
{
	const char *pattern = t->options->output;
	char *name = operand_name(pattern, source->path);
	enum ib_status st = name && make_room(t) ? IB_OK : ib_fail_memory(err);

	if (!st)
		st = check_name(t, name, source->path, err);
	end_array(&t->main);
	if (!st && t->main.out)
		st = ib_output_finish(t->main.out, err);
	t->main = (struct ib_target){ 0 };
	if (!st)
		st = ib_output_open(name, t->flags | IB_OUTPUT_DIGEST,
				    &t->main.out, err);
	if (st) {
		free(name);
		return st;
	}
	((const char **)(uintptr_t)t->names.v)[t->names.n++] = name;
	t->done[t->ndone++] = t->main.out;
	return IB_OK;
}

/* The header without its line end: operands may end their lines each its way. */
static struct ib_span
header_of(const struct ib_source *s)
{
	struct ib_span line = ib_bytes_span(&s->header);

	while (line.n > 0 && memchr("\r\n", line.p[line.n - 1], 2))
		line.n--;
	return line;
}

/* Operands that go into one output have one format, and one header. */
static enum ib_status
check_alike(const struct ib_target *t, const struct ib_source *s,
	    struct ib_error *err)
{
	if (t->first->format != s->format)
		return ib_fail(err, IB_E_DATA,
			       "%s: its format is not that of %s: they cannot "
			       "go into one output", s->name, t->first->name);
	if (!ib_span_equal(header_of(t->first), header_of(s)))
		return ib_fail(err, IB_E_DATA,
			       "%s: its header is not that of %s", s->name,
			       t->first->name);
	return IB_OK;
}

/* The operand's part of what stands before its records. */
static enum ib_status
begin_target(struct ib_targets *t, struct ib_target *target,
	     const struct ib_source *s, bool splice, struct ib_error *err)
{
	bool delimited = s->format == IB_FORMAT_CSV ||
			 s->format == IB_FORMAT_TSV;
	struct ib_bytes text = { 0 };
	enum ib_status st = IB_OK;

	/* The empty shard of a run that had nothing for it fits any output. */
	if (!target->out || (s->empty && s->format != IB_FORMAT_JSON))
		return IB_OK;
	if (target->first)
		st = check_alike(target, s, err);
	if (!st && splice)
		ib_output_write(target->out, s->preamble.p, s->preamble.n);
	if (!st && !target->first) {
		target->first = s;
		target->array = s->format == IB_FORMAT_JSON;
		target->empty = true;
		if (delimited && splice) {
			st = ib_splice_header(t->splice, s, &text, err);
			ib_output_write(target->out, text.p, text.n);
		} else if (delimited) {
			ib_output_write(target->out, s->header.p, s->header.n);
			if (s->header.n > 0 &&
			    s->header.p[s->header.n - 1] != '\n')
				ib_output_write(target->out, "\n", 1);
		}
	}
	ib_bytes_release(&text);
	return st;
}

enum ib_status
ib_targets_begin(struct ib_targets *t, const struct ib_source *source,
		 struct ib_error *err)
{
	enum ib_status st = IB_OK;

	if (t->options->plan)
		return IB_OK;
	if (is_per_operand(t->options))
		st = next_file(t, source, err);
	if (!st)
		st = begin_target(t, &t->main, source, true, err);
	if (!st)
		st = begin_target(t, &t->unkept, source, false, err);
	return st;
}

void
ib_target_write(struct ib_target *t, const struct ib_bytes *text)
{
	if (!t->out || text->n == 0)
		return;
	if (t->array && t->empty) { /* its first element: no comma */
		ib_output_write(t->out, "[", 1);
		ib_output_write(t->out, text->p + 1, text->n - 1);
	} else {
		ib_output_write(t->out, text->p, text->n);
	}
	t->empty = false;
}

enum ib_status
ib_targets_status(struct ib_targets *t, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	if (t->main.out)
		st = ib_output_status(t->main.out, err);
	if (!st && t->unkept.out)
		st = ib_output_status(t->unkept.out, err);
	if (!st && t->sidecar)
		st = ib_output_status(t->sidecar, err);
	return st;
}

void
ib_targets_end(struct ib_targets *t)
{
	end_array(&t->main);
	end_array(&t->unkept);
}

enum ib_status
ib_targets_commit(struct ib_targets *t, struct ib_output **more,
		  struct ib_error *err)
{
	size_t n = t->ndone + 4, i, k = 0;
	struct ib_output **all = calloc(n, sizeof(*all));
	enum ib_status st;

	if (!all)
		return ib_fail_memory(err);
	all[k++] = t->unkept.out;
	all[k++] = t->sidecar;
	all[k++] = more ? *more : NULL;
	for (i = 0; i < t->ndone; i++)
		all[k++] = t->done[i];
	if (t->ndone == 0)
		all[k++] = t->main.out;
	if (more)
		*more = NULL;
	t->unkept.out = t->sidecar = t->main.out = NULL;
	t->ndone = 0;
	st = ib_outputs_commit(all, k, err);
	free(all);
	return st;
}

void
ib_targets_discard(struct ib_targets *t)
{
	bool own = t->ndone == 0;
	size_t i;

	for (i = 0; i < t->ndone; i++)
		ib_output_discard(&t->done[i]);
	if (own && t->main.out)
		ib_output_discard(&t->main.out);
	if (t->unkept.out)
		ib_output_discard(&t->unkept.out);
	if (t->sidecar)
		ib_output_discard(&t->sidecar);
	free(t->done);
	for (i = 0; i < t->names.n; i++)
		free((char *)(uintptr_t)t->names.v[i]);
	free((void *)(uintptr_t)t->names.v);
	*t = (struct ib_targets){ 0 };
}
