/* Read any bytes as a JSON array or as JSON lines, in blocks of any size. */
#include "fuzz/records.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum ib_format formats[] = { IB_FORMAT_JSON, IB_FORMAT_JSONL };

	return fuzz_records(data, n, formats, 2);
}
