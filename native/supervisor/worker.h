/* One worker seen from outside: the process forked to serve one event, its socket and its pipes. */
#ifndef DAYFLY_WORKER_H
#define DAYFLY_WORKER_H

#include "common.h"
#include "frames.h"
#include "output.h"
#include "procfs.h"

/* A process that serves one event over its own socket. Without a pidfd its number is safe to use until the zygote is
 * told to reap it, since nobody else can. */
struct worker {
    unsigned number; /* of the environment's workers, from 1 */
    pid_t pid;       /* 0: there is none */
    int pidfd;       /* -1 where the kernel has none */
    int channel;     /* our end of its socket, non-blocking; -1 once closed */
    struct pipes pipes;
};

/* What came of reading a worker's socket. */
enum pulled {
    PULLED_NOTHING,  /* more may come */
    PULLED_ANSWER,   /* the answer is whole */
    PULLED_END,      /* it closed its end */
    PULLED_OFFENCE   /* it broke a rule, which the fault names */
};

/* An event on its way to a worker: what its socket has not taken yet. `head` is the frame's head and header block. */
struct delivery {
    struct bytes head;
    struct bytes body;
};

/* What came of waiting for a stop. */
enum rest {
    REST_PAUSED,   /* nothing of the process runs */
    REST_LATE,     /* a stop is on its way, as on a busy machine; or we cannot look */
    REST_CONTINUED /* somebody has taken it back */
};

/* The empty worker. */
void worker_clear(struct worker *worker);

/* Take over a process that the zygote forked: opens its pidfd. */
void worker_born(struct worker *worker, pid_t pid);

/* Send what the socket takes; returns whether all is sent. A worker that closed its end is noticed when it is read; where
 * the kernel has no memory, what is left is sent later. */
bool worker_push(struct worker *worker, struct delivery *delivery);

/* Read what the worker sent into `reader`, a bounded amount at one look. `room` is scratch memory of any size. */
enum pulled worker_pull(struct worker *worker, struct answer_reader *reader, struct buffer *room, struct fault *fault);

/* Say whether the process still exists as more than a zombie. */
bool worker_is_running(const struct worker *worker, const struct procfs *procfs);

/* Stop the process until it is sent SIGCONT, and wait for that: 50 ms at most. */
enum rest worker_pause(const struct worker *worker, const struct procfs *procfs);

/* Say whether it sent something that nobody has read, or closed its end. */
bool worker_has_spoken(const struct worker *worker);

/* Send a signal to the process; one that is gone is no error. */
void worker_signal(const struct worker *worker, int number);

/* Close socket and pidfd and forget the process; the pipes are the output's to finish. */
void worker_close(struct worker *worker);

/* Return a pidfd, -1 where the kernel refuses or the process is gone. */
int process_open(pid_t pid);

#endif
