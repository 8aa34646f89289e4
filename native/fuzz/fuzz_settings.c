/* The reader of settings: of the variables, and of the text that Python has read from a file of the function's package. */
#include "settings.h"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

enum { MANY_VARIABLES = 64 };

int fuzz_one(const uint8_t *data, size_t size) {
    static char text[1 << 17];
    char *variables[MANY_VARIABLES + 1] = {NULL};
    struct settings settings;
    if (size >= sizeof(text))
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    size_t n = 0;
    for (char *at = text; n < MANY_VARIABLES && at < text + size; at += strlen(at) + 1)
        variables[n++] = at;
    if (settings_load(&settings, variables) != 0)
        return 0;
    if (settings.keep.count > SETTINGS_MAX_NAMES || settings.scrub.count > SETTINGS_MAX_NAMES ||
        settings.unknown_count > SETTINGS_MAX_UNKNOWN || settings.isolation > ISOLATION_PROCESS ||
        settings.guard > GUARD_BLOCK || settings.network > NETWORK_NONE_WHERE_ALLOWED || settings.max_invocations <= 0 ||
        settings.max_age < 0 || settings.fork_deliver < 0 || !(settings.jitter >= 0 && settings.jitter < 1))
        abort();
    for (size_t i = 0; i < settings.scrub.count; i++)
        if (settings.scrub.items[i].n < 2 || settings.scrub.items[i].at[0] != '/')
            abort();
    uint8_t space[64];
    struct buffer out = {space, 0, sizeof(space)};
    if (settings_seconds(&out, settings.fork_deliver) != 0)
        abort();
    return 0;
}
