/*
 * Decisions into records: a kept record keeps its bytes, the weight (and
 * what else was asked for) is put in.
 */
#ifndef IB_PRUNE_SPLICE_H
#define IB_PRUNE_SPLICE_H

#include "prune/texts.h"
#include "record/reader.h"

#define IB_SPLICE_DEPTH 8

/* Places in the reader's wanted fields. */
enum ib_splice_field {
	IB_SPLICE_WEIGHT,
	IB_SPLICE_ID,
	IB_SPLICE_OBJECT /* the first of a dotted weight's objects */
};

/* What is put into records; compiled once a run. */
struct ib_splice {
	struct ib_span weight;		      /* the whole name */
	struct ib_span step[IB_SPLICE_DEPTH]; /* a.b.c: a, b, c */
	size_t nsteps;
	struct ib_span id_field; /* n 0: none */
	bool explain, bare;	 /* bare: -w, nothing is put in */
	struct ib_bytes member;	 /* ,"weight": where it goes in
				  * alone, else empty */
	enum ib_existing_weight base;
	struct ib_wanted wanted[2 + IB_SPLICE_DEPTH];
	size_t nwanted;
	char *names; /* of the objects: a, a.b */
};

enum ib_status ib_splice_init(struct ib_splice *s, const struct ib_prune_options *o,
			      struct ib_error *err);
void ib_splice_release(struct ib_splice *s);

/* What is said of one record. */
struct ib_said {
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
bool ib_splice_put(const struct ib_splice *s, struct ib_cursor *c, const struct ib_said *said,
		   struct ib_bytes *out, struct ib_number_texts *texts);

/* Would ib_splice_put find the record good? False, and c->why, if not. */
bool ib_splice_check(const struct ib_splice *s, struct ib_cursor *c);

/* The record as it came, likewise ended. */
void ib_splice_pass(const struct ib_cursor *c, struct ib_bytes *out);

/* The header of CSV and TSV with the columns that are added. */
enum ib_status ib_splice_header(const struct ib_splice *s, const struct ib_source *source,
				struct ib_bytes *out, struct ib_error *err);

#endif
