/* The reader of the text at a path of an event's JSON, which decides who shares a worker with whom. */
#include "json.h"
#include "tenants.h"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    static struct tenant found;
    struct tenant_source source;
    if (tenants_parse(&source, LITERAL("requestContext.authorizer[\"a.b\"]")) != 0 || source.n != 3)
        abort();
    (void)tenants_parse(&source, (struct bytes){data, size});
    const struct bytes parts[] = {LITERAL("a"), LITERAL("b")};
    tenants_find_text((struct bytes){data, size}, parts, COUNT(parts), &found);
    if (found.n > sizeof(found.key) || found.n > size || !json_is_utf8((struct bytes){found.key, found.n}))
        abort();
    return 0;
}
