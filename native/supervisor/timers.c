/* Has the kernel act where a worker keeps the supervisor from acting; see timers.h. */
#include "timers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* Wakes a process two hundred times a second, some 5 us each. Who stops us again before we have run takes back the one that was
 * sent, and with each that is left we have another chance: stops that last for some time are outlived by about twice as long
 * while the dead-man's timer is in force. Where it is not, a stop can only delay what is answered, and every third will do
 * (six times as long). Who stops us for longer than the last of them wins, until the dead-man's timer or the platform's
 * timeout. */
static const int64_t resume_after[TIMERS_RESUMES] = {
    5 * NS_PER_MS,   9 * NS_PER_MS,   16 * NS_PER_MS,  28 * NS_PER_MS,   50 * NS_PER_MS,   90 * NS_PER_MS,  160 * NS_PER_MS,
    285 * NS_PER_MS, 506 * NS_PER_MS, 900 * NS_PER_MS, 1600 * NS_PER_MS, 2870 * NS_PER_MS, 5120 * NS_PER_MS};
#define SPARSE 3

/* How long a supervisor that nobody attacks may have to wait for the processor: on a whole one, and so much
 * longer as its share of one is smaller. Throttled, it waits for the next period (100 ms), and as many
 * threads as want a turn before it use up periods: measured with 32 busy threads on one processor, 94 ms with
 * all of it, 0.7 s with a quarter, 2.0 s with 7 % (128 MB). Ended in vain, an honest environment is lost with
 * its event. */
#define PATIENCE (500 * NS_PER_MS)
#define MOST_PATIENCE (8 * NS_PER_S)
/* The memory at which Lambda gives a whole processor
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
#define MEMORY_OF_A_PROCESSOR 1769

/* The handler's, which has no other way to them: what a signal brings along (si_value) is its sender's word.
 */
static struct timers *volatile in_force;

static void set(timer_t timer, int64_t after) {
    struct itimerspec when = {{0, 0}, {(time_t)(after / NS_PER_S), (long)(after % NS_PER_S)}};
    (void)timer_settime(timer, 0, &when, NULL);
}

static void set_resumes(const struct timers *timers, bool is_on) {
    int step = timers->is_dense ? 1 : SPARSE;
    for (int i = 0; timers->has_resume && i < TIMERS_RESUMES; i += step)
        set(timers->resume[i], is_on ? resume_after[i] : 0);
}

/* One was taken, and with it all that were not taken back by a stop: begin anew. A one-shot, since a periodic
 * timer whose pending tick a stop flushes is never sent again. */
static void on_resume(int number) {
    int error = errno;
    (void)number;
    const struct timers *timers = in_force;
    if (timers != NULL && timers->is_armed)
        set_resumes(timers, true);
    errno = error;
}

int timers_watch(int descriptor) {
    if (fcntl(descriptor, F_SETSIG, SIGKILL) != 0)
        return -1;
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_ASYNC);
}

/* Two pairs: at a process's end its files are closed in the order of their numbers (Linux 6.18: against it),
 * and the watched end must outlive the other one. Of two pairs, watched at different ends, that holds for
 * one. */
static int begin_leash(struct timers *timers) {
    for (int pair = 0; pair < 2; pair++) {
        int *ends = timers->ends + 2 * pair;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return -1;
        int low = ends[0] < ends[1] ? ends[0] : ends[1], high = ends[0] + ends[1] - low;
        timers->watched[pair] = pair == 0 ? low : high;
        if (timers_watch(timers->watched[pair]) != 0)
            return -1;
    }
    timers->has_leash = true;
    return 0;
}

int64_t timers_patience(long memory_mb) {
    if (memory_mb <= 0 || memory_mb >= MEMORY_OF_A_PROCESSOR)
        return PATIENCE;
    int64_t patience = PATIENCE * MEMORY_OF_A_PROCESSOR / memory_mb;
    return patience < MOST_PATIENCE ? patience : MOST_PATIENCE;
}

int timers_begin(struct timers *timers, struct fault *fault) {
    int result = 0;
    memset(timers, 0, sizeof(*timers));
    struct sigaction action = {.sa_handler = on_resume};
    (void)sigemptyset(&action.sa_mask);
    in_force = timers;
    if (sigaction(SIGCONT, &action, NULL) != 0)
        result = fault_set(fault, "a stop of the supervisor lasts (sigaction: %s)", strerror(errno));
    struct sigevent resumes = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
    struct sigevent ends = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    timers->has_resume = true;
    for (int i = 0; i < TIMERS_RESUMES && timers->has_resume; i++)
        timers->has_resume = timer_create(CLOCK_MONOTONIC, &resumes, &timers->resume[i]) == 0;
    if (!timers->has_resume)
        result =
            fault_set(fault, "a stop of the supervisor lasts until the platform's timeout (timer_create: %s)",
                      strerror(errno));
    timers->has_dead_man = timer_create(CLOCK_MONOTONIC, &ends, &timers->dead_man) == 0;
    if (!timers->has_dead_man && result == 0)
        result = fault_set(fault, "a supervisor that is held down is not ended (timer_create: %s)",
                           strerror(errno));
    if (begin_leash(timers) != 0 && result == 0)
        result = fault_set(fault, "a worker may outlive the supervisor until the next start (%s)",
                           strerror(errno));
    return result;
}

void timers_guard(const struct timers *timers, pid_t pid, int near) {
    /* One that is gone leaves the owner before it, who is gone as well. */
    for (int pair = 0; timers->has_leash && pair < 2; pair++)
        (void)fcntl(timers->watched[pair], F_SETOWN, pid);
    if (near >= 0)
        (void)fcntl(near, F_SETOWN, pid);
}

void timers_arm(struct timers *timers, int64_t dead_man_ns) {
    bool was_on = timers->dead_man_ns > 0;
    timers->dead_man_ns = timers->has_dead_man ? dead_man_ns : 0;
    if (timers->dead_man_ns > 0 || was_on)
        set(timers->dead_man, timers->dead_man_ns);
    bool is_dense = timers->dead_man_ns > 0;
    if (timers->is_armed && timers->is_dense == is_dense)
        return;
    if (timers->is_armed)
        set_resumes(timers, false);
    timers->is_armed = true;
    timers->is_dense = is_dense;
    set_resumes(timers, true);
}

void timers_rewind(struct timers *timers) {
    if (timers->is_armed && timers->dead_man_ns > 0)
        set(timers->dead_man, timers->dead_man_ns);
}

void timers_disarm(struct timers *timers) {
    timers->is_armed = false;
    set_resumes(timers, false);
    if (timers->dead_man_ns > 0)
        set(timers->dead_man, 0);
    timers->dead_man_ns = 0;
}

int64_t timers_every(const struct timers *timers) {
    return timers->is_armed && timers->dead_man_ns > 0 ? timers->dead_man_ns / 3 : NEVER;
}
