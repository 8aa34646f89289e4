/* Stops the threads, forks, and makes the child's; see threads.h. */
#include "threads.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "machine.h"
#include "slots.h"

enum {
    /* SIGSETXID of glibc, which lets no thread block it: nptl's SIGRTMIN + 1, in every version. */
    STOP_SIGNAL = 33,
    /* How far glibc's struct pthread is searched for the thread's number. It is at 720 on x86-64 and at 208 on aarch64 in
     * versions 2.26 to 2.41, and the structure has 1,700 bytes at least. */
    SEARCHED_BYTES = 1536,
    /* What x86-64 lets a leaf function use below its stack pointer, twice: the revived thread runs below the handler's frame. */
    BELOW_FRAME = 512,
    LISTING_BYTES = 32768,
    /* Which area older kernels know; https://docs.kernel.org/userspace-api/rseq.html */
    RSEQ_BYTES = 32,
};

#define WAIT_NS 1000000L
/* Between two attempts to meet every thread outside the C library. */
#define PAUSE_NS 100000L
/* A child that never releases its threads waits for one of them: it ends, and does not wait for ever. */
#define GATE_LIMIT_NS 10000000000L
/* A thread that is in the handler leaves it within some system calls, however busy the machine is. */
#define LEAVE_LIMIT_NS INT64_C(10000000000)
#define SECOND_NS INT64_C(1000000000)

/* Of linux/dirent.h, which programs do not have. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

static struct slot slots[MAX_THREADS];
static uint32_t n_slots;
/* Futex words: how many threads have stopped; how far a child's threads may go. */
static int32_t arrived, gate;
/* Of a child: how many threads it is to have, and how many go on where the signal met them. */
static int32_t expected, running;
static int64_t rseq_offset;
static struct kernel_action before;
static bool is_installed;
/* A thread never left the handler: its slot may be written at any time, and there is no next fork. */
static bool is_broken;

enum { CLOSED, OPEN };

/* ---- system calls ------------------------------------------------------------------------------- */

static void futex_wait(int32_t *word, int32_t value, long ns) {
    const struct timespec limit = {ns / SECOND_NS, ns % SECOND_NS};
    (void)call6(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, (long)&limit, 0, 0);
}

static void futex_wake(int32_t *word) {
    (void)call3(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, INT32_MAX);
}

static int64_t now(void) {
    struct timespec time = {0, 0};
    (void)call3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0);
    return time.tv_sec * SECOND_NS + time.tv_nsec;
}

static void pause_for(long ns) {
    const struct timespec limit = {0, ns};
    (void)call3(SYS_nanosleep, (long)&limit, 0, 0);
}

static void clear(void *at, size_t n) {
    volatile uint8_t *byte = at;
    while (n-- > 0)
        *byte++ = 0;
}

/* How often this thread has given up the processor by itself. */
static long count_sleeps(void) {
    struct rusage usage;
    clear(&usage, sizeof(usage));
    (void)call3(SYS_getrusage, RUSAGE_THREAD, (long)&usage, 0);
    return usage.ru_nvcsw;
}

static int32_t own_tid(void) {
    return (int32_t)call3(SYS_gettid, 0, 0, 0);
}

