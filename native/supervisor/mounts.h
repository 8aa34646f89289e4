/* Reads which file systems there are (/proc/self/mountinfo), and tells those that began with this environment. */
#ifndef DAYFLY_MOUNTS_H
#define DAYFLY_MOUNTS_H

#include "common.h"

/* One line: `root` is the part of the file system that is seen at `point`. */
struct mount {
    char *root;
    char *point;
    char *kind;
    bool is_read_only;
};

/* The mount that a path lies in; empty where it is not known. */
struct mount_point {
    char root[256], point[256], kind[64];
};

/* Call `see` for each mount, later ones last. */
void mounts_each(void (*see)(void *context, const struct mount *mount), void *context);

/* Say whether this is a view of the kernel, or lies in one. */
bool mounts_is_pseudo(const struct mount *mount);

/* Find the mount that `path` lies in, the topmost where several cover each other. */
void mounts_find(const char *path, struct mount_point *out);

/* Say whether a mount began with the environment at `started` (ns since 1970): a container's root, or what has nothing at its
 * `top` that is older. A bind mount of the host's directory cannot always be told from a fresh one. */
bool mounts_began_here(const struct mount_point *at, const char *top, int64_t started);

#endif
