/* Finds the places outside temporary directories in which this user may write: home, user site, its own code.
 *
 * Only directories that began with this environment are compared; what other environments or the machine share is named and
 * left alone. On Lambda nothing but temporary directories can be written, and nothing is looked for.
 */
#ifndef DAYFLY_WRITABLE_H
#define DAYFLY_WRITABLE_H

#include "codefile.h"
#include "writable_paths.h"
#include "procfs.h"

/* Where the function is looked for. */
struct writable_in {
    const char *task_root;
    const char *program;         /* the interpreter */
    const struct writable_paths *scratch; /* the temporary directories */
    bool is_later_life;
    const struct procfs *procfs;
};

/* Begin `out` with these places, and `code` with where code is looked for. `young` tells what lies there that is younger than
 * the environment, in a later life; `not_compared` names, in `size` bytes, what is not compared and why ("" where all is). -1 with a
 * fault. */
int writable_find(struct writable_paths *out, struct code_places *code, const struct writable_in *in,
                  struct young *young, char *not_compared, size_t size, struct fault *fault);

#endif
