/* Has the kernel act where a worker keeps the supervisor from acting: resume it, end it, end the worker with
 * it.
 *
 * A worker shares our user: it may stop us, and take the processor from us. A stop is undone by one-shot
 * timers that send SIGCONT (periodic ones die for good once a stop has flushed a pending tick). While the
 * Runtime API is not locked, a timer whose signal is SIGKILL, which no stop cancels, ends us where we are
 * held down for longer: the platform starts the runtime anew, and the first act of that life ends everybody
 * else.
 */
#ifndef DAYFLY_TIMERS_H
#define DAYFLY_TIMERS_H

#include "common.h"

#include <time.h>

/* A stop costs a caller at most the first of these. Each fires only if those before it were taken back. */
#define TIMERS_RESUMES 13

struct timers {
    timer_t resume[TIMERS_RESUMES];
    timer_t dead_man;
    bool has_resume;
    bool has_dead_man;
    bool is_armed;
    bool is_dense;          /* all of resume are in use */
    int64_t dead_man_ns; /* 0: off */
    /* Sockets whose far end only this process holds: two pairs, see timers_begin. */
    int ends[4];
    int watched[2];
    bool has_leash;
};

/* Make the timers and the leash; call it after the last fork that is to go without. Handles SIGCONT, which
 * must stay unblocked. `fault` says what the host refuses (-1), the rest is in force. */
int timers_begin(struct timers *timers, struct fault *fault);
/* Have our end be the end of `pid` (a worker; 0: of nobody) and, for `near` >= 0, the end of whoever holds
 * that socket's far end alone (the zygote). One that is gone is no error. */
void timers_guard(const struct timers *timers, pid_t pid, int near);
/* Prepare a socket to be given as `near`. -1 with errno. */
int timers_watch(int descriptor);

/* For how long a supervisor may be held down before it is to end: what can happen without an attack is far
 * less. `memory_mb` is the function's, 0 where not told. */
int64_t timers_patience(long memory_mb);
/* A worker has an event: undo stops from now on. `dead_man_ns`: end us where timers_rewind is not called for
 * this long, 0 for never. */
void timers_arm(struct timers *timers, int64_t dead_man_ns);
/* The supervisor runs: begin anew. Call it at each wake while a worker lives, at least every timers_every().
 */
void timers_rewind(struct timers *timers);
/* Nothing that has seen an event lives: send nothing more. */
void timers_disarm(struct timers *timers);
/* How often timers_rewind must be called, in nanoseconds; NEVER where no dead-man's timer is in force. */
int64_t timers_every(const struct timers *timers);

#endif
