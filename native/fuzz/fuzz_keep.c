/* The judge of what stays in a temporary directory: the globs are a setting's, the path is an attacker's. */
#include "keep.h"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    static struct names globs;
    struct bytes rest = {data, size};
    globs.count = 0;
    while (globs.count < 4) {
        const uint8_t *end = rest.n > 0 ? memchr(rest.at, '\n', rest.n) : NULL;
        if (end == NULL)
            break;
        size_t n = (size_t)(end - rest.at), parts = 0;
        for (size_t i = 0; i < n; i++)
            parts += rest.at[i] == '/';
        /* As the settings have it. */
        if (n > 0 && rest.at[0] == '/' && parts <= SETTINGS_MAX_PARTS)
            globs.items[globs.count++] = (struct bytes){rest.at, n};
        rest = (struct bytes){end + 1, rest.n - n - 1};
    }
    /* PLACES_PATH_BYTES and a name, as writable_paths.c asks. */
    if (rest.n > 8192)
        rest.n = 8192;
    enum keep all = keep_judge(&globs, rest), best = KEEP_NO;
    for (size_t i = 0; i < globs.count; i++) {
        static struct names one;
        one.items[0] = globs.items[i];
        one.count = 1;
        enum keep found = keep_judge(&one, rest);
        best = found > best ? found : best;
    }
    if (best != all)
        abort();
    return 0;
}
