/* Reads /proc: which processes there are, whose they are, whether they are dead.
 *
 * Every look returns what it saw or -1: "cannot look" (no descriptor, no memory: a process of our user may
 * lower our limits while we look) is never taken for "gone".
 */
#ifndef DAYFLY_PROCFS_H
#define DAYFLY_PROCFS_H

#include "common.h"

/* What one read of a directory takes; some 1,300 entries of /proc. */
#define PROCFS_LIST_BYTES 32768
/* /proc/PID/status has some 1,500 bytes, stat some 350. */
#define PROCFS_RECORD_BYTES 4096
/* Longer than any line that is read: of sysvipc, net/tcp. */
#define PROCFS_LINE_BYTES 512
/* A chain of parents longer than this is nobody's: PID namespaces nest 32 deep. */
#define PROCFS_MANY_ANCESTORS 64

struct procfs {
    int root;    /* /proc itself, kept open */
    int loadavg; /* kept open: marks are taken when no descriptor may be left */
    /* The listing under way (procfs_rewind, procfs_next). */
    size_t at;
    size_t end;
    _Alignas(8) uint8_t list[PROCFS_LIST_BYTES];
};

/* What a stat record says of a process or thread; `started` in clock ticks since boot. */
struct proc_stat {
    pid_t pid;
    pid_t parent;
    pid_t group;
    pid_t session;
    char state;
    bool is_exiting; /* PF_EXITING: it runs no user code any more */
    bool is_killed;  /* SIGKILL waits for this thread */
    bool has_buried; /* it has waited for a child: cminflt is not 0 */
    long threads;
    unsigned long long started;
};

/* Open /proc; -1 with a fault. */
int procfs_open(struct procfs *procfs, struct fault *fault);

/* Begin a listing of all processes; 0, or -1 where that is refused. */
int procfs_rewind(struct procfs *procfs);
/* The next process of the listing, ascending; 0 at its end, -1 where we cannot look. */
pid_t procfs_next(struct procfs *procfs);

/* Read the file `path`, relative to /proc, into `out` (ended by a zero byte, cut at size - 1).
 * Its length; -1 with errno: ENOENT or ESRCH where the process is gone. For files of one record, which come in one read. */
ssize_t procfs_read(const struct procfs *procfs, const char *path, char *out, size_t size);
/* Call `act` for each line of a file below /proc, ended by a zero byte, up to `limit` bytes; lines longer
 * than PROCFS_LINE_BYTES are left out. 0; -1 with errno where it cannot be opened or read, EFBIG where there is more. */
int procfs_each_line(const struct procfs *procfs, const char *path, size_t limit,
                     void (*act)(void *context, const char *line), void *context);
/* Say whether errno means "gone" and not "cannot look". */
bool procfs_is_gone(int error);

/* Read the stat of a process: 1, 0 where it is gone, -1 where we cannot look. */
int procfs_stat(const struct procfs *procfs, pid_t pid, struct proc_stat *out);
/* Parse a stat record of `n` bytes; false for a part of one. Reader of hostile bytes: the command is
 * anybody's. */
bool procfs_parse_stat(const char *text, size_t n, struct proc_stat *out);

/* Say whether a number was given to a thread of a process that has another: 1, 0 (also where it is gone), -1. */
int procfs_is_thread(const struct procfs *procfs, pid_t pid);

/* Say whether a process of user `uid` could have become `pid`: 1, 0 (also where it is gone), -1. */
int procfs_belongs(const struct procfs *procfs, pid_t pid, uid_t uid);
/* Say whether no thread of the process can run user code any more: 1 (also where it is gone), 0, -1. */
int procfs_is_dead(const struct procfs *procfs, pid_t pid);
/* The same where its stat was just read. */
int procfs_is_dead_by(const struct procfs *procfs, pid_t pid, const struct proc_stat *stat);
/* Say whether SIGKILL has been sent to every thread that is not dead: 1 (also where it is gone), 0, -1. */
int procfs_is_dying(const struct procfs *procfs, pid_t pid);
/* Say whether every thread is stopped by a signal or has ended: 1, 0, -1. */
int procfs_is_stopped(const struct procfs *procfs, pid_t pid);
/* How many threads a process has: 0 where it is gone, -1 where we cannot look. */
long procfs_threads(const struct procfs *procfs, pid_t pid);
/* Call `act` for every thread of a process until it returns other than 0; what it returned, else 0; -1:
 * cannot look. */
int procfs_each_thread(const struct procfs *procfs, pid_t pid, int (*act)(void *context, pid_t thread),
                       void *context);

/* The pid that this namespace gave out last, -1 where /proc does not tell. */
long procfs_last_pid(const struct procfs *procfs);
/* How many threads of the machine want a processor now, 0 where /proc does not tell. */
long procfs_runnable(const struct procfs *procfs);
/* The largest pid there can be here, 4194304 where /proc does not tell. */
long procfs_pid_max(const struct procfs *procfs);

/* The parents of `pid` up to the top, nearest first: how many, at most `max`. */
size_t procfs_ancestors(const struct procfs *procfs, pid_t pid, pid_t *out, size_t max);

/* Which of the `n` sockets `inodes` a process has open: sets held[i] for each. 0, or -1 where its descriptors
 * cannot be read (one that is gone holds none). */
int procfs_holds(const struct procfs *procfs, pid_t pid, const uint64_t *inodes, size_t n, bool *held);

#endif
