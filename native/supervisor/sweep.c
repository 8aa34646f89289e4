/* Ends every process that should not be there, and proves that none is left; see sweep.h. */
#include "sweep.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "extensions.h"

/* After this long without proof, processes that go on (extensions, other workers) are stopped for the passes:
 * their own forks move the last pid too. */
#define PAUSE_AFTER (10 * NS_PER_MS)
/* After this long the sweep kills everything of the user in one system call, zygote included. */
#define KILL_ALL_AFTER (250 * NS_PER_MS)
/* So long it waits where nothing is left to be killed but the zygote owes a worker: on a machine that others
 * use, a fork takes as long as it takes, and another init takes longer. */
#define KILL_FORKING_AFTER (1 * NS_PER_S)
/* After this long at work there is no proof to be had. Hundreds of processes that want the processor may
 * leave us hardly any of it, and they want it for their own ends as well: then it takes as long as it takes,
 * nearly. */
#define GIVE_UP_AFTER (2 * NS_PER_S)
#define GIVE_UP_STARVED_AFTER (20 * NS_PER_S)
/* For so long the dead of a storm are waited for that are not ours yet: milliseconds, on a machine that is
 * not busy. */
#define BURY_FOR (2 * NS_PER_S)
/* So many runnable threads (of the whole machine), and births since the last proof, say so. A look at them
 * all would take us many turns, and between two turns they fork. */
#define STORM 64
#define QUICK_LOOKS 2
/* Looks at one that was killed just now, and begins to end within 25 us as a rule: a pass costs five times a
 * look. */
#define FEW_LOOKS 8
#define PAUSE_NS (20 * NS_PER_US)
/* And between looks that only wait for the killed: what we use up, they lack. */
#define MOST_PAUSE_NS (160 * NS_PER_US)
/* Clean looks in a row that must do where pids of all users move the last pid of a machine that is not ours.
 */
#define CLEAN_LOOKS 3
/* Rounds over what was given out meanwhile, and numbers in one; beyond that another whole pass is cheaper. */
#define MANY_ROUNDS 8
#define MANY_NEW 8192
/* Of those killed in one sweep, to count each once; beyond that some may count twice. */
#define MANY_KILLED 256
/* Processes met between two questions whether a look goes on too long: some milliseconds. */
#define MANY_MET 64
#define MANY_ANCESTORS PROCFS_MANY_ANCESTORS

/* What one sweep knows while it runs. */
struct pass {
    struct sweep *sweep;
    struct swept *out;
    const pid_t *expected;
    size_t n_expected;
    pid_t killed[MANY_KILLED];
    size_t n_killed;
    uint32_t found;   /* foreign and alive in this look */
    uint32_t struck;  /* of those: not killed before it */
    uint32_t unknown; /* perhaps the next worker */
    uint32_t zombies;
    uint32_t buried;
    bool pauses; /* what goes on is stopped */
    int64_t began;
    int64_t used; /* our processor time when it began */
};

int process_signal(pid_t pid, int pidfd, int number) {
    if (pidfd >= 0) {
        if (syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) == 0)
            return 0;
        if (errno == ESRCH)
            return -1;
        /* A seccomp filter older than the call refuses it; the number will do. */
    }
    return kill(pid, number);
}

static bool is_spared(const struct sweep *sweep, pid_t pid) {
    return pid == sweep->self || pids_have(sweep->spared, sweep->n_spared, pid) ||
           pids_have(sweep->staying_pids, sweep->n_staying, pid) ||
           pids_have(sweep->ancestors, sweep->n_ancestors, pid);
}

static bool is_staying(const struct sweep *sweep, uint32_t number) {
    for (size_t i = 0; i < sweep->n_staying; i++)
        if (sweep->staying[i] == number)
            return true;
    return false;
}

/* ---- who is who ---------------------------------------------------------------------------- */

enum role {
    ROLE_GONE,
    ROLE_OTHER,   /* not ours to end */
    ROLE_DEAD,    /* a zombie that a sweep would have ended */
    ROLE_LEAVING, /* about to be one: its memory is torn down, then its files are closed */
    ROLE_KEEPS,   /* of a worker that goes on, or spared */
    ROLE_LODGER,  /* an extension's */
    ROLE_UNKNOWN, /* perhaps the next worker, perhaps an impostor that chose the zygote for its parent */
    ROLE_FOREIGN, /* to be ended */
    ROLE_UNSEEN,  /* we cannot look */
};

