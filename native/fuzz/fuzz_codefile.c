/* Which files are code: their names are an attacker's in a later life of an environment. */
#include "codefile.h"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

static bool ends(const char *path, const char *with) {
    size_t n = strlen(path), of_with = strlen(with);
    return n >= of_with && strcmp(path + n - of_with, with) == 0;
}

int fuzz_one(const uint8_t *data, size_t size) {
    static char path[8192 + 1];
    struct code_places writable_paths = {.paths = {"/p/code", "/"}, .n = 2, .caches = "/p/cache/"};
    bytes_copy(path, sizeof(path), (struct bytes){data, size});
    bool is_code = code_is(&writable_paths, path, false),
         is_compiled = ends(path, ".pyc") || ends(path, ".pyo");
    if (is_compiled && !is_code)
        abort();
    /* What is removed since Python makes it again is compiled, and lies where Python keeps such files. */
    if (code_is_cache(&writable_paths, path) &&
        (!is_compiled || (strstr(path, "/__pycache__/") == NULL && strncmp(path, "/p/cache/", 9) != 0)))
        abort();
    /* All absolute paths lie below the root directory, so that each link among them counts. */
    if (path[0] == '/' && !code_is(&writable_paths, path, true))
        abort();
    return 0;
}
