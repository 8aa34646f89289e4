/* Decides which paths under a temporary directory stay: globs as in gitignore, and directories on the way to one; pure. */
#ifndef DAYFLY_KEEP_H
#define DAYFLY_KEEP_H

#include "common.h"
#include "settings.h"

enum keep {
    KEEP_NO,
    KEEP_INSIDE, /* a directory on the way to a glob: it stays, its entries are looked at */
    KEEP_ALL,    /* it matches a glob, or lies in something that does: it stays with all below */
};

/* Judge an absolute path. `**` matches any number of parts, the other wildcards match within one part, as in gitignore. */
enum keep keep_judge(const struct names *globs, struct bytes path);

#endif
