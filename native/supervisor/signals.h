/* Decides which signals end the supervisor: those of the platform, and none of a worker's.
 *
 * They share a user, so a worker may send any signal. All are blocked, and the kernel says who sent the one that waits.
 * What cannot be blocked: SIGKILL is a reset, and a stop is undone by a timer (timers.h).
 */
#ifndef DAYFLY_SIGNALS_H
#define DAYFLY_SIGNALS_H

#include "common.h"

enum { SIGNAL_NAMES = 65 };

/* The signals that wait for the supervisor. */
struct signals {
    int descriptor; /* readable when there are any, -1 where the host refuses it */
    bool has_terminal; /* somebody may sit at a keyboard */
    bool is_alone;  /* no process that has seen an event lives: signals are not a worker's */
    int ending;     /* the signal that ends the supervisor, 0 for none yet */
    unsigned strays[SIGNAL_NAMES]; /* how many of each number had no effect since somebody emptied it */
};

/* Take charge of this process's signals. SIGCONT stays deliverable: its handler is the timers' to set. */
int signals_begin(struct signals *signals, bool has_terminal, struct fault *fault);

/* Take what waits; what does not end the supervisor is a stray. Returns true once `ending` is set. */
bool signals_heed(struct signals *signals);

/* Say whether a signal ends the supervisor, in order: `sender` and `uid` as the kernel gives them with si_code `code`;
 * `parent` and `self` are our parent and our user. Pure. */
bool signals_may_end(int number, int code, pid_t sender, uid_t uid, pid_t parent, uid_t self, bool is_alone,
                     bool has_terminal);

/* The name of a signal, "SIGTERM" or "SIGRTMIN+3", in `out`. */
void signals_name(int number, char *out, size_t size);

/* In a child that is about to execute another program: have it begin with no signal blocked or ignored. */
void signals_leave(void);

#endif
