/* Read small JSON documents (totals, receipts, run headers) with cJSON. */
#ifndef IB_IO_JSON_DOC_H
#define IB_IO_JSON_DOC_H

#include <cjson/cJSON.h>

#include "io/input.h"

/*
 * Read an integer that ib_json_write_safe() has written. Returns false if json is not such an
 * integer.
 */
bool ib_json_doc_read_integer(const cJSON *json, uint64_t *x);

/*
 * Parse the document at the start of text. The document and the whitespace after it are removed
 * from text. The caller deletes *json, which is NULL if the text is not valid JSON.
 */
enum ib_status ib_json_doc_parse_first(struct ib_span *text, cJSON **json, struct ib_error *err);

/*
 * Parse a text that is one document. The caller deletes *json, which is NULL if the text is not
 * valid JSON. Returns IB_E_IO if out of memory.
 */
enum ib_status ib_json_doc_parse(struct ib_span text, cJSON **json, struct ib_error *err);

/*
 * Parse the rest of an input, which is one document. *json is NULL if the rest is not valid JSON
 * or is longer than max bytes.
 */
enum ib_status ib_json_doc_read(struct ib_input *in, size_t max, cJSON **json,
				struct ib_error *err);

#endif