/* Say whether `stat` is an extension or descends from one: 1, 0, -1 where we cannot look. */
static int is_extension(const struct sweep *sweep, struct proc_stat stat) {
    for (int hop = 0; sweep->n_extensions > 0 && hop < MANY_ANCESTORS; hop++) {
        for (size_t i = 0; i < sweep->n_extensions; i++)
            if (sweep->extensions[i].pid == stat.pid && sweep->extensions[i].started == stat.started)
                return 1;
        int found = stat.parent <= 0 ? 0 : procfs_stat(sweep->procfs, stat.parent, &stat);
        if (found <= 0)
            return found;
    }
    return 0;
}

/* Say whether a process descends from us by parentage, not counting what descends from a worker that goes on: 1, 0, -1 where
 * we cannot look. */
static int is_descendant(const struct sweep *sweep, struct proc_stat stat) {
    for (int hop = 0; hop < MANY_ANCESTORS; hop++) {
        if (stat.parent == sweep->self || (sweep->zygote > 0 && stat.parent == sweep->zygote))
            return 1;
        int found = stat.parent <= 1 ? 0 : procfs_stat(sweep->procfs, stat.parent, &stat);
        if (found <= 0)
            return found;
    }
    return 0;
}

/* What a process is to a sweep; `kind` tells what its limits say, `is_killed` that SIGKILL waits for it
 * already. */
static enum role judge(const struct sweep *sweep, pid_t pid, enum pair_kind *kind, bool *is_killed) {
    uint32_t number = 0;
    *kind = PAIR_NONE;
    *is_killed = false;
    if (is_spared(sweep, pid))
        return ROLE_KEEPS;
    bool is_wide = sweep->scope == SWEEP_ENVIRONMENT;
    if (is_wide || sweep->uid != 0) {
        int belongs = procfs_belongs(sweep->procfs, pid, sweep->uid);
        if (belongs <= 0)
            return belongs < 0 ? ROLE_UNSEEN : ROLE_OTHER;
    }
    *kind = pairs_read(sweep->pairs, sweep->procfs, pid, &number);
    if (*kind == PAIR_GONE)
        return ROLE_GONE;
    if (!is_wide && sweep->pairs->is_on && *kind == PAIR_NONE)
        return ROLE_OTHER;
    struct proc_stat stat;
    int found = procfs_stat(sweep->procfs, pid, &stat);
    if (found <= 0)
        return found < 0 ? ROLE_UNSEEN : ROLE_GONE;
    int is_ours = is_wide || *kind == PAIR_WORKER || *kind == PAIR_OURS ? 1 : is_descendant(sweep, stat);
    if (is_ours <= 0)
        return is_ours < 0 ? ROLE_UNSEEN : ROLE_OTHER;
    if (*kind == PAIR_WORKER && is_staying(sweep, number))
        return ROLE_KEEPS;
    *is_killed = stat.is_killed;
    int is_dead = stat.is_exiting ? procfs_is_dead_by(sweep->procfs, pid, &stat) : 0;
    if (is_dead < 0)
        return ROLE_UNSEEN;
    if (is_dead)
        /* With the last thread goes what threads share. */
        return stat.state == 'Z' && stat.threads <= 1 ? ROLE_DEAD : ROLE_LEAVING;
    int lodges = is_wide ? is_extension(sweep, stat) : 0;
    if (lodges != 0)
        return lodges < 0 ? ROLE_UNSEEN : ROLE_LODGER;
    if (sweep->fork_pending && stat.parent == sweep->zygote)
        return ROLE_UNKNOWN;
    return ROLE_FOREIGN;
}

/* ---- ending -------------------------------------------------------------------------------- */

static void note_killed(struct pass *pass, pid_t pid, enum pair_kind kind) {
    if (pids_have(pass->killed, pass->n_killed, pid))
        return;
    if (pass->n_killed < MANY_KILLED)
        pass->killed[pass->n_killed++] = pid;
    if (pids_have(pass->expected, pass->n_expected, pid))
        return;
    pass->out->killed++;
    pass->out->strays += kind != PAIR_WORKER;
}

