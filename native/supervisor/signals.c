#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    /* More than a process can have queued whose RLIMIT_SIGPENDING is 0: one of each kind. */
    MANY_READS = 64,
    MANY_AT_ONCE = 16,
    LAST_SIGNAL = 64,
    /* siginfo's si_code for kill(2), the one way of sending in which the kernel fills in the sender. */
    BY_KILL = 0,
    BY_KERNEL = 0x80,
};

/* Left unblocked. SIGCONT has a handler, for the timers' sake; the others do nothing to a process by themselves, or are
 * ignored. Blocked, they would be queued by our own writing and by every child's end. */
static const int harmless[] = {SIGCONT, SIGCHLD, SIGWINCH, SIGURG, SIGPIPE, SIGXFSZ};

bool signals_may_end(int number, int code, pid_t sender, uid_t uid, pid_t parent, uid_t self, bool is_alone,
                     bool has_terminal) {
    if (number != SIGTERM && number != SIGINT && number != SIGHUP)
        return false;
    /* What the kernel itself sends a worker may have arranged, after its death too: SIGHUP to an orphaned process group,
     * any signal when a socket closes whose owner (F_SETOWN) is the supervisor. */
    if (code != BY_KILL)
        return has_terminal && code == BY_KERNEL && number == SIGINT;
    /* A sender that the kernel does not name (pid 0) may be outside our PID namespace, as the platform, or anybody at all
     * while the user's signal queue is full. */
    bool is_named = sender > 0 && (sender == 1 || sender == parent || uid != self);
    return is_alone || is_named;
}

/* The kernel's own set of signals: the C library would leave out those that it keeps for itself (32 to 34), and each of
 * these ends a process that does not block it. */
typedef uint64_t kernel_set;

static kernel_set bit(int number) {
    return UINT64_C(1) << (number - 1);
}

static int set_mask(kernel_set mask) {
    return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}

int signals_begin(struct signals *signals, bool has_terminal, struct fault *fault) {
    *signals = (struct signals){.descriptor = -1, .has_terminal = has_terminal, .is_alone = true};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL);
    kernel_set waited = ~(bit(SIGKILL) | bit(SIGSTOP));
    for (size_t i = 0; i < COUNT(harmless); i++)
        waited &= ~bit(harmless[i]);
    signals->descriptor = (int)syscall(SYS_signalfd4, -1, &waited, sizeof(waited), SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->descriptor < 0) {
        int failed = errno;
        (void)set_mask(waited & ~(bit(SIGTERM) | bit(SIGINT) | bit(SIGHUP)));
        return fault_set(fault, "a worker's SIGTERM ends the supervisor as the platform's does (signalfd: %s)",
                         strerror(failed));
    }
    if (set_mask(waited) != 0)
        return fault_set(fault, "signals cannot be blocked: %s", strerror(errno));
    return 0;
}

bool signals_heed(struct signals *signals) {
    struct signalfd_siginfo each[MANY_AT_ONCE];
    for (int look = 0; signals->descriptor >= 0 && look < MANY_READS; look++) {
        ssize_t n = read(signals->descriptor, each, sizeof(each));
        if (n < (ssize_t)sizeof(each[0]))
            break;
        for (size_t i = 0; i < (size_t)n / sizeof(each[0]); i++) {
            int number = (int)each[i].ssi_signo;
            pid_t sender = (pid_t)each[i].ssi_pid;
            if (signals_may_end(number, each[i].ssi_code, sender, each[i].ssi_uid, getppid(), getuid(),
                                signals->is_alone, signals->has_terminal)) {
                if (signals->ending == 0)
                    signals->ending = number;
            } else if (sender != getpid() && number > 0 && number < SIGNAL_NAMES) {
                signals->strays[number]++;
            }
        }
    }
    return signals->ending != 0;
}

void signals_name(int number, char *out, size_t size) {
    static const char *const names[] = {
        [SIGHUP] = "SIGHUP",       [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",
        [SIGTRAP] = "SIGTRAP",     [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",
        [SIGKILL] = "SIGKILL",     [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
        [SIGPIPE] = "SIGPIPE",     [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM", [SIGSTKFLT] = "SIGSTKFLT",
        [SIGCHLD] = "SIGCHLD",     [SIGCONT] = "SIGCONT", [SIGSTOP] = "SIGSTOP", [SIGTSTP] = "SIGTSTP",
        [SIGTTIN] = "SIGTTIN",     [SIGTTOU] = "SIGTTOU", [SIGURG] = "SIGURG",   [SIGXCPU] = "SIGXCPU",
        [SIGXFSZ] = "SIGXFSZ",     [SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF", [SIGWINCH] = "SIGWINCH",
        [SIGIO] = "SIGIO",         [SIGPWR] = "SIGPWR",   [SIGSYS] = "SIGSYS",
    };
    /* The first real-time signal that programs may use: glibc, and with it Python, keeps 32 and 33. */
    enum { FIRST_REAL_TIME = 34 };
    if (number > 0 && (size_t)number < COUNT(names) && names[number] != NULL)
        (void)snprintf(out, size, "%s", names[number]);
    else
        (void)snprintf(out, size, "SIGRTMIN%+d", number - FIRST_REAL_TIME);
}

void signals_leave(void) {
    struct sigaction heed = {.sa_handler = SIG_DFL};
    for (int number = 1; number <= LAST_SIGNAL; number++)
        if (number != SIGKILL && number != SIGSTOP)
            (void)sigaction(number, &heed, NULL);
    (void)set_mask(0);
}
