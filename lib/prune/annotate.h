/*
 * Decisions into records: a kept record keeps its bytes, the weight (and
 * what else was asked for) is put in.
 */
#ifndef IB_PRUNE_ANNOTATE_H
#define IB_PRUNE_ANNOTATE_H

#include "base/number_cache.h"
#include "record/reader.h"

#define IB_ANNOTATE_DEPTH 8

/* Places in the reader's wanted fields. */
enum ib_annotate_field {
	IB_ANNOTATE_WEIGHT,
	IB_ANNOTATE_ID,
	IB_ANNOTATE_OBJECT /* the first of a dotted weight's objects */
};

/* What is put into records; compiled once a run. */
struct ib_annotate {
	struct ib_span weight;			/* the whole name */
	struct ib_span step[IB_ANNOTATE_DEPTH]; /* a.b.c: a, b, c */
	size_t nsteps;
	struct ib_span id_field; /* n 0: none */
	bool explain, bare;	 /* bare: -w, nothing is put in */
	struct ib_bytes member;	 /* ,"weight": where it goes in
				  * alone, else empty */
	enum ib_existing_weight base;
	struct ib_wanted wanted[2 + IB_ANNOTATE_DEPTH];
	size_t nwanted;
	char *names; /* of the objects: a, a.b */
};

enum ib_status ib_annotate_init(struct ib_annotate *s, const struct ib_prune_options *o,
				struct ib_error *err);
void ib_annotate_release(struct ib_annotate *s);

/* What is said of one record. */
struct ib_annotation {
	struct ib_span id;
	double pi, u, weight;
	float score; /* NaN: unknown */
	enum ib_reason reason;
};

/*
 * Append the record with what is said of it, in the form of its format: a
 * line with its line end (one is added where it had none), an array's element
 * with ",\n" before it. False, the reason in c->why, for bad data.
 */
bool ib_annotate_put(const struct ib_annotate *s, struct ib_cursor *c,
		     const struct ib_annotation *said, struct ib_bytes *out,
		     struct ib_number_cache *texts);

/* Would ib_annotate_put find the record good? False, and c->why, if not. */
bool ib_annotate_check(const struct ib_annotate *s, struct ib_cursor *c);

/* The record as it came, likewise ended. */
void ib_annotate_pass(const struct ib_cursor *c, struct ib_bytes *out);

/* The header of CSV and TSV with the columns that are added. */
enum ib_status ib_annotate_header(const struct ib_annotate *s, const struct ib_source *source,
				  struct ib_bytes *out, struct ib_error *err);

#endif