static int32_t load(const int32_t *word) {
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void store(int32_t *word, int32_t value) {
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/* ---- in a thread -------------------------------------------------------------------------------- */

/* Whether the signal is glibc's own, for setuid() in all threads; then its handler has it. */
static void hand_on(int number, siginfo_t *info, void *context) {
    const uintptr_t handler = (uintptr_t)before.handler;
    if (handler == (uintptr_t)SIG_DFL || handler == (uintptr_t)SIG_IGN)
        return;
    ((void (*)(int, siginfo_t *, void *))before.handler)(number, info, context);
}

/* Of the stop signal: wait here, on this thread's stack, until the fork is over. */
static void stop(int number, siginfo_t *info, void *context) {
    struct slot *slot = info->si_value.sival_ptr;
    int32_t asked = ASKED;
    const uintptr_t at = (uintptr_t)slot - (uintptr_t)slots;
    if (info->si_code != SI_TIMER || at >= sizeof(slots) || at % sizeof(slots[0]) != 0) {
        hand_on(number, info, context);
        return;
    }
    /* Too late, if it is somebody else's by now. */
    if (slot->tid != own_tid() ||
        !__atomic_compare_exchange_n(&slot->state, &asked, ENTERED, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return;
    slot->context = context;
    slot->frame = context_frame(context);
    slot->tls = thread_pointer();
    slot->pc = context_pc(context);
    slot->call = context_call(context);
    (void)call3(SYS_get_robust_list, 0, (long)&slot->robust, (long)&slot->robust_size);
    slot->processors_n = call3(SYS_sched_getaffinity, 0, SET_BYTES, (long)slot->processors);
    slot->policy = (int32_t)call3(SYS_sched_getscheduler, 0, 0, 0);
    if (is_error(call6(SYS_prctl, PR_GET_NAME, (long)slot->name, 0, 0, 0, 0)))
        slot->name[0] = '\0';
    /* Once for the call that the signal ended. */
    slot->has_run |= slot->left.tid != slot->tid || slot->left.pc != slot->pc || slot->left.frame != slot->frame ||
                     count_sleeps() - slot->left.sleeps > 1;
    const int32_t turn = slot->turn;
    store(&slot->state, STOPPED);
    (void)__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    futex_wake(&arrived);
    while (load(&slot->state) == STOPPED && load(&slot->turn) == turn)
        futex_wait(&slot->state, STOPPED, SECOND_NS);
    slot->left.tid = own_tid();
    slot->left.pc = context_pc(context);
    slot->left.frame = context_frame(context);
    slot->left.sleeps = count_sleeps();
}

__attribute__((noreturn, used, visibility("hidden"))) void threads_revive(struct slot *slot);

/* In the child, below the handler's frame of the thread that was: be that thread. */
void threads_revive(struct slot *slot) {
    const int64_t until = now() + GATE_LIMIT_NS;
    if (slot->robust != NULL)
        (void)call3(SYS_set_robust_list, (long)slot->robust, (long)slot->robust_size, 0);
    if (rseq_offset != 0) {
        /* cpu_id: "not registered", as the C library reads it where the kernel refuses the area. */
        uint32_t *area = (uint32_t *)(slot->tls + (uintptr_t)rseq_offset);
        area[1] = UINT32_MAX;
        area[2] = area[3] = 0;
        (void)call6(SYS_rseq, (long)area, RSEQ_BYTES, 0, RSEQ_SIGNATURE, 0, 0);
    }
    if (slot->processors_n > 0)
        (void)call3(SYS_sched_setaffinity, 0, slot->processors_n, (long)slot->processors);
    if (slot->policy >= 0) {
        const struct sched_param none = {0};
        (void)call3(SYS_sched_setscheduler, 0, slot->policy, (long)&none);
    }
    if (slot->name[0] != '\0')
        (void)call6(SYS_prctl, PR_SET_NAME, (long)slot->name, 0, 0, 0, 0);
    for (int32_t seen; (seen = load(&gate)) != OPEN && now() < until;)
        futex_wait(&gate, seen, GATE_LIMIT_NS);
    if (load(&gate) != OPEN)
        /* It must not run on what it shares with the parent. */
        (void)call3(SYS_exit_group, 1, 0, 0);
    (void)__atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST);
    futex_wake(&running);
    machine_leave(slot->frame);
}

/* ---- stopping ----------------------------------------------------------------------------------- */

static bool install(void) {
    struct kernel_action action = {
        .handler = (void *)stop, .flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | FLAG_RESTORER, .restorer = machine_restorer,
        .mask = ~UINT64_C(0)};
    if (is_installed)
        return true;
    is_installed = !is_error(call6(SYS_rt_sigaction, STOP_SIGNAL, (long)&action, (long)&before, sizeof(action.mask), 0, 0));
    return is_installed;
}

/* The slot of a thread, one that nobody has where it is new; NULL where all are taken. */
static struct slot *slot_of(int32_t tid) {
    struct slot *free_slot = NULL;
    for (uint32_t i = 0; i < n_slots; i++) {
        if (slots[i].tid == tid)
            return &slots[i];
        if (slots[i].tid == 0 && free_slot == NULL)
            free_slot = &slots[i];
    }
    if (free_slot == NULL && n_slots < MAX_THREADS)
        free_slot = &slots[n_slots++];
    if (free_slot != NULL)
        free_slot->tid = tid;
    return free_slot;
}

/* A timer whose signal only that thread gets. It holds the place in the queue that its signal takes: the supervisor lets this
 * process queue no others, so that the limit is raised for a moment where a thread came after init. */
static long make_timer(struct slot *slot) {
    struct rlimit none, some;
    struct sigevent event;
    clear(&event, sizeof(event));
    event.sigev_signo = STOP_SIGNAL;
    event.sigev_notify = SIGEV_THREAD_ID;
    event._sigev_un._tid = slot->tid;
    event.sigev_value.sival_ptr = slot;
    long made = call3(SYS_timer_create, CLOCK_MONOTONIC, (long)&event, (long)&slot->timer);
    if (made == -EAGAIN && call6(SYS_prlimit64, 0, RLIMIT_SIGPENDING, 0, (long)&none, 0, 0) == 0) {
        some.rlim_cur = some.rlim_max = none.rlim_max;
        if (call6(SYS_prlimit64, 0, RLIMIT_SIGPENDING, (long)&some, 0, 0, 0) == 0) {
            made = call3(SYS_timer_create, CLOCK_MONOTONIC, (long)&event, (long)&slot->timer);
            (void)call6(SYS_prlimit64, 0, RLIMIT_SIGPENDING, (long)&none, 0, 0, 0);
        }
    }
    return made;
}

/* Ask a slot's thread to stop, by a timer that runs out at once: a filter of system calls may let nothing send signals to this
 * process, and a timer reaches no other. 0 also where the thread has ended, else the kernel's error. */
static int32_t ask(int32_t pid, struct slot *slot) {
    const struct itimerspec soon = {{0, 0}, {0, 1}};
    store(&slot->turn, (slot->turn + 1) % INT32_MAX);
    store(&slot->state, FREE);
    if (!slot->has_timer) {
        const long made = make_timer(slot);
        if (is_error(made))
            return call3(SYS_tgkill, pid, slot->tid, 0) == -ESRCH ? 0 : (int32_t)-made;
        slot->has_timer = true;
    }
    store(&slot->state, ASKED);
    return (int32_t)-call6(SYS_timer_settime, slot->timer, 0, (long)&soon, 0, 0, 0);
}

/* Ask every thread in the listing that was not asked yet; `n_new` is how many. A fault, or THREADS_FORKED. */
static int32_t ask_all(struct threads_plan *plan, int32_t pid, uint32_t *n_new) {
    static uint8_t listing[LISTING_BYTES] __attribute__((aligned(8)));
    const int32_t self = own_tid();
    const long folder = call6(SYS_openat, AT_FDCWD, (long)"/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0, 0);
    int32_t fault = THREADS_FORKED;
    long n;
    *n_new = 0;
    if (is_error(folder))
        return THREADS_UNLISTED;
    while (fault == THREADS_FORKED && (n = call3(SYS_getdents64, folder, (long)listing, sizeof(listing))) > 0) {
        for (long at = 0; at < n && fault == THREADS_FORKED;) {
            const struct entry *entry = (const struct entry *)(listing + at);
            int32_t tid = 0;
            for (const char *digit = entry->name; *digit >= '0' && *digit <= '9'; digit++)
                tid = tid * 10 + (*digit - '0');
            at += entry->size;
            if (tid == 0 || tid == self)
                continue;
            struct slot *slot = slot_of(tid);
            if (slot == NULL) {
                fault = THREADS_TOO_MANY;
            } else if (slot->is_alive) {
                continue;
            } else {
                slot->is_alive = true;
                plan->error = ask(pid, slot);
                fault = plan->error == 0 ? THREADS_FORKED : THREADS_REFUSED;
                ++*n_new;
            }
        }
    }
    if (is_error(n))
        fault = THREADS_UNLISTED;
    (void)call3(SYS_close, folder, 0, 0);
    return fault;
}

/* Wait until all that were asked have stopped or ended; the first that has not by `until`, else NULL. */
static const struct slot *await_all(int32_t pid, int64_t until) {
    while (true) {
        const int32_t seen = load(&arrived);
        struct slot *missing = NULL;
        for (uint32_t i = 0; i < n_slots; i++) {
            struct slot *slot = &slots[i];
            const int32_t state = load(&slot->state);
            if (state == ASKED && call3(SYS_tgkill, pid, slot->tid, 0) == -ESRCH) {
                store(&slot->state, FREE);
                slot->is_alive = false;
            }
            if (load(&slot->state) == ASKED || state == ENTERED)
                missing = slot;
        }
        if (missing == NULL || now() > until)
            return missing;
        futex_wait(&arrived, seen, WAIT_NS);
    }
}

/* Let a thread that has stopped go on. */
static void resume(struct slot *slot) {
    store(&slot->state, FREE);
    futex_wake(&slot->state);
}

/* Let all that stopped go on; what still has to stop never will. Slots of threads that have ended are free. */
static void resume_all(void) {
    const int64_t until = now() + LEAVE_LIMIT_NS;
    for (uint32_t i = 0; i < n_slots; i++) {
        struct slot *slot = &slots[i];
        int32_t asked = ASKED;
        (void)__atomic_compare_exchange_n(&slot->state, &asked, FREE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        while (load(&slot->state) == ENTERED && !is_broken) {
            pause_for(PAUSE_NS);
            is_broken = now() > until;
        }
        if (load(&slot->state) == STOPPED)
            resume(slot);
        if (!slot->is_alive) {
            if (slot->has_timer)
                (void)call3(SYS_timer_delete, slot->timer, 0, 0);
            slot->has_timer = false;
            slot->tid = 0;
        }
    }
}

/* ---- judging ------------------------------------------------------------------------------------ */

/* Where each thread's number stands in its struct pthread: the same place for all, 0 where there is none. `culprit` is the
 * thread that has no such place. */
static size_t find_tid(const struct threads_plan *plan, int32_t *culprit) {
    const int32_t self = own_tid();
    const uintptr_t ahead = thread_pointer() - (uintptr_t)plan->self;
    *culprit = self;
    for (size_t offset = 0; offset < SEARCHED_BYTES; offset += sizeof(int32_t)) {
        bool fits = *(const int32_t *)((uintptr_t)plan->self + offset) == self;
        for (uint32_t i = 0; fits && i < n_slots; i++)
            if (slots[i].state == STOPPED && (slots[i].tls == thread_pointer() ||
                                              *(const int32_t *)(slots[i].tls - ahead + offset) != slots[i].tid)) {
                fits = false;
                *culprit = slots[i].tid;
            }
        if (fits)
            return offset;
    }
    return 0;
}

/* Say whether a thread may hold a lock of the C library, which the child's first steps may need. Outside of its code none
 * does; in a system call that waits its caller has let go of all but those for files, which nobody else asks for. */
static bool may_hold_lock(const struct threads_plan *plan, struct slot *slot) {
    bool is_inside = false;
    for (uint32_t i = 0; i < plan->n_ranges && i < MAX_RANGES; i++)
        is_inside |= slot->pc >= plan->ranges[i][0] && slot->pc < plan->ranges[i][1];
    slot->is_inside = is_inside;
    if (!is_inside)
        return false;
    /* The loader's lock is held while it reads files, and while the unwinder looks for tables. */
    for (uint32_t i = 0; i < plan->n_loader && i < MAX_RANGES; i++)
        if (slot->pc >= plan->ranges[i][0] && slot->pc < plan->ranges[i][1])
            return true;
    switch (slot->call) {
    case -2:
    /* What an allocator calls with its lock held. */
    case SYS_brk:
    case SYS_madvise:
    case SYS_mmap:
    case SYS_mprotect:
    case SYS_mremap:
    case SYS_munmap:
        return true;
    default:
        return false;
    }
}

/* Stop every thread, each where it holds no lock of the C library's: who is met elsewhere goes on for a moment, alone. */
static int32_t stop_all(struct threads_plan *plan, int32_t pid) {
    const int64_t until = now() + (int64_t)plan->limit_ns;
    while (true) {
        const struct slot *missing = NULL;
        int32_t fault = THREADS_FORKED;
        uint32_t n_new = 0;
        do {
            fault = ask_all(plan, pid, &n_new);
            missing = fault == THREADS_FORKED ? await_all(pid, until) : NULL;
        } while (fault == THREADS_FORKED && missing == NULL && n_new > 0);
        struct slot *inside = NULL;
        for (uint32_t i = 0; i < n_slots && fault == THREADS_FORKED && missing == NULL && inside == NULL; i++)
            if (slots[i].state == STOPPED && may_hold_lock(plan, &slots[i]))
                inside = &slots[i];
        if (missing == NULL && inside == NULL)
            return fault;
        plan->culprit = missing != NULL ? missing->tid : inside->tid;
        if (missing != NULL)
            return plan->fault == THREADS_IN_LIBRARY ? THREADS_IN_LIBRARY : THREADS_UNSTOPPED;
        plan->fault = THREADS_IN_LIBRARY;
        if (now() > until)
            return THREADS_IN_LIBRARY;
        resume(inside);
        pause_for(PAUSE_NS);
        if ((plan->error = ask(pid, inside)) != 0)
            return THREADS_REFUSED;
    }
}

static void mark_dropped(const struct threads_plan *plan) {
    const uintptr_t ahead = thread_pointer() - (uintptr_t)plan->self;
    for (uint32_t i = 0; i < n_slots; i++) {
        slots[i].is_dropped = false;
        for (uint32_t k = 0; k < plan->n_dropped && k < MAX_THREADS; k++)
            slots[i].is_dropped |= plan->dropped[k] == slots[i].tls - ahead;
    }
}

/* ---- forking ------------------------------------------------------------------------------------ */

/* In the child: make a kernel thread for each that was stopped; the process ends where one cannot be made. */
static void make_threads(const struct threads_plan *plan, size_t tid_at) {
    const unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                                CLONE_SETTLS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
    const uintptr_t ahead = thread_pointer() - (uintptr_t)plan->self;
    for (uint32_t i = 0; i < n_slots; i++) {
        struct slot *slot = &slots[i];
        slot->made = 0;
        if (slot->state != STOPPED || slot->is_dropped)
            continue;
        /* The kernel writes the new number there, and clears it at the thread's end. */
        int32_t *tid = (int32_t *)(slot->tls - ahead + tid_at);
        const uintptr_t stack = (slot->frame - BELOW_FRAME) & ~UINT64_C(15);
        const long made = machine_spawn(flags, stack, slot, tid, slot->tls);
        if (is_error(made))
            (void)call3(SYS_exit_group, 1, 0, 0);
        slot->made = (int32_t)made;
    }
    owners_rename(slots, n_slots);
}

__attribute__((visibility("default"))) int32_t threads_fork(struct threads_plan *plan) {
    const uint64_t all = ~UINT64_C(0);
    const int32_t pid = (int32_t)call3(SYS_getpid, 0, 0, 0);
    uint64_t mask = 0;
    size_t tid_at = 0;
    void *robust = NULL;
    size_t robust_size = 0;
    long child = -1;
    plan->fault = THREADS_REFUSED;
    plan->error = plan->culprit = 0;
    plan->n_copied = 0;
    if (is_broken || !install())
        return -1;
    rseq_offset = plan->rseq_offset;
    store(&gate, CLOSED);
    store(&running, 0);
    (void)call3(SYS_get_robust_list, 0, (long)&robust, (long)&robust_size);
    (void)call6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&mask, sizeof(all), 0, 0);
    for (uint32_t i = 0; i < n_slots; i++)
        slots[i].is_alive = false;
    plan->fault = stop_all(plan, pid);
    if (plan->fault == THREADS_FORKED && (tid_at = find_tid(plan, &plan->culprit)) == 0)
        plan->fault = THREADS_ALIEN;
    if (plan->fault == THREADS_FORKED && !owners_find(slots, n_slots))
        plan->fault = THREADS_UNSEARCHED;
    if (plan->fault == THREADS_FORKED) {
        mark_dropped(plan);
        for (uint32_t i = 0; i < n_slots; i++)
            plan->n_copied += slots[i].state == STOPPED && !slots[i].is_dropped;
        child = call_fork(SIGCHLD | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
                          (int32_t *)((uintptr_t)plan->self + tid_at));
        if (child == 0) {
            if (robust != NULL)
                (void)call3(SYS_set_robust_list, (long)robust, (long)robust_size, 0);
            /* glibc's own again: nobody is asked to stop here. */
            (void)call6(SYS_rt_sigaction, STOP_SIGNAL, (long)&before, 0, sizeof(all), 0, 0);
            is_installed = false;
            store(&expected, (int32_t)plan->n_copied);
            make_threads(plan, tid_at);
        } else if (is_error(child)) {
            plan->fault = THREADS_REFUSED;
            plan->error = (int32_t)-child;
            child = -1;
        }
    }
    if (child != 0)
        resume_all();
    (void)call6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof(all), 0, 0);
    return (int32_t)child;
}

__attribute__((visibility("default"))) void threads_release(void) {
    store(&gate, OPEN);
    futex_wake(&gate);
}

__attribute__((visibility("default"))) int32_t threads_await(uint64_t limit_ns) {
    const int64_t until = now() + (int64_t)limit_ns;
    int32_t seen;
    while ((seen = load(&running)) < load(&expected) && now() < until)
        futex_wait(&running, seen, WAIT_NS);
    return load(&expected) - seen;
}
