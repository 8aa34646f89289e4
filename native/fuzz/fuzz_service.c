/* Recognising whose event it is: by its beginning alone, in bounds, and never by what is written otherwise. */
#include "service.h"

#include <stdlib.h>

#include "json.h"

int fuzz_one(const uint8_t *data, size_t size);

/* What stands first in an event of an HTTP service. */
static bool begins_like_one(const uint8_t *data, size_t size) {
    static const char *const firsts[] = {"\"resource\"", "\"version\"", "\"requestContext\"", "\"headers\"", "\"raw_path\""};
    size_t at = 0;
    for (int brackets = 0; at < size && (strchr(" \t\r\n", data[at]) != NULL || (data[at] == '{' && brackets++ == 0)); at++)
        if (data[at] == 0)
            return false;
    for (size_t i = 0; i < COUNT(firsts); i++)
        if (size - at >= strlen(firsts[i]) && memcmp(data + at, firsts[i], strlen(firsts[i])) == 0)
            return true;
    return false;
}

int fuzz_one(const uint8_t *data, size_t size) {
    static uint8_t longer[1 << 18];
    enum service service = service_of((struct bytes){data, size});
    if (service != SERVICE_NONE && !begins_like_one(data, size))
        abort();
    if (size + 2 > sizeof(longer))
        return 0;
    /* Whatever a caller puts behind changes nothing. */
    memcpy(longer, data, size);
    for (int byte = 0; byte < 256 && service != SERVICE_NONE; byte++) {
        longer[size] = (uint8_t)byte;
        longer[size + 1] = (uint8_t)(byte * 7);
        if (service_of((struct bytes){longer, size + 2}) != service)
            abort();
    }
    /* Whatever stands before makes it another's. */
    memcpy(longer, "{\"a\":", 5);
    if (size > 0 && size + 6 <= sizeof(longer) && data[0] == '{') {
        memcpy(longer + 5, data, size);
        if (service_of((struct bytes){longer, size + 5}) != SERVICE_NONE)
            abort();
    }
    return 0;
}
