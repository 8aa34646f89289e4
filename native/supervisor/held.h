/* Knows the files that extensions hold open and the sockets that anybody alive has bound: they stay when directories are cleared. */
#ifndef DAYFLY_HELD_H
#define DAYFLY_HELD_H

#include "known.h"
#include "sweep.h"

/* Of all extensions; a file beyond goes with those of an invocation. */
#define HELD_MANY 1024

/* A file, and a hash of the name without its directory under which it was first seen to be held: an invocation may link it to
 * another name, or rename it, and write what it likes. */
struct held_file {
    uint64_t device, inode, name;
};

struct held {
    struct held_file files[HELD_MANY], before[HELD_MANY];
    size_t n, n_before, n_asked;
    const struct procfs *procfs;
    bool has_extensions; /* without any nothing is held */
};

/* Look what extensions hold open now. */
void held_look(struct held *held, struct sweep *sweep);
/* Say whether this file is held open, or is a socket that is bound at `path`. */
bool held_has(struct held *held, const struct inode_state *state, const char *path);
/* Say whether the last clearing met sockets: while a dead process's files are open, its own passes for an extension's, so
 * that what it left is to be cleared once more when they are closed. */
static inline bool held_has_asked(const struct held *held) { return held->n_asked > 0; }

#endif
