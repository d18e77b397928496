/*
 * Write the records of the epoch manifest. Each record is copied, and its
 * weight is inserted. If requested, the id of the record and an explanation are
 * inserted too. All other bytes of the record stay the same.
 */
#ifndef IB_PRUNE_ANNOTATE_H
#define IB_PRUNE_ANNOTATE_H

#include "base/number_cache.h"
#include "record/reader.h"

#define IB_ANNOTATE_DEPTH 8

/* Positions in the list of fields that the reader searches for in each record. */
enum ib_annotate_field {
	IB_ANNOTATE_WEIGHT,
	IB_ANNOTATE_ID,
	IB_ANNOTATE_EXPLANATION,
	/*
	 * The position of the outermost object around the weight field. If the field is a.b.c, this
	 * is the position of the object `a`, and the next position is that of the object `a.b`.
	 */
	IB_ANNOTATE_OBJECT
};

/* The fields to insert into records; set up once per run. */
struct ib_annotate {
	struct ib_span weight;			/* full name of the weight field, such as a.b.c */
	struct ib_span step[IB_ANNOTATE_DEPTH]; /* the name a.b.c split at the dots: a, b, c */
	size_t nsteps;
	struct ib_span id_field; /* name of the id field to insert; empty if no id is inserted */
	bool explain;
	bool bare; /* true if nothing is inserted into the records (--weights) */
	/*
	 * The text ',"weight":' if only a top-level weight is inserted into each record; otherwise
	 * empty.
	 */
	struct ib_bytes member;
	enum ib_existing_weight existing_weight;
	struct ib_wanted wanted[IB_ANNOTATE_OBJECT + IB_ANNOTATE_DEPTH];
	size_t nwanted;
	/* copy of the weight's name a.b.c; the names a and a.b in wanted[] point into this copy */
	char *names;
};

enum ib_status ib_annotate_init(struct ib_annotate *s, const struct ib_prune_options *o,
				struct ib_error *err);
void ib_annotate_release(struct ib_annotate *s);

/* The decision on one record, as inserted into the record. */
struct ib_annotation {
	struct ib_span id;
	double pi, u, weight;
	float score; /* NaN if the score is unknown */
	enum ib_reason reason;
};

/*
 * Append the current record of c to out, with the decision and the id inserted. Each line gets a
 * newline, even if the last line of the input has none. Before each element of a JSON array, ",\n"
 * is written. Returns false if the record is invalid; c->why is then the reason.
 */
bool ib_annotate_write(const struct ib_annotate *s, struct ib_cursor *c,
		       const struct ib_annotation *annotation, struct ib_bytes *out,
		       struct ib_number_cache *cache);

/* Perform the checks of ib_annotate_write() without writing the record. */
bool ib_annotate_check(const struct ib_annotate *s, struct ib_cursor *c);

/*
 * Append the current record of c unchanged, with the newline or ",\n" that ib_annotate_write()
 * adds.
 */
void ib_annotate_copy(const struct ib_cursor *c, struct ib_bytes *out);

/* Append the header line of a CSV or TSV file to out, with the names of the added columns. */
enum ib_status ib_annotate_header(const struct ib_annotate *s, const struct ib_source *source,
				  struct ib_bytes *out, struct ib_error *err);

#endif
