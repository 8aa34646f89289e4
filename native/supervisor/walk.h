/* Walks directories below a root: what clearing them (writable_paths.c) and remembering what is there
 * (snapshot.c) share. */
#ifndef DAYFLY_WALK_H
#define DAYFLY_WALK_H

#include "inode.h"
#include "keep.h"
#include "writable_paths.h"

#include <sys/stat.h>

#define WRITABLE_PATHS_NAME_BYTES 256
/* Room for the path of a name in a directory below a root. */
#define WRITABLE_PATHS_FULL_BYTES (2 * WRITABLE_PATHS_PATH_BYTES + WRITABLE_PATHS_NAME_BYTES + 2)

static inline bool is_directory(const struct inode_state *state) { return S_ISDIR(state->mode); }

static inline bool is_same_inode(const struct inode_state *a, const struct inode_state *b) {
    return a->inode == b->inode && a->device == b->device && is_directory(a) == is_directory(b);
}

/* Let the path of `name` below `folder` wait; false where there is no room. */
bool writable_paths_push(struct writable_paths *writable_paths, const char *folder, const char *name);
/* Take the path that was pushed last into `out`; false where none waits. */
bool writable_paths_pop(struct writable_paths *writable_paths, char *out);
/* Call `act` for every entry of an open directory until it returns other than 0; what it returned, or -1 with errno. */
int writable_paths_each_entry(int descriptor, int (*act)(void *context, int descriptor, const char *name),
                              void *context);
/* Write the path of `name` in the directory `folder` below a root. */
void writable_paths_print_path(char out[WRITABLE_PATHS_FULL_BYTES], const struct place *root,
                               const char *folder, const char *name);
/* Wait until a change made from now on gets another time than `changed` (ns since 1970): before Linux 6.13 files are stamped by the
 * coarse clock, which moves every 1 to 10 ms, and a file made at the end of init could be changed by the first event unseen. */
void writable_paths_outlast(int64_t changed);
/* What the setting `keep` says of it. */
enum keep writable_paths_judge_keep(const struct writable_paths *writable_paths, const struct place *root,
                                    const char *folder, const char *name);
/* Say whether an extension holds it open, or has bound it. */
bool writable_paths_is_held(const struct writable_paths *writable_paths, const struct place *root,
                            const char *folder, const char *name, const struct inode_state *state);
/* Say whether an entry below a root is no part of it: where another file system is mounted, or another's root. */
bool writable_paths_is_apart(const struct writable_paths *writable_paths, const struct place *root,
                             const struct inode_state *state);

#endif
