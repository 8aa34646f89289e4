/* Tells by its path whether Python could come to execute a file, or a program to obey it. Pure. */
#ifndef DAYFLY_CODEFILE_H
#define DAYFLY_CODEFILE_H

#include "common.h"

/* Places of code: with and without links followed. What there are more of is named and not compared (writable.c). */
#define CODEFILE_MANY 128

/* Where code is looked for, and where Python keeps compiled modules apart (PYTHONPYCACHEPREFIX, NULL without). */
struct code_places {
    const char *paths[CODEFILE_MANY];
    size_t n;
    const char *caches;
};

/* Say whether Python could execute this file, or a program obey it: by its name, or, among code or on the way to it, because it
 * is a link. */
bool code_is(const struct code_places *writable_paths, const char *path, bool is_link);

/* Say whether Python makes this file again. */
bool code_is_cache(const struct code_places *writable_paths, const char *path);

#endif
