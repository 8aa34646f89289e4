/* The private temporary directory of scope `descendants`.
 *
 * A lock on the directory tells one that is in use: the kernel gives it back when its holder dies, however it dies, and other
 * than a pid it means the same in every PID namespace that shares /tmp. Who was killed leaves it: whoever keeps /tmp removes it.
 */
#ifndef DAYFLY_PRIVATE_H
#define DAYFLY_PRIVATE_H

#include "common.h"

struct private_directory {
    char path[512]; /* "" where there is none */
    int lock;
};

/* Make and lock a directory below `parent`; -1 with a fault. */
int private_make(struct private_directory *directory, const char *parent, struct fault *fault);

/* Remove it, once it was emptied. */
void private_remove(struct private_directory *directory);

#endif
