/* Parse any text as the argument of -k, and build ids from any values. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "record/json.h"
#include "record/key.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ib_value v[IB_KEY_MAX] = { 0 };
	struct ib_arena arena = { 0 };
	int slot[IB_KEY_MAX] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	char *text = calloc(1, n + 1), why[240];
	struct ib_error err;
	struct ib_key key;
	struct ib_span id;
	size_t i, bytes = 0;

	memcpy(text, data, n);
	if (!ib_key_parse(text, "-k", &key, &err)) {
		if (key.kind == IB_KEY_FIELDS && (key.n < 1 || key.n > IB_KEY_MAX))
			abort();
		for (i = 0; i < key.n && i < IB_KEY_MAX; i++) {
			v[i].p = text;
			v[i].n = (uint32_t)key.name[i].n;
			v[i].type = data[i % n] % (IB_TEXT + 1);
			bytes += key.name[i].n + 1;
		}
		if (key.kind == IB_KEY_FIELDS &&
		    ib_key_build_id(&key, slot, v, &arena, &id, why, sizeof(why)) && id.n > bytes)
			abort();
	}
	ib_arena_release(&arena);
	free(text);
	return 0;
}