static void end(const struct pass *pass, pid_t pid) {
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    /* Between the look and the handle the number may have passed to another: to a process of ours, or, where
     * its parent buries it, to anybody's. What is foreign now and has not ended is what the handle holds. */
    if (pidfd >= 0) {
        enum pair_kind again;
        bool is_killed;
        enum role role = judge(pass->sweep, pid, &again, &is_killed);
        if (role == ROLE_FOREIGN || role == ROLE_UNSEEN)
            (void)process_signal(pid, pidfd, SIGKILL);
        (void)close(pidfd);
    } else if (errno != ESRCH && errno != EINVAL && errno != ENOENT) {
        /* These say that it is gone, or a thread's: kill would end the process that the thread is of. */
        (void)kill(pid, SIGKILL);
    }
}

/* Say whether a process that goes on may be stopped for a moment: not the zygote, spares, ourselves and our
 * ancestors. */
static bool may_pause(const struct sweep *sweep, pid_t pid, enum role role) {
    if (role == ROLE_LODGER || pids_have(sweep->staying_pids, sweep->n_staying, pid))
        return true;
    return role == ROLE_KEEPS && !is_spared(sweep, pid);
}

/* Take one process of a look; 0, or -1 where we cannot look. A number that `is_new`, given out meanwhile, may be a thread's. */
static int take(struct pass *pass, pid_t pid, bool is_new, enum role *role) {
    struct sweep *sweep = pass->sweep;
    enum pair_kind kind;
    bool is_killed;
    *role = judge(sweep, pid, &kind, &is_killed);
    if (is_new && (*role == ROLE_FOREIGN || *role == ROLE_UNKNOWN)) {
        int is_thread = procfs_is_thread(sweep->procfs, pid);
        struct proc_stat stat;
        /* Its process has a number of its own, which this look met, or which is as new. What is gone may have been a thread: no
         * invocation is said to have left it. */
        *role = is_thread > 0                                   ? ROLE_OTHER
                : is_thread < 0                                 ? ROLE_UNSEEN
                : procfs_stat(sweep->procfs, pid, &stat) == 0 ? ROLE_GONE
                                                                : *role;
    }
    switch (*role) {
    case ROLE_UNSEEN:
        return -1;
    case ROLE_LEAVING:
    case ROLE_DEAD:
        if (sweep->is_subreaper && waitpid(pid, NULL, WNOHANG) == pid)
            pass->buried++;
        else if (!pids_have(pass->expected, pass->n_expected, pid)) {
            pass->zombies++;
            pass->out->leaves_more |= *role == ROLE_LEAVING;
        }
        return 0;
    case ROLE_KEEPS:
    case ROLE_LODGER:
        if (may_pause(sweep, pid, *role) && pass->pauses)
            (void)kill(pid, SIGSTOP);
        return 0;
    case ROLE_UNKNOWN:
        pass->unknown++;
        return 0;
    case ROLE_FOREIGN:
        pass->found++;
        if (!is_killed) {
            pass->struck++;
            end(pass, pid);
        }
        note_killed(pass, pid, kind);
        return 0;
    case ROLE_GONE:
    case ROLE_OTHER:
    default:
        return 0;
    }
}

static bool can_kill_all(const struct sweep *sweep) {
    bool is_alone = sweep->n_ancestors == 0 || (sweep->n_ancestors == 1 && sweep->ancestors[0] == 1);
    return sweep->scope == SWEEP_ENVIRONMENT && is_alone && sweep->n_extensions == 0 && sweep->n_staying == 0;
}

static int64_t cpu_ns(void) {
    struct timespec at;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * NS_PER_S + at.tv_nsec;
}

/* Say whether one system call must end what no look has ended so far. Where nobody was born since `mark`, the
 * look met all, and they are killed: they wait for a processor to end on. */
static bool must_strike(const struct pass *pass, long mark) {
    const struct sweep *sweep = pass->sweep;
    int64_t waited = now_ns() - pass->began;
    if (waited <= KILL_ALL_AFTER || pass->out->zygote_lost || !can_kill_all(sweep))
        return false;
    if (sweep->fork_pending && pass->struck == 0 && pass->unknown <= 1)
        return waited > KILL_FORKING_AFTER;
    return sweep->fork_pending || procfs_last_pid(sweep->procfs) != mark;
}

static bool must_give_up(const struct pass *pass) {
    int64_t waited = now_ns() - pass->began;
    return waited > GIVE_UP_AFTER &&
           (cpu_ns() - pass->used > GIVE_UP_AFTER || waited > GIVE_UP_STARVED_AFTER);
}

