/*
 * Read and write small JSON documents (totals, receipts, run headers) with cJSON, with numbers
 * in the format of base/numbers.h. A result of NULL or false means out of memory, unless
 * a comment says otherwise.
 */
#ifndef IB_IO_JSON_DOC_H
#define IB_IO_JSON_DOC_H

#include <cjson/cJSON.h>

#include "io/input.h"
#include "io/output.h"

/*
 * Create an integer that survives readers which store numbers as doubles: a number if
 * x < 2^53, otherwise a string of digits.
 */
cJSON *ib_json_doc_integer(uint64_t x);
/* Read such an integer. Returns false if json is not one. */
bool ib_json_doc_read_integer(const cJSON *json, uint64_t *x);

/* Create a number with the shortest decimal that reads back, or null for NaN. */
cJSON *ib_json_doc_real(double x);
cJSON *ib_json_doc_float(float x);

/* Move item into an array or an object. If that fails or item is NULL, delete it. */
bool ib_json_doc_append(cJSON *array, cJSON *item);
bool ib_json_doc_put(cJSON *object, const char *name, cJSON *item);

/* Add a member. A count is a number even above 2^53; a text that is NULL becomes null. */
bool ib_json_doc_add_real(cJSON *to, const char *name, double x);
bool ib_json_doc_add_count(cJSON *to, const char *name, uint64_t x);
bool ib_json_doc_add_text(cJSON *to, const char *name, const char *x);

/*
 * Parse the document at the start of text, and remove it and the whitespace after it from text.
 * The caller deletes *json; it is NULL if the text is not valid JSON.
 */
enum ib_status ib_json_doc_parse_first(struct ib_span *text, cJSON **json, struct ib_error *err);

/*
 * Parse a text that is one document. The caller deletes *json; it is NULL if the text is not
 * valid JSON. Returns IB_E_IO if out of memory.
 */
enum ib_status ib_json_doc_parse(struct ib_span text, cJSON **json, struct ib_error *err);

/* Parse the rest of an input. *json is also NULL if the rest is longer than max bytes. */
enum ib_status ib_json_doc_read(struct ib_input *in, size_t max, cJSON **json,
				struct ib_error *err);

/*
 * Write a document as one line and free it. If `complete` is false, because an allocation failed
 * while the document was built, only free it and return IB_E_IO.
 */
enum ib_status ib_json_doc_write(cJSON *json, bool complete, struct ib_output *out,
				 struct ib_error *err);

#endif
