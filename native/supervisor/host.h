/* What is seen of the host: the process tree, namespaces and mounts. */
#ifndef DAYFLY_HOST_H
#define DAYFLY_HOST_H

#include "common.h"
#include "procfs.h"
#include "scope.h"

/* Room for `struct host_facts`, which points into it. */
struct host {
    struct host_facts facts;
    char pid_namespace[64];
    char init_command[256];
    char parent_command[256];
};

/* Look around. What cannot be read is empty, which nothing is concluded from. */
void host_observe(struct host *host, const struct procfs *procfs);

/* Say whether `path` began with this PID namespace: a mount of its own, or a container's root. A bind mount of the host's
 * directory cannot always be told from a fresh one, so in a mount nothing may be older than PID 1. */
bool host_began_here(const struct procfs *procfs, const char *path);

/* Say whether System V objects are the machine's own, shared with everybody on it. */
bool host_shares_ipc(void);
/* Say whether users are the machine's own: others of this user on it share its keyrings. */
bool host_shares_users(void);

/* When PID 1 was started, in nanoseconds since 1970 as files are stamped; 0 if unknown. */
int64_t host_started(const struct procfs *procfs);

/* Say whether this user may write into the directory `path`, or change its mode. */
bool host_may_write(const char *path);

/* Copy the program of another process that was executed with a variable that begins with `mark`, and shows it to us, into
 * `out`; false where there is none. */
bool host_shows_variable(struct procfs *procfs, const char *mark, char *out, size_t size);

/* Copy the program of a process that is not ours and whose memory can be written into `out`; false where there is none. By
 * trying; to be asked before anything else is started. What a worker writes there outlives it. */
bool host_open_stranger(struct procfs *procfs, char *out, size_t size);

#endif
