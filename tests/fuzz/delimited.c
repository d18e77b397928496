/* Read any bytes as CSV, as TSV or as a list. */
#include "fuzz/records.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum ib_format formats[] = { IB_FORMAT_CSV, IB_FORMAT_TSV, IB_FORMAT_LIST,
						  IB_FORMAT_AUTO };

	return fuzz_records(data, n, formats, 4);
}