/* One pass over all processes: 1, 0 where it ended before it had met all, -1 where we cannot look. The list
 * grows at its end: who leaves dead processes behind faster than we look at them would hold us for ever. So
 * now and then the youngest process comes first: who is always somewhere else is most likely there. */
static int look(struct pass *pass, long mark) {
    const struct procfs *procfs = pass->sweep->procfs;
    enum role role;
    pass->found = pass->struck = pass->unknown = pass->zombies = pass->buried = 0;
    if (procfs_rewind(pass->sweep->procfs) != 0)
        return -1;
    for (unsigned int met = 1;; met++) {
        pid_t pid = procfs_next(pass->sweep->procfs);
        if (pid <= 0)
            return pid < 0 ? -1 : 1;
        if (take(pass, pid, false, &role) != 0)
            return -1;
        long youngest = met % MANY_MET == 0 ? procfs_last_pid(procfs) : mark;
        if (youngest == mark)
            continue;
        if (must_strike(pass, mark) || must_give_up(pass))
            return 0;
        if (youngest > 0 && take(pass, (pid_t)youngest, true, &role) != 0)
            return -1;
    }
}

/* Look at each pid given out since `mark` until nobody can have slipped through: 1, 0 where that stays open,
 * -1.
 *
 * Whoever descends from an ended worker and lives now was born while the pass ran, or the pass would have met
 * it; so was its parent, or that one is gone. A round in which nobody new was gone or foreign has therefore
 * met all there are. */
static int check_new(struct pass *pass, long mark, long most) {
    for (int round = 0; round < MANY_ROUNDS && mark >= 0; round++) {
        long now = procfs_last_pid(pass->sweep->procfs);
        if (now == mark)
            return 1;
        long n = now > mark ? now - mark : now - mark + most;
        if (now < 0 || n > MANY_NEW)
            return 0;
        uint32_t found = pass->found + pass->unknown, vanished = 0;
        for (long i = 1; i <= n; i++) {
            enum role role;
            pid_t pid = (pid_t)((mark + i - 1) % (most - 1) + 1);
            if (take(pass, pid, true, &role) != 0)
                return -1;
            vanished += role == ROLE_GONE || role == ROLE_DEAD || role == ROLE_LEAVING;
        }
        if (pass->found + pass->unknown != found)
            return 0;
        if (vanished == 0)
            return 1;
        mark = now;
    }
    return 0;
}

/* End every process of our user but ourselves and PID 1. kill(-1) holds the kernel's task list lock over the
 * whole walk, and a fork needs it to publish its child (kernel/signal.c, kernel/fork.c). */
static void strike(struct pass *pass) {
    if (!can_kill_all(pass->sweep) || pass->out->zygote_lost)
        return;
    pass->out->zygote_lost = true;
    if (kill(-1, SIGKILL) == 0 && !pass->sweep->fork_pending) {
        /* Who hops may be met by no look. */
        pass->out->killed++;
        pass->out->strays++;
    }
    /* They are as dead as the rest, and nobody's leftovers. */
    for (size_t i = 0; i < pass->sweep->n_spared && pass->n_killed < MANY_KILLED; i++)
        pass->killed[pass->n_killed++] = pass->sweep->spared[i];
    pass->sweep->n_spared = 0;
    pass->sweep->fork_pending = false;
}

static void resume(struct pass *pass) {
    if (!pass->pauses || procfs_rewind(pass->sweep->procfs) != 0)
        return;
    for (pid_t pid; (pid = procfs_next(pass->sweep->procfs)) > 0;) {
        enum pair_kind kind;
        bool is_killed;
        if (may_pause(pass->sweep, pid, judge(pass->sweep, pid, &kind, &is_killed)))
            (void)kill(pid, SIGCONT);
    }
}

/* Let what was killed before the sweep begin to end, so that the first pass need not be in vain. */
static void await(const struct pass *pass) {
    size_t at = 0;
    for (int looks = 0; at < pass->n_expected && looks < FEW_LOOKS; looks++) {
        while (at < pass->n_expected && procfs_is_dead(pass->sweep->procfs, pass->expected[at]) != 0)
            at++;
        if (at < pass->n_expected)
            (void)sched_yield();
    }
}

/* Bury the dead of a storm that have not come to us yet, and fill the user's limit of processes: their
 * parents are dying themselves, and leave their children last. */
