/* The scanner of an event's first keys, and the writer of strings that may hold anything. */
#include "json.h"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    static uint8_t space[1 << 20];
    struct buffer out = {space, 0, sizeof(space)};
    struct bytes body = {data, size}, key, value;
    struct json_keys keys;
    size_t end = 0;
    for (bool more = json_keys_begin(&keys, body) && json_keys_next(&keys, &key, &value); more;
         more = json_keys_next(&keys, &key, &value)) {
        /* One behind the other, within the bytes that are looked at. */
        size_t at = (size_t)(key.at - data), until = (size_t)(value.at - data) + value.n;
        if (at < end || until < at + key.n || until > size || until > JSON_MAX_SCAN || value.n == 0)
            abort();
        end = until;
    }
    if (json_string(&out, body) == 0) {
        for (size_t i = 1; i + 1 < out.n; i++)
            if (space[i] < ' ' || space[i] > '~' || (space[i] == '"' && space[i - 1] != '\\'))
                abort();
    } else if (out.n != 0 || 6 * size + 2 <= sizeof(space) - 16) {
        abort();
    }
    return 0;
}
