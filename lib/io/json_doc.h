/*
 * Small JSON documents of our own (totals, receipts, plans, heads), through
 * cJSON: numbers as the tools write them, failures as one kind. NULL and false
 * mean that memory ran out, unless a comment says otherwise.
 */
#ifndef IB_IO_JSON_DOC_H
#define IB_IO_JSON_DOC_H

#include <cjson/cJSON.h>

#include "io/input.h"
#include "io/output.h"

/*
 * An integer that comes back as it was, also through readers that keep numbers
 * as doubles: a number below 2^53, a string of digits from there on.
 */
cJSON *ib_json_doc_integer(uint64_t x);
/* False for anything else. */
bool ib_json_doc_read_integer(const cJSON *json, uint64_t *x);

/* The shortest decimals that read back; NaN: null. */
cJSON *ib_json_doc_real(double x);
cJSON *ib_json_doc_float(float x);

/* Hand an item (NULL: memory ran out) over to an array, or to an object. */
bool ib_json_doc_append(cJSON *array, cJSON *item);
bool ib_json_doc_put(cJSON *object, const char *name, cJSON *item);

/* Members of an object; a count is a number whatever its size, NULL null. */
bool ib_json_doc_add_real(cJSON *to, const char *name, double x);
bool ib_json_doc_add_count(cJSON *to, const char *name, uint64_t x);
bool ib_json_doc_add_text(cJSON *to, const char *name, const char *x);

/*
 * Parse the document that text begins with, and take it and the blanks behind
 * it off the text: *json, to be deleted, is NULL for what is no JSON.
 */
enum ib_status ib_json_doc_parse_first(struct ib_span *text, cJSON **json, struct ib_error *err);

/*
 * Parse a text of one document: *json, to be deleted, is NULL for what is no JSON.
 * IB_E_IO: memory ran out, and nothing is known of the text.
 */
enum ib_status ib_json_doc_parse(struct ib_span text, cJSON **json, struct ib_error *err);

/* The same of all that is left of an input; NULL too if it is over `most`. */
enum ib_status ib_json_doc_read(struct ib_input *in, size_t most, cJSON **json,
				struct ib_error *err);

/*
 * Write a document as one line. Frees it; unless it is `complete` (some part
 * of it found no memory) that is all.
 */
enum ib_status ib_json_doc_write(cJSON *json, bool complete, struct ib_output *out,
				 struct ib_error *err);

#endif
