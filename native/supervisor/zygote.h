/* The zygote as the supervisor sees it: started, asked for workers, told what it may reap.
 *
 * Nothing here waits but where its comment says so: the loop polls `zygote_fds` and calls `zygote_take` for what came.
 */
#ifndef DAYFLY_ZYGOTE_H
#define DAYFLY_ZYGOTE_H

#include "common.h"

#include <poll.h>

#include "frames.h"
#include "launch.h"
#include "output.h"
#include "procfs.h"
#include "worker.h"

enum {
    /* Dead workers that may wait for the next request: every message wakes the zygote, which costs some 60 us. */
    ZYGOTE_MANY_DEAD = 8,
    /* What a zygote may send between two waits; more, and it is not the one that was started. */
    ZYGOTE_MANY_FRAMES = 256,
    /* socket, pidfd and pipes */
    ZYGOTE_MAX_FDS = 2 + OUTPUT_STREAMS,
};

/* What a zygote said that somebody has to act on. */
enum zygote_said {
    ZYGOTE_SILENT, /* nothing more for now */
    ZYGOTE_CALLS,  /* it asks for a Runtime API call of the init phase: `payload` */
    ZYGOTE_READY,  /* its init is done: `payload` */
    ZYGOTE_FORKED, /* the worker that was asked for is born: it is filled in */
    ZYGOTE_SERVING, /* it is the worker itself from now on: that is filled in */
    ZYGOTE_TRIES,  /* another child, or none, tries imports: `trial` */
    ZYGOTE_REAPED, /* the wait status that was asked for: `status_of_dead` */
    ZYGOTE_LOST    /* it ended, or broke a rule: the fault says which */
};

struct zygote {
    const struct procfs *procfs;
    pid_t pid; /* 0: there is none */
    int pidfd;
    int channel;
    int lifeline; /* our end of a pair whose far end only the zygote holds; nothing is ever sent over it */
    struct pipes pipes;
    struct buffer received;
    size_t used; /* of `received`: the frame that `zygote_take` gave last */
    unsigned frames_taken; /* since the last wait */
    struct worker *asked; /* the worker in the making, NULL without one */
    pid_t trial; /* a child that tries imports, and is no worker, 0 without */
    pid_t tried; /* what `trial` was before */
    pid_t dead[ZYGOTE_MANY_DEAD + 1];
    size_t n_dead;
    pid_t awaited; /* the dead one whose status is asked for, 0 without */
    int status_of_dead;
    bool has_spoken; /* it sent a frame: the interpreter has started */
    bool is_ready, tidies;
    bool serves; /* it was asked to be the worker itself: its socket tells nothing any more */
    bool was_asked_to_print, has_printed;
    bool learns; /* it imports what `trial` found clean, and has not said that it is done */
    uint64_t code; /* what it printed */
    unsigned tidyings;
    int64_t look_at; /* when it is next looked at for a stop */
    unsigned stops;  /* by others, undone since they were last taken */
    bool is_known_to_stop;
    bool is_resting;
    bool has_run; /* code of the function's may have, at a fork or in its threads, since zygote_begin_event */
    int status; /* its own wait status once it was waited for, -1 before */
};

/* Reserve what a zygote needs for the environment's life. */
int zygote_reserve(struct zygote *zygote, const struct procfs *procfs, struct fault *fault);

/* Execute a zygote. -1 with a fault where no process could be started. */
int zygote_start(struct zygote *zygote, struct zygote_launch *launch, struct output *output, bool tidies, struct fault *fault);

/* Fill in what to poll (POLLIN), ZYGOTE_MAX_FDS at most; returns how many. */
size_t zygote_fds(const struct zygote *zygote, struct pollfd *out);

/* Carry on what those of its pipes hold that poll found ready among the `n` of `polled`, and look for a stop by somebody
 * else now and then. Its socket is read by `zygote_take`, its end is noticed there. */
void zygote_attend(struct zygote *zygote, struct output *output, const struct pollfd *polled, size_t n);

/* Take the next thing it said, without waiting; to be called until it says ZYGOTE_SILENT or ZYGOTE_LOST. `payload` is valid
 * until the next call. */
enum zygote_said zygote_take(struct zygote *zygote, struct bytes *payload, struct fault *fault);

/* Reply to ZYGOTE_CALLS. */
int zygote_reply(struct zygote *zygote, int status, struct bytes body, struct fault *fault);

/* Ask for a worker (CONTROL_FORK), or to be it (CONTROL_SERVE): its socket and pipes are made here; `zygote_take` says once it
 * is there. -1 with a fault: `is_lost` says whether the zygote takes no request any more, or we could not make descriptors for
 * one. */
int zygote_ask(struct zygote *zygote, enum control_kind kind, struct worker *worker, struct output *output, bool *is_lost,
               struct fault *fault);

/* Have it wait for a worker that is proved dead, with its next request; -1 where it takes none. */
int zygote_bury(struct zygote *zygote, pid_t pid, struct fault *fault);
/* Have it wait at once for those that it was not told yet; -1 where it takes none. */
int zygote_bury_all(struct zygote *zygote, struct fault *fault);

/* Have a worker that is proved dead waited for now: ZYGOTE_REAPED says its status. */
int zygote_ask_status(struct zygote *zygote, pid_t pid, struct fault *fault);

/* Ask for the fingerprint of the function's code, once: `has_printed` says that it has come. */
int zygote_ask_print(struct zygote *zygote, struct fault *fault);

/* Have it import what `trial` found clean, if that has ended: code of the function's, for which nobody may serve or have left
 * files until it no longer `learns`. `left` (ns) is what it may take. */
int zygote_ask_learn(struct zygote *zygote, int64_t left, struct fault *fault);

/* Let it spend a moment on its memory's layout, until it says that nothing is left. */
int zygote_tidy(struct zygote *zygote, struct fault *fault);

/* Stop it until something is asked of it: its threads are not to run beside a worker. What they read then, a file or the
 * answer of a local server, could be that worker's. -1 with a fault where it cannot be stopped. */
int zygote_rest(struct zygote *zygote, struct fault *fault);

/* Undo a stop: a worker of ours, of the same uid, may have stopped it. -1 with a fault where it was to rest and has run
 * meanwhile: a worker may continue it as well. */
int zygote_resume(struct zygote *zygote, struct fault *fault);

/* An event is handed over: what it writes is seen by no code of the zygote's, where no fork is under way. */
static inline void zygote_begin_event(struct zygote *zygote) {
    zygote->has_run = zygote->asked != NULL;
}
/* Resume it where others have stopped it, and count that for zygote_take_stops. */
void zygote_undo_stop(struct zygote *zygote);
/* Say how often others stopped it since this was last asked; resumes it. */
unsigned zygote_take_stops(struct zygote *zygote);

/* Kill it, wait for it, carry on what it wrote, close what belongs to it. `patience` (ns): how long it may take to end by
 * itself first, with its own status. */
void zygote_end(struct zygote *zygote, struct output *output, int64_t patience);

#endif
