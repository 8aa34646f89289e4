/* Keeps Dayfly's own processes as they are; see process_limits.h. */
#include "process_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* So that the supervisor can start, and the zygote fork, whatever workers did. */
#define RESERVE 128
/* What a worker may have where nobody buries what it leaves: a third of the limit, so that one invocation
 * cannot use it up, and never less than this. Honest functions stay far below: a default thread pool has 32
 * threads at most (concurrent.futures), boto3's transfers 10, a headless browser some 150. Where Lambda
 * allows 742 (128 MB), 256 it is. */
#define SHARE 3
#define LEAST 256
/* Dayfly's own: the supervisor, and threads that it cannot see begin. */
#define OWN 16
/* Queued signals beside what workers leave: the supervisor's timers, init's, and what waits for a process that blocks it. */
#define OWN_SIGNALS 128
/* Threads of a zygote come again in each worker: one that serves, two spares, and one on its way. */
#define COPIES 5
/* Zygotes whose pair was lowered, in one life: nobody is blamed for it, and whoever does it again will do it
 * for ever. */
#define MANY_SPOILT 3
#define PAIR_BITS (1u << RLIMIT_LOCKS | 1u << RLIMIT_RSS)

/* Threads of a zygote that are compared: libraries that compute have as many as there are processors. */
#define MANY_THREADS 256

#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_CLASS_SHIFT 13
/* SCHED_FLAG_UTIL_CLAMP_MIN and _MAX: without them clamps are left as they are. */
#define FLAGS_CLAMPS 0x60u

