/* Ends every process that should not be there, and proves that none is left.
 *
 * One clean look at /proc proves nothing: a process that forks and exits faster than the look is always
 * somewhere else. A sweep ends when a pass finds nothing and no pid was given out meanwhile; beside workers
 * that go on, when every pid given out meanwhile was seen alive with the pair of one of those.
 */
#ifndef DAYFLY_SWEEP_H
#define DAYFLY_SWEEP_H

#include "common.h"
#include "pairs.h"
#include "procfs.h"

/* The zygote, its spares and what else is spared at once. */
#define SWEEP_MANY_SPARED 64
/* Workers that serve at the same time (lanes, windows that stay). */
#define SWEEP_MANY_STAYING 64
/* Files in /opt/extensions; Lambda allows ten extensions. */
#define SWEEP_MANY_EXTENSIONS 16

enum sweep_scope {
    SWEEP_ENVIRONMENT, /* everything of our user in this PID namespace */
    SWEEP_DESCENDANTS, /* only what was started from here: by pair and by parentage */
};

struct extension {
    pid_t pid;
    unsigned long long started;
};

struct sweep {
    struct procfs *procfs;
    const struct pairs *pairs;
    enum sweep_scope scope;
    uid_t uid;
    pid_t self;
    pid_t ancestors[PROCFS_MANY_ANCESTORS];
    size_t n_ancestors;
    struct extension extensions[SWEEP_MANY_EXTENSIONS];
    size_t n_extensions;
    bool sees_all_extensions; /* as many processes are seen here as the platform starts extensions */
    bool is_first_life;       /* the platform has ended no runtime here before */
    bool is_subreaper;        /* orphans of ours become our children */

    /* Set by the owner of the loop, at any time between sweeps. */
    pid_t spared[SWEEP_MANY_SPARED]; /* zygote, spares */
    size_t n_spared;
    uint32_t staying[SWEEP_MANY_STAYING]; /* numbers of workers that go on; their descendants are spared */
    pid_t staying_pids[SWEEP_MANY_STAYING];
    size_t n_staying;
    pid_t zygote;
    bool fork_pending; /* one child of the zygote that nobody knows yet may be the next worker */
    /* Take what the zygote has sent, so that `spared` and `fork_pending` tell the truth. */
    void (*settle)(void *context);
    /* Put our own limits back; true where any had been lowered and is back. */
    bool (*relieve)(void *context);
    void *context;

    long proved_at;          /* the mark at the last proof, -1 before */
    uint32_t counts_stopped; /* how often workers that go on had to be stopped for a proof */
};

struct swept {
    uint32_t killed; /* left over and ended, the expected not counted */
    uint32_t
        strays; /* of those: with no exact pair, so that nobody is to be blamed where several workers lived */
    uint32_t zombies; /* dead processes of our user that nobody has waited for */
    bool leaves_more; /* of the dead, not the expected, some may still hold files: sweep_leaving tells */
    bool is_proved;
    bool zygote_lost;   /* the zygote went with the rest (kill(-1)); start another */
    struct fault fault; /* why there is no proof */
};

/* Say whether `pid` is one of these. */
static inline bool pids_have(const pid_t *pids, size_t n, pid_t pid) {
    for (size_t i = 0; i < n; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

/* Look around once: ancestors, extensions, first life; becomes subreaper where the host allows it. -1 with a
 * fault. */
int sweep_begin(struct sweep *sweep, struct procfs *procfs, const struct pairs *pairs, enum sweep_scope scope,
                struct fault *fault);

/* The first act of a life, scope environment: end every process of our user in one call that no fork outruns,
 * where nothing but PID 1 would be hit unjustly. True where that was done; call sweep_run afterwards in any
 * case. */
bool sweep_first(struct sweep *sweep);

/* End everything foreign and prove it. `expected` are processes (the worker) not counted as left over.
 * Bounded: 2 s of our own processor time, 20 s by the clock. Sets *out; 0 where death is proved, else -1. */
int sweep_run(struct sweep *sweep, const pid_t *expected, size_t n, struct swept *out);

/* Spare a process from now on; -1 where too many are. */
int sweep_spare(struct sweep *sweep, pid_t pid);
/* Spare it no longer. */
void sweep_forget(struct sweep *sweep, pid_t pid);
/* A worker goes on with its window, or serves in another lane: spare it and its descendants. -1 where too
 * many do. */
int sweep_keep(struct sweep *sweep, pid_t pid, uint32_t number);
/* It goes on no longer. */
void sweep_release(struct sweep *sweep, uint32_t number);

/* How many processes a sweep would end now; -1 where we cannot look. Changes nothing. */
int sweep_count(struct sweep *sweep);
/* How many dead processes of our user nobody has waited for; -1 where we cannot look. */
int sweep_zombies(struct sweep *sweep);
/* Say whether a dead process still closes its files, as it does once its memory is torn down: 1, 0, -1 where we cannot
 * look. */
int sweep_leaving(struct sweep *sweep);
/* Call `act` for each process that a sweep would end, until it returns other than 0; what it returned, else
 * 0. */
int sweep_each_foreign(struct sweep *sweep, int (*act)(void *context, pid_t pid), void *context);

/* The same for each process of an extension. */
int sweep_each_extension(struct sweep *sweep, int (*act)(void *context, pid_t pid), void *context);

/* Send a signal by pidfd where the kernel has them, by number where not. 0, or -1 with errno (ESRCH: gone).
 */
int process_signal(pid_t pid, int pidfd, int number);

#endif