static void bury(struct pass *pass) {
    bool was_storm = pass->out->killed > STORM || pass->out->zygote_lost;
    int64_t until = now_ns() + BURY_FOR;
    while (pass->sweep->is_subreaper && was_storm && pass->zombies > STORM && now_ns() < until) {
        (void)nanosleep(&(struct timespec){0, MOST_PAUSE_NS}, NULL);
        if (look(pass, procfs_last_pid(pass->sweep->procfs)) != 1)
            return;
    }
}

/* Say whether a clean pass that began at `mark` proves that nobody is left: 1, 0, -1. */
static int is_proof(struct pass *pass, long mark, long most, int clean_looks) {
    const struct sweep *sweep = pass->sweep;
    if (mark >= 0 && procfs_last_pid(sweep->procfs) == mark)
        return 1;
    if (sweep->scope == SWEEP_DESCENDANTS && clean_looks >= CLEAN_LOOKS)
        return 1;
    return sweep->n_staying > 0 ? check_new(pass, mark, most) : 0;
}

int sweep_run(struct sweep *sweep, const pid_t *expected, size_t n, struct swept *out) {
    memset(out, 0, sizeof(*out));
    (void)fault_set(&out->fault, "new processes kept appearing, so not all could be ended");
    struct pass pass = {.sweep = sweep, .out = out, .expected = expected, .n_expected = n};
    pass.began = now_ns();
    pass.used = cpu_ns();
    long most = sweep->n_staying > 0 ? procfs_pid_max(sweep->procfs) : 0;
    if (n > 0) {
        /* A busy machine is no storm, where nobody was born here. */
        long born = procfs_last_pid(sweep->procfs) - sweep->proved_at;
        if ((born < 0 || born > STORM) && sweep->proved_at >= 0 && procfs_runnable(sweep->procfs) > STORM)
            strike(&pass);
    }
    await(&pass);
    int clean_looks = 0;
    int64_t pause = PAUSE_NS;
    for (int looks = 0;; looks++) {
        long mark = procfs_last_pid(sweep->procfs);
        int seen = look(&pass, mark);
        if (seen >= 0 && pass.unknown > 0) {
            /* The zygote's own word tells, and it comes at the end of the fork. */
            if (sweep->settle != NULL)
                sweep->settle(sweep->context);
        }
        if (seen == 1 && pass.found == 0 && pass.unknown == 0) {
            clean_looks += pass.buried == 0;
            seen = is_proof(&pass, mark, most, clean_looks);
            if (seen == 1) {
                out->is_proved = true;
                sweep->proved_at = procfs_last_pid(sweep->procfs);
                break;
            }
        } else {
            clean_looks = 0;
        }
        if (seen < 0 && (sweep->relieve == NULL || !sweep->relieve(sweep->context))) {
            (void)fault_set(&out->fault,
                            "the supervisor's limits were lowered permanently, so it cannot list processes");
            strike(&pass);
            break;
        }
        /* A dying process may wait for this very processor. */
        if (looks < QUICK_LOOKS)
            (void)sched_yield();
        else
            (void)nanosleep(&(struct timespec){0, (long)pause}, NULL);
        bool waits =
            pass.found > 0 && pass.struck + pass.unknown == 0 && procfs_last_pid(sweep->procfs) == mark;
        pause = !waits ? PAUSE_NS : 2 * pause < MOST_PAUSE_NS ? 2 * pause : MOST_PAUSE_NS;
        /* First what needs no further look: a look may have lasted longer than all of them together should.
         */
        if (must_strike(&pass, mark)) {
            strike(&pass);
            continue;
        }
        if (must_give_up(&pass))
            break;
        bool has_others = sweep->n_staying > 0 || sweep->n_extensions > 0;
        if (has_others && !pass.pauses && now_ns() - pass.began > PAUSE_AFTER) {
            pass.pauses = true;
            sweep->counts_stopped++;
        }
    }
    if (out->is_proved)
        bury(&pass);
    resume(&pass);
    out->zombies = pass.zombies;
    out->leaves_more |= out->killed > 0;
    return out->is_proved ? 0 : -1;
}

bool sweep_first(struct sweep *sweep) {
    return can_kill_all(sweep) && (kill(-1, SIGKILL) == 0 || errno == ESRCH);
}

/* ---- lists --------------------------------------------------------------------------------- */

