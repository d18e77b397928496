/*
 * Decide which fields of an operand are read, and which of these fields are the key, from which the
 * ids are built.
 */
#ifndef IB_RECORD_SOURCE_FIELDS_H
#define IB_RECORD_SOURCE_FIELDS_H

#include "record/source.h"

/*
 * True if a record of the block may have a field with a known id name (ib_key_known). If the result
 * is false, the block need not be parsed to choose the key. So batches with the fields epoch, ids
 * and losses, which are not known id names, are parsed only once; see tests/PERFORMANCE.md.
 */
bool ib_source_may_have_key(const struct ib_source *s, const struct ib_block *block);

/*
 * Choose the key of an operand from its first records, and compile its fields.
 * If no record has a known id field, returns IB_OK and leaves the key at
 * IB_KEY_AUTO.
 */
enum ib_status ib_source_choose_fields(struct ib_source *s, const struct ib_reader_options *options,
				       const struct ib_block *first_block, struct ib_error *err);

#endif