static const char *const limit_names[RLIM_NLIMITS] = {
    [RLIMIT_CPU] = "RLIMIT_CPU",           [RLIMIT_FSIZE] = "RLIMIT_FSIZE",
    [RLIMIT_DATA] = "RLIMIT_DATA",         [RLIMIT_STACK] = "RLIMIT_STACK",
    [RLIMIT_CORE] = "RLIMIT_CORE",         [RLIMIT_RSS] = "RLIMIT_RSS",
    [RLIMIT_NPROC] = "RLIMIT_NPROC",       [RLIMIT_NOFILE] = "RLIMIT_NOFILE",
    [RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",   [RLIMIT_AS] = "RLIMIT_AS",
    [RLIMIT_LOCKS] = "RLIMIT_LOCKS",       [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
    [RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE", [RLIMIT_NICE] = "RLIMIT_NICE",
    [RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",     [RLIMIT_RTTIME] = "RLIMIT_RTTIME",
};

/* ---- reading
 * ---------------------------------------------------------------------------------------------------- */

static void read_oom(const struct process_limits *process_limits, pid_t pid, struct standing *out) {
    char path[40];
    (void)snprintf(path, sizeof(path), "%d/oom_score_adj", (int)(pid > 0 ? pid : getpid()));
    /* No descriptor to be had, say: that is not what it was. */
    if (procfs_read(process_limits->procfs, path, out->oom, sizeof(out->oom)) < 0)
        bytes_copy(out->oom, sizeof(out->oom), bytes_of("unreadable"));
}

static int seen_or_gone(void) { return errno == ESRCH ? 0 : -1; }

/* Read what each thread has of its own, and nothing else: 1, 0 where it is gone, -1 where it is refused. */
static int read_thread(pid_t thread, struct standing *out) {
    memset(out, 0, sizeof(*out));
    if (syscall(SYS_sched_getattr, thread, &out->sched, sizeof(out->sched), 0) != 0 ||
        sched_getaffinity(thread, sizeof(out->processors), &out->processors) != 0)
        return seen_or_gone();
    /* How much of it the kernel knows. */
    out->sched.size = sizeof(out->sched);
    long io = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, thread);
    /* Without a class the level means nothing, and older kernels show another once there was any I/O. */
    out->io = io > 0 && io >> IOPRIO_CLASS_SHIFT != 0 ? (int)io : 0;
    return 1;
}

int standing_read(const struct process_limits *process_limits, pid_t pid, struct standing *out) {
    int seen = read_thread(pid, out);
    if (seen != 1)
        return seen;
    for (int i = 0; i < (int)RLIM_NLIMITS; i++)
        if (prlimit(pid, i, NULL, &out->limits[i]) != 0)
            return seen_or_gone();
    if (process_limits->reads_oom)
        read_oom(process_limits, pid, out);
    int session = pid == 0                            ? process_limits->session
                  : pid == process_limits->zygote_pid ? process_limits->zygote_session
                                                      : -1;
    if (session >= 0) {
        ssize_t n = pread(session, out->session, sizeof(out->session) - 1, 0);
        out->session[n > 0 ? n : 0] = '\0';
    }
    return 1;
}

/* Say whether a policy is one that does neither zygote nor workers any harm: the zygote runs as a batch
 * process. */
static bool is_ordinary(uint32_t policy) { return policy == SCHED_OTHER || policy == SCHED_BATCH; }

/* What differs, a bit each: limits by their number, and the rest above them. */
enum {
    DIFFERS_PROCESSORS = RLIM_NLIMITS,
    DIFFERS_POLICY,
    DIFFERS_NICE,
    DIFFERS_SLICE,
    DIFFERS_IO,
    DIFFERS_OOM,
    DIFFERS_SESSION,
    DIFFERENCES,
};

static const char *name_of(int bit) {
    static const char *const rest[] = {"processor affinity",     "scheduling policy", "nice value",
                                       "scheduling slice",       "I/O priority",      "OOM score",
                                       "priority of the session"};
    return bit < (int)RLIM_NLIMITS ? limit_names[bit] : rest[bit - (int)RLIM_NLIMITS];
}

static uint32_t bit_if(bool differs, int bit) { return differs ? 1u << bit : 0; }

static uint32_t differences(const struct standing *now, const struct standing *before) {
    uint32_t found = 0;
    for (int i = 0; i < (int)RLIM_NLIMITS; i++)
        found |= bit_if(now->limits[i].rlim_cur != before->limits[i].rlim_cur ||
                            now->limits[i].rlim_max != before->limits[i].rlim_max,
                        i);
    found |= bit_if(!CPU_EQUAL(&now->processors, &before->processors), DIFFERS_PROCESSORS);
    const struct sched_attributes *a = &now->sched, *b = &before->sched;
    bool same_policy = a->policy == b->policy || (is_ordinary(a->policy) && is_ordinary(b->policy));
    found |= bit_if(!same_policy || a->flags != b->flags || a->priority != b->priority, DIFFERS_POLICY);
    found |= bit_if(a->nice != b->nice, DIFFERS_NICE);
    found |= bit_if(a->slice != b->slice || a->deadline != b->deadline || a->period != b->period ||
                        a->clamp_min != b->clamp_min || a->clamp_max != b->clamp_max,
                    DIFFERS_SLICE);
    found |= bit_if(now->io != before->io, DIFFERS_IO);
    found |= bit_if(strcmp(now->oom, before->oom) != 0, DIFFERS_OOM);
    found |= bit_if(strcmp(now->session, before->session) != 0, DIFFERS_SESSION);
    return found;
}

/* ---- putting back
 * ----------------------------------------------------------------------------------------------- */

static rlim_t lower(rlim_t a, rlim_t b) { return a < b ? a : b; }

static void put_limit_back(pid_t pid, int number, const struct rlimit *now, const struct rlimit *before) {
    /* A hard limit can be lowered again, never raised. */
    rlim_t hard = lower(now->rlim_max, before->rlim_max);
    const struct rlimit wanted = {lower(before->rlim_cur, hard), hard};
    (void)prlimit(pid, number, &wanted, NULL);
}

/* Undo what can be undone of `found`; what the kernel refuses stays as it is. */
static void put_back(pid_t pid, uint32_t found, const struct standing *now, const struct standing *before) {
    for (int i = 0; i < (int)RLIM_NLIMITS; i++)
        if ((found >> i & 1) != 0)
            put_limit_back(pid, i, &now->limits[i], &before->limits[i]);
    if ((found >> DIFFERS_PROCESSORS & 1) != 0)
        (void)sched_setaffinity(pid, sizeof(before->processors), &before->processors);
    if ((found & (1u << DIFFERS_POLICY | 1u << DIFFERS_NICE | 1u << DIFFERS_SLICE)) != 0) {
        struct sched_attributes wanted = before->sched;
        if (is_ordinary(now->sched.policy) && is_ordinary(before->sched.policy))
            wanted.policy = now->sched.policy;
        if (now->sched.clamp_min != wanted.clamp_min || now->sched.clamp_max != wanted.clamp_max)
            wanted.flags |= FLAGS_CLAMPS;
        if (syscall(SYS_sched_setattr, pid, &wanted, 0) != 0) {
            /* What may be, one by one: a nice value that was raised stays. */
            wanted.nice = now->sched.nice;
            (void)syscall(SYS_sched_setattr, pid, &wanted, 0);
        }
    }
    if ((found >> DIFFERS_IO & 1) != 0)
        (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, before->io);
    if ((found >> DIFFERS_OOM & 1) != 0) {
        char path[48];
        (void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)(pid > 0 ? pid : getpid()));
        int descriptor = open(path, O_WRONLY | O_CLOEXEC);
        if (descriptor >= 0) {
            /* Refused, it differs when it is next read. */
            (void)!write(descriptor, before->oom, strlen(before->oom));
            (void)close(descriptor);
        }
    }
}

bool process_limits_is_demoted(const struct process_limits *process_limits) {
    struct standing now = {.sched = {0}};
    if (syscall(SYS_sched_getattr, 0, &now.sched, sizeof(now.sched), 0) != 0 ||
        sched_getaffinity(0, sizeof(now.processors), &now.processors) != 0)
        return false;
    const struct sched_attributes *own = &process_limits->own.sched;
    return now.sched.policy != own->policy || now.sched.nice != own->nice || now.sched.slice != own->slice ||
           !CPU_EQUAL(&now.processors, &process_limits->own.processors);
}

bool process_limits_relieve(struct process_limits *process_limits) {
    bool has_moved = false;
    for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
        struct rlimit now, after;
        if (getrlimit(i, &now) != 0 || (now.rlim_cur == process_limits->own.limits[i].rlim_cur &&
                                        now.rlim_max == process_limits->own.limits[i].rlim_max))
            continue;
        put_limit_back(0, i, &now, &process_limits->own.limits[i]);
        if (getrlimit(i, &after) == 0 && (after.rlim_cur != now.rlim_cur || after.rlim_max != now.rlim_max)) {
            has_moved = true;
            process_limits->relieved |= 1u << i;
        }
    }
    return has_moved;
}

/* ---- what workers may have
 * -------------------------------------------------------------------------------------- */

/* Have a process take no signals that queue up beyond one of a kind; the limit before in `before`. The kernel
 * asks the receiver's limit. What the process has (a timer's signal) and plain signals come as ever. */
static int queue_no_signals(pid_t pid, struct rlimit *before) {
    if (prlimit(pid, RLIMIT_SIGPENDING, NULL, before) != 0)
        return -1;
    const struct rlimit none = {0, before->rlim_max};
    return prlimit(pid, RLIMIT_SIGPENDING, &none, NULL);
}

/* What one worker may have beside what is there; 0 where only the user's limit bounds it. */
static rlim_t margin(const struct process_limits *process_limits) {
    if (process_limits->buries || process_limits->most_processes == 0)
        return 0;
    rlim_t share = process_limits->most_processes / SHARE;
    return share > LEAST ? share : LEAST;
}

/* How many signals are queued for the user's processes, those among them that nobody has buried; 0 where /proc does not tell. */
static rlim_t queued(const struct procfs *procfs) {
    char text[PROCFS_RECORD_BYTES];
    if (procfs_read(procfs, "self/status", text, sizeof(text)) < 0)
        return 0;
    const char *at = strstr(text, "\nSigQ:");
    return at == NULL ? 0 : strtoull(at + 6, NULL, 10);
}

/* The limit of queued signals for a worker: all, or a share of what is left. The dead keep theirs until they are buried. */
static struct rlimit signals_for_worker(const struct process_limits *process_limits) {
    rlim_t most = process_limits->pending_before.rlim_cur;
    if (process_limits->buries || most == RLIM_INFINITY)
        return process_limits->pending_before;
    rlim_t taken = process_limits->queued > OWN_SIGNALS ? process_limits->queued : OWN_SIGNALS;
    rlim_t bound = most > taken ? taken + (most - taken) / SHARE : most;
    return (struct rlimit){bound, bound};
}

/* Say whether this life's dead have taken more than half of what signals there were room for. */
static bool are_signals_used_up(const struct process_limits *process_limits) {
    rlim_t most = process_limits->pending_before.rlim_cur, before = process_limits->queued_before;
    return most != RLIM_INFINITY && most > before && process_limits->queued > before &&
           process_limits->queued - before > (most - before) / 2;
}

static rlim_t alive(const struct process_limits *process_limits) {
    return COPIES * (rlim_t)(process_limits->zygote_threads > 0 ? process_limits->zygote_threads : 1);
}

/* The hard limit of processes for a worker, 0 for none. */
static rlim_t most_for_worker(const struct process_limits *process_limits, uint32_t zombies) {
    if (process_limits->most_processes == 0)
        return 0;
    rlim_t most = process_limits->most_processes - RESERVE;
    return margin(process_limits) > 0
               ? lower(most, zombies + alive(process_limits) + OWN + margin(process_limits))
               : most;
}

/* Say whether this life's zombies leave later workers less than half of what is thought enough. A life that
 * began among zombies does not end for their sake: the next one would begin among them too. */
static bool is_used_up(const struct process_limits *process_limits, uint32_t zombies) {
    rlim_t half = margin(process_limits) / 2;
    if (half == 0)
        return false;
    rlim_t taken = RESERVE + zombies + alive(process_limits) + OWN;
    rlim_t left = process_limits->most_processes > taken ? process_limits->most_processes - taken : 0;
    return left < half && zombies >= process_limits->zombies_before &&
           half <= zombies - process_limits->zombies_before;
}

int process_limits_birth(const struct process_limits *process_limits, pid_t worker, uint32_t number) {
    return pairs_give(process_limits->pairs, worker, number);
}

int process_limits_bind(const struct process_limits *process_limits, pid_t worker, uint32_t zombies) {
    const struct rlimit none = {0, 0};
    const struct rlimit signals = signals_for_worker(process_limits);
    rlim_t most = most_for_worker(process_limits, zombies);
    /* Memory that a user locks is not a process's: what is sent without a copy stays locked until the peer has read it, and with it
     * a ring of io_uring, with all files that it holds, for as long as the peer likes. */
    if (prlimit(worker, RLIMIT_SIGPENDING, &signals, NULL) != 0 ||
        prlimit(worker, RLIMIT_MSGQUEUE, &none, NULL) != 0 || prlimit(worker, RLIMIT_MEMLOCK, &none, NULL) != 0)
        return -1;
    const struct rlimit processes = {most, most};
    return most == 0 ? 0 : prlimit(worker, RLIMIT_NPROC, &processes, NULL);
}

/* ---- one environment
 * -------------------------------------------------------------------------------------------- */

int process_limits_begin(struct process_limits *process_limits, struct procfs *procfs,
                         const struct pairs *pairs, bool buries, uint32_t zombies, struct fault *fault) {
    memset(process_limits, 0, sizeof(*process_limits));
    process_limits->procfs = procfs;
    process_limits->pairs = pairs;
    process_limits->buries = buries;
    process_limits->zombies_before = zombies;
    process_limits->session = open("/proc/self/autogroup", O_RDONLY | O_CLOEXEC);
    process_limits->zygote_session = -1;
    /* The files of a process that nobody may read belong to root. */
    process_limits->reads_oom = access("/proc/self/oom_score_adj", W_OK) == 0;
    struct rlimit processes;
    if (getrlimit(RLIMIT_NPROC, &processes) == 0 && processes.rlim_max != RLIM_INFINITY &&
        processes.rlim_max > 2 * RESERVE)
        process_limits->most_processes = processes.rlim_max;
    process_limits->queued = process_limits->queued_before = queued(procfs);
    if (queue_no_signals(0, &process_limits->pending_before) != 0 ||
        standing_read(process_limits, 0, &process_limits->own) != 1)
        return fault_set(fault, "our own limits cannot be read: %s", strerror(errno));
    return 0;
}

void process_limits_leave(const struct process_limits *process_limits) {
    (void)setrlimit(RLIMIT_SIGPENDING, &process_limits->pending_before);
}

static void note(struct kept *out, const char *role, uint32_t found) {
    for (int bit = 0; bit < DIFFERENCES; bit++) {
        if ((found >> bit & 1) == 0)
            continue;
        if (out->n_changed == PROCESS_LIMITS_MANY_NAMES) {
            out->is_cut = true;
            return;
        }
        (void)snprintf(out->changed[out->n_changed++], sizeof(out->changed[0]), "%s: %s", role, name_of(bit));
    }
}

/* What of a process, or of one of its threads alone, is not as it was and cannot be put back, a bit each. */
static uint32_t lost(const struct process_limits *process_limits, pid_t pid, bool is_thread, const struct standing *before,
                     const char *role, struct kept *out) {
    struct standing now;
    int seen = is_thread ? read_thread(pid, &now) : standing_read(process_limits, pid, &now);
    if (seen <= 0)
        /* Gone: that is noticed elsewhere. Refused: it is nobody that we have started. */
        return seen == 0 ? 0 : UINT32_MAX;
    uint32_t found = differences(&now, before);
    if (found == 0)
        return 0;
    note(out, role, found);
    put_back(pid, found, &now, before);
    seen = is_thread ? read_thread(pid, &now) : standing_read(process_limits, pid, &now);
    return seen == 1 ? differences(&now, before) : seen == 0 ? 0 : UINT32_MAX;
}

/* Threads of the zygote beside its first, as they were when they were first seen: memory that nobody touches where there are none. */
static struct known_thread {
    pid_t number;
    bool is_seen;
    struct standing before;
} threads[MANY_THREADS];
static size_t n_threads;

/* A look at the threads of the zygote, or of a spare. */
struct thread_look {
    const struct process_limits *process_limits;
    pid_t process;
    bool is_spare;
    struct kept *out;
    uint32_t lost; /* what is not as it was, and cannot be put back */
};

/* A spare's has policy and processors of one of the zygote's, and the rest of who forked it. */
static uint32_t spare_differs(const struct process_limits *process_limits, const struct standing *now) {
    struct standing wanted = {.processors = process_limits->zygote.processors,
                              .sched = process_limits->zygote.sched,
                              .io = process_limits->zygote.io};
    for (size_t i = 0; i < n_threads; i++)
        if (now->sched.policy == threads[i].before.sched.policy && CPU_EQUAL(&now->processors, &threads[i].before.processors)) {
            wanted.sched.policy = now->sched.policy;
            wanted.processors = now->processors;
        }
    return differences(now, &wanted);
}

static int look_at_thread(void *context, pid_t number) {
    struct thread_look *look = context;
    struct standing now;
    size_t at = 0;
    if (number == look->process)
        return 0;
    if (look->is_spare) {
        look->lost |= read_thread(number, &now) == 1 ? spare_differs(look->process_limits, &now) : 0;
        return 0;
    }
    while (at < n_threads && threads[at].number != number)
        at++;
    if (at < n_threads) {
        threads[at].is_seen = true;
        look->lost |= lost(look->process_limits, number, true, &threads[at].before, "zygote", look->out);
    } else if (at < MANY_THREADS && read_thread(number, &now) == 1) {
        threads[n_threads++] = (struct known_thread){number, true, now};
    }
    return 0;
}

/* What of the threads of a zygote or a spare is not as it was and cannot be put back, a bit each. */
static uint32_t lost_of_threads(const struct process_limits *process_limits, pid_t process, bool is_spare, struct kept *out) {
    struct thread_look look = {process_limits, process, is_spare, out, 0};
    for (size_t i = 0; !is_spare && i < n_threads; i++)
        threads[i].is_seen = false;
    if (procfs_each_thread(process_limits->procfs, process, look_at_thread, &look) < 0)
        return UINT32_MAX;
    size_t n = 0;
    for (size_t i = 0; !is_spare && i < n_threads; i++)
        if (threads[i].is_seen)
            threads[n++] = threads[i];
    n_threads = is_spare ? n_threads : n;
    return look.lost;
}

/* What a spare is to be: as the zygote, with the pair of its number. */
static void of_spare(const struct process_limits *process_limits, uint32_t number, struct standing *out) {
    *out = process_limits->zygote;
    /* The zygote's, which was compared. */
    out->session[0] = '\0';
    if (!process_limits->pairs->is_on)
        return;
    uint64_t locks, rss;
    pairs_name(process_limits->pairs, number, &locks, &rss);
    out->limits[RLIMIT_LOCKS] = (struct rlimit){locks, locks};
    out->limits[RLIMIT_RSS] = (struct rlimit){rss, rss};
}

int process_limits_adopt(struct process_limits *process_limits, pid_t zygote, struct fault *fault) {
    char path[40];
    process_limits->has_zygote = false;
    if (process_limits->zygote_session >= 0)
        (void)close(process_limits->zygote_session);
    (void)snprintf(path, sizeof(path), "%d/autogroup", (int)zygote);
    process_limits->zygote_session = openat(process_limits->procfs->root, path, O_RDONLY | O_CLOEXEC);
    process_limits->zygote_pid = zygote;
    process_limits->zygote_threads = procfs_threads(process_limits->procfs, zygote);
    if (queue_no_signals(zygote, &process_limits->pending_before) != 0 ||
        standing_read(process_limits, zygote, &process_limits->zygote) != 1)
        return fault_set(fault, "limits and priorities cannot be checked: %s", strerror(errno));
    process_limits->has_zygote = true;
    struct kept none = {.n_changed = 0};
    n_threads = 0;
    if (process_limits->zygote_threads > 1)
        (void)lost_of_threads(process_limits, zygote, false, &none);
    return 0;
}

void process_limits_check(struct process_limits *process_limits, pid_t zygote, const pid_t *spares,
                          const uint32_t *numbers, size_t n, uint32_t zombies, struct kept *out) {
    memset(out, 0, sizeof(*out));
    note(out, "supervisor", process_limits->relieved);
    process_limits->relieved = 0;
    if (lost(process_limits, 0, false, &process_limits->own, "supervisor", out) != 0) {
        out->must_retire = true;
        (void)fault_set(&out->why, "limits or priority of the supervisor were lowered permanently");
    }
    if (zygote > 0 && process_limits->has_zygote) {
        uint32_t spoilt = lost(process_limits, zygote, false, &process_limits->zygote, "zygote", out);
        /* It may have loaded a library since. */
        bool has_threads = n_threads > 0 || procfs_threads(process_limits->procfs, zygote) > 1;
        if (has_threads)
            spoilt |= lost_of_threads(process_limits, zygote, false, out);
        out->must_rebuild = spoilt != 0;
        if ((spoilt & PAIR_BITS) != 0 && ++process_limits->spoilt_zygotes >= MANY_SPOILT &&
            !out->must_retire) {
            out->must_retire = true;
            (void)fault_set(&out->why, "what workers are told apart by was lowered in %d zygotes",
                            MANY_SPOILT);
        }
        for (size_t i = 0; i < n && i < 64; i++) {
            struct standing expected;
            of_spare(process_limits, numbers[i], &expected);
            if (lost(process_limits, spares[i], false, &expected, "standby", out) != 0 ||
                (has_threads && lost_of_threads(process_limits, spares[i], true, out) != 0))
                out->spoilt |= UINT64_C(1) << i;
        }
    }
    if (!out->must_retire && is_used_up(process_limits, zombies)) {
        out->must_retire = true;
        (void)fault_set(&out->why, "%u dead processes that PID 1 does not reap leave no room for more",
                        zombies);
    }
    /* Nobody else keeps any: zygote and standby take none, and the rest is dead. */
    process_limits->queued = zombies > 0 && !process_limits->buries ? queued(process_limits->procfs) : 0;
    if (!out->must_retire && are_signals_used_up(process_limits)) {
        out->must_retire = true;
        (void)fault_set(&out->why, "%llu signals of dead processes that PID 1 does not reap leave no room for more",
                        (unsigned long long)process_limits->queued);
    }
}