int sweep_spare(struct sweep *sweep, pid_t pid) {
    if (pids_have(sweep->spared, sweep->n_spared, pid))
        return 0;
    if (sweep->n_spared == SWEEP_MANY_SPARED)
        return -1;
    sweep->spared[sweep->n_spared++] = pid;
    return 0;
}

void sweep_forget(struct sweep *sweep, pid_t pid) {
    for (size_t i = 0; i < sweep->n_spared; i++)
        if (sweep->spared[i] == pid)
            sweep->spared[i--] = sweep->spared[--sweep->n_spared];
}

int sweep_keep(struct sweep *sweep, pid_t pid, uint32_t number) {
    if (is_staying(sweep, number))
        return 0;
    if (sweep->n_staying == SWEEP_MANY_STAYING)
        return -1;
    sweep->staying[sweep->n_staying] = number;
    sweep->staying_pids[sweep->n_staying++] = pid;
    return 0;
}

void sweep_release(struct sweep *sweep, uint32_t number) {
    for (size_t i = 0; i < sweep->n_staying; i++) {
        if (sweep->staying[i] == number) {
            sweep->n_staying--;
            sweep->staying[i] = sweep->staying[sweep->n_staying];
            sweep->staying_pids[i] = sweep->staying_pids[sweep->n_staying];
            return;
        }
    }
}

/* Call `act` for each process with this role. */
static int each(struct sweep *sweep, enum role wanted, int (*act)(void *context, pid_t pid), void *context) {
    if (procfs_rewind(sweep->procfs) != 0)
        return -1;
    for (;;) {
        enum pair_kind kind;
        bool is_killed;
        pid_t pid = procfs_next(sweep->procfs);
        if (pid <= 0)
            return pid;
        enum role role = judge(sweep, pid, &kind, &is_killed);
        if (role == ROLE_UNSEEN)
            return -1;
        if (role == wanted) {
            int result = act(context, pid);
            if (result != 0)
                return result;
        }
    }
}

static int count_one(void *context, pid_t pid) {
    (void)pid;
    ++*(int *)context;
    return 0;
}

int sweep_each_foreign(struct sweep *sweep, int (*act)(void *context, pid_t pid), void *context) {
    return each(sweep, ROLE_FOREIGN, act, context);
}

int sweep_each_extension(struct sweep *sweep, int (*act)(void *context, pid_t pid), void *context) {
    return sweep->n_extensions == 0 ? 0 : each(sweep, ROLE_LODGER, act, context);
}

int sweep_count(struct sweep *sweep) {
    int n = 0;
    return each(sweep, ROLE_FOREIGN, count_one, &n) < 0 ? -1 : n;
}

int sweep_zombies(struct sweep *sweep) {
    int n = 0;
    return each(sweep, ROLE_DEAD, count_one, &n) < 0 || each(sweep, ROLE_LEAVING, count_one, &n) < 0 ? -1 : n;
}

static int stop_at_one(void *context, pid_t pid) {
    (void)context;
    (void)pid;
    return 1;
}

int sweep_leaving(struct sweep *sweep) { return each(sweep, ROLE_LEAVING, stop_at_one, NULL); }

int sweep_begin(struct sweep *sweep, struct procfs *procfs, const struct pairs *pairs, enum sweep_scope scope,
                struct fault *fault) {
    memset(sweep, 0, sizeof(*sweep));
    sweep->procfs = procfs;
    sweep->pairs = pairs;
    sweep->scope = scope;
    sweep->uid = getuid();
    sweep->self = getpid();
    sweep->proved_at = -1;
    sweep->n_ancestors = procfs_ancestors(procfs, sweep->self, sweep->ancestors, MANY_ANCESTORS);
    sweep->is_subreaper = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
    sweep->is_first_life = true;
    for (size_t i = 0; i < sweep->n_ancestors; i++) {
        struct proc_stat stat;
        /* The kernel adds the page faults of every child that was waited for to its parent's account
         * (kernel/exit.c), and no process can run without one: whoever starts a runtime anew has waited for
         * the one before. */
        if (procfs_stat(procfs, sweep->ancestors[i], &stat) != 1 || stat.has_buried)
            sweep->is_first_life = false;
    }
    if (scope == SWEEP_ENVIRONMENT)
        extensions_find(sweep);
    if (procfs_last_pid(procfs) < 0)
        return fault_set(fault, "/proc/loadavg does not tell the last pid: death cannot be proved");
    return 0;
}
