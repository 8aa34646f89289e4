/* Writes JSON as Python's json.dumps does, ASCII alone, and finds the first keys of an event's body. */
#ifndef DAYFLY_JSON_H
#define DAYFLY_JSON_H

#include "common.h"

/* Of a body, looked at for its first keys. Most services write those within some hundred bytes; behind a WebSocket's headers and
 * query, of which API Gateway takes 10,240 bytes, they come after four times as many: twice told, every byte escaped. */
#define JSON_MAX_SCAN ((size_t)65536)
/* Levels of a value that is skipped. */
#define JSON_MAX_DEPTH 64

/* Length of the UTF-8 character that `text`, which is not empty, begins with; 0 where it is none as Python
 * has it: no surrogates, no detours. */
size_t json_character(struct bytes text);

/* Say whether all of `text` is UTF-8. */
bool json_is_utf8(struct bytes text);

/* Append `text` as a JSON string with its quotes, all but ASCII escaped; a byte that is no UTF-8 becomes
 * \udcXX, as Python has it in names of files. -1 where it does not fit, and nothing was appended then. */
int json_string(struct buffer *out, struct bytes text);

/* Append the base64 of `data`. */
int json_base64(struct buffer *out, struct bytes data);

/* One pass over the top-level keys of a JSON object. */
struct json_keys {
    struct bytes body;
    size_t at;
    int state;
};

/* Begin; false where the body is no object. */
bool json_keys_begin(struct json_keys *keys, struct bytes body);

/* Return the next key as it stands between its quotes, and its value as it stands there; false at the end,
 * where the JSON is malformed, and where JSON_MAX_SCAN bytes are reached: what was returned before stays
 * true. A key with an escape is returned with it, and so equals no plain name. `value` may be NULL: then a
 * value that is not whole within the limit does not matter. */
bool json_keys_next(struct json_keys *keys, struct bytes *key, struct bytes *value);

#endif
