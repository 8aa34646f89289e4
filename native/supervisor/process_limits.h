/* Keeps Dayfly's own processes as they are, against a worker that shares their user.
 *
 * It may lower limits, change processors, priority, scheduling class and slice of the supervisor, the zygote
 * and spares. What was changed is put back when the worker is dead; what cannot be put back is given up: a
 * spare, the zygote, or the environment. All by the calls that the attack itself uses: they need no
 * descriptor.
 */
#ifndef DAYFLY_PROCESS_LIMITS_H
#define DAYFLY_PROCESS_LIMITS_H

#include "common.h"

#include <sched.h>
#include <sys/resource.h>

#include "pairs.h"
#include "procfs.h"

/* Names of what was changed, for one finding. */
#define PROCESS_LIMITS_MANY_NAMES 12

/* struct sched_attr of sched_getattr(2), first version and the clamps of the second. */
struct sched_attributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t slice; /* sched_runtime: the slice of normal tasks since Linux 6.12 */
    uint64_t deadline;
    uint64_t period;
    uint32_t clamp_min;
    uint32_t clamp_max;
};

/* How the kernel treats one process. */
struct standing {
    struct rlimit limits[RLIM_NLIMITS];
    cpu_set_t processors;
    struct sched_attributes sched;
    int io;           /* I/O priority, 0 without a class */
    char oom[12];     /* OOM score, "" where it is not read */
    char session[64]; /* the session's priority (autogroup), our own and the zygote's */
};

struct process_limits {
    struct procfs *procfs;
    const struct pairs *pairs;
    int session; /* /proc/self/autogroup, -1 without */
    pid_t zygote_pid;
    int zygote_session;           /* the zygote's own, and its workers' */
    bool reads_oom;               /* others of our user may write OOM scores */
    struct rlimit pending_before; /* RLIMIT_SIGPENDING, given back to workers */
    rlim_t most_processes;        /* our hard limit of processes, 0 for none */
    uint32_t zombies_before;
    rlim_t queued_before; /* signals of the user's that wait, when this life began */
    rlim_t queued;        /* after the last worker, 0 where no dead process could keep any */
    bool buries;
    struct standing own;
    struct standing zygote;
    bool has_zygote;
    long zygote_threads;
    uint32_t spoilt_zygotes;
    uint32_t relieved; /* limits of our own that were put back while a worker lived, by number */
};

/* What a look found and what must follow. */
struct kept {
    bool must_retire;  /* our own standing was lowered for good, pairs of zygotes were again and again, or no
                        * process can be had any more */
    bool must_rebuild; /* the zygote's was */
    uint64_t spoilt;   /* bit i: spare i of those given was, and must be discarded */
    struct fault why;  /* of must_retire */
    size_t n_changed;  /* names that follow; more were changed if is_cut */
    bool is_cut;
    char changed[PROCESS_LIMITS_MANY_NAMES][48]; /* "zygote: RLIMIT_NOFILE" */
};

/* Remember our own standing, to be called once the timers are made (their signals need their places in the
 * queue) and pairs_begin was; from now on no signals queue up for us. `buries`: orphans are waited for by us.
 */
int process_limits_begin(struct process_limits *process_limits, struct procfs *procfs,
                         const struct pairs *pairs, bool buries, uint32_t zombies, struct fault *fault);
/* In a child that is about to execute a zygote: give back what only the supervisor should have. */
void process_limits_leave(const struct process_limits *process_limits);

/* Take over a zygote that has finished init, a pid of ours: as it is now it shall stay. -1 where it cannot be
 * read. */
int process_limits_adopt(struct process_limits *process_limits, pid_t zygote, struct fault *fault);

/* A worker was born (FORKED), and has seen no event: give it its pair. 0; -1 with errno, ESRCH where it is
 * gone. */
int process_limits_birth(const struct process_limits *process_limits, pid_t worker, uint32_t number);
/* A worker is about to see its first event: bound its processes, message queues, queued signals and locked memory. `zombies` is what the last sweep counted. */
int process_limits_bind(const struct process_limits *process_limits, pid_t worker, uint32_t zombies);

/* Say whether somebody has taken the processor from us: our policy, nice value, slice or processors are not
 * what they were. Cheap enough for each wake. */
bool process_limits_is_demoted(const struct process_limits *process_limits);

/* Put our own soft limits back while a worker may live; true where any was moved. For sweep's `relieve`. */
bool process_limits_relieve(struct process_limits *process_limits);

/* Whoever has seen an event is dead or stopped: compare ourselves, the zygote (0: none) and `n` spares (at
 * most 64, with their numbers) with what they were, put back what can be, and say what must follow. `zombies`
 * as the sweep counted. */
void process_limits_check(struct process_limits *process_limits, pid_t zygote, const pid_t *spares,
                          const uint32_t *numbers, size_t n, uint32_t zombies, struct kept *out);

/* Read a standing (pid 0: our own): 1, 0 where it is gone, -1 where it is refused. */
int standing_read(const struct process_limits *process_limits, pid_t pid, struct standing *out);

#endif
