/* One lane: one outstanding poll at the Runtime API and one worker, as an explicit state machine.
 *
 * The order is the protection. Before the worker sees its event the response is held open where the platform allows it;
 * when the answer is in, the worker and all it left are killed and proved dead, then the answer is finished, then files
 * and kernel objects are cleared and what the dead held is free, and only then is the next event asked for. After that the environment may freeze at any
 * instant, so nothing may be pending but a fork, and that only where a spare is ready.
 */
#ifndef DAYFLY_LANE_H
#define DAYFLY_LANE_H

#include "common.h"

#include <poll.h>

#include "answers.h"
#include "frames.h"
#include "event_recovery.h"
#include "service.h"
#include "watch.h"
#include "upstream.h"
#include "window.h"
#include "worker.h"

enum {
    /* requests at the platform, the worker's socket, its pidfd and its pipes */
    LANE_MAX_FDS = EVENT_RECOVERY_MAX_FDS + 2 + OUTPUT_STREAMS,
    LANE_MAX_ECHO = 256,
};

/* What an invocation's cleaning may leave of its time; beyond it the rest waits for the next event. */
#define LANE_RESERVE_NS (500 * NS_PER_MS)
/* A zygote is initialised anew after an answer, where nobody waits, once so many per cent of its time are over. */
#define LANE_RENEW_AT 80

struct supervisor;

enum lane_state {
    LANE_IDLE,      /* the next event is to be asked for, once a worker is ready for it */
    LANE_ASKING,    /* it was asked for */
    LANE_HOLDING,   /* the response was opened; the platform's agreement is awaited */
    LANE_WAITING,   /* the event waits for a worker */
    LANE_SERVING,   /* a worker has it */
    LANE_DELIVERING, /* the answer is in: extensions do their part before it goes on */
    LANE_ANSWERED,  /* the outcome goes out, and the platform's reply to it is awaited */
    LANE_LEAVING,   /* the dead close their files */
};

/* How an invocation's work ended. */
enum ending {
    ENDING_ANSWER,   /* the worker answered */
    ENDING_DIED,     /* it ended without an answer */
    ENDING_HOSTILE,  /* it broke a rule: `why` names it */
    ENDING_LATE,     /* its time is over */
    ENDING_REFUSED,  /* an operation was refused, and it has not answered with an error of its own */
    ENDING_INFECTED, /* it was seen to take the runtime's place: `why` */
    ENDING_UNREADABLE /* no worker could be given the event */
};

/* Who was served by a worker after an invocation had modified its memory. */
struct requests_after_infection {
    bool is_on;
    char request_id[ANSWERS_MAX_REQUEST_ID + 1]; /* of that invocation */
    uint64_t number;
    int64_t served;
};

/* Those that were killed and proved dead, and still hold what they had: their memory is torn down before their files are
 * closed (do_exit in kernel/exit.c), and the next event would meet locks, ports, and signals that a file sends. */
struct leaving {
    int64_t until;    /* when they must have gone, 0 where nobody is waited for */
    int pidfd;        /* the worker's, -1 without */
    bool looks_round; /* others may be among them */
    bool waits_for_connections; /* that was said */
    char request_id[sizeof(((struct report *)0)->request_id)]; /* of the invocation that they ended with */
};

struct lane {
    enum lane_state state;
    struct upstream upstream;
    struct infections infections;
    struct event_recovery event_recovery; /* asks for the next event where a worker may have done so before */
    struct leaving leaving;
    struct worker *worker; /* that has the event, or waits, stopped, for the next of its window; NULL without */
    struct window window;      /* the worker's, in window isolation */
    struct requests_after_infection after_infection; /* of those it serves */
    long pid_before;           /* the last pid given out when the worker was known to be alone */

    /* The event. */
    char request_id[ANSWERS_MAX_REQUEST_ID + 1];
    char echo[LANE_MAX_ECHO];
    struct buffer frame; /* head, header block and body, as the worker gets them */
    struct tenant tenant; /* whose it is, where tenants are told apart */
    size_t window_at;    /* where in it the window is told, 0 without */
    struct delivery unsent;
    int64_t began;
    int64_t until;        /* when the platform gives up on it */
    int64_t worker_until; /* when its worker is ended, NEVER where that is left to the platform */
    int64_t timeout_ns;   /* the function's timeout as far as it was seen */
    bool held;            /* the platform holds its response open: nobody else can answer it or ask for another */
    bool is_open;         /* its response was opened: what it comes to goes out as that one's body */
    int64_t hold_until;   /* LANE_HOLDING: when the platform's agreement is waited for no longer */
    enum service service; /* that made it, as far as responses are held open */
    int64_t longest; /* of all answers so far */

    /* The worker's answer. */
    struct answer_reader reader;
    enum ending ending;
    struct fault why;
    enum sighting seen; /* how it was seen at the Runtime API, and not yet told */
    bool was_seen;      /* so was its process after an earlier answer, which was told: it serves once more at most */
    int64_t closed_until;  /* it closed its channel: when it must have ended, NEVER before */
    int64_t idle_at;       /* when a fork is asked for beside it, NEVER once that was done */
    uint8_t refusal[MAX_REPORT_BYTES];
    size_t refusal_n;      /* the error of a refusal, 0 without one */
    int64_t refused_at;
    bool is_describing;    /* the handler has ended after a refusal, and the answer is being made */
    int64_t deliver_until; /* LANE_DELIVERING: when extensions are waited for no longer */

    /* What is sent for it. */
    struct failure failure;
    int status; /* of the platform's reply to the hold that was refused */
    bool must_retire;
    struct fault retire_why;
};

/* Reserve what a lane needs for the environment's life, and its connection to `address`. Findings of its go to `report`. */
int lane_init(struct lane *lane, const char *address, struct report *report, struct fault *fault);

/* Fill in what to poll, LANE_MAX_FDS at most; returns how many. */
size_t lane_fds(const struct lane *lane, struct pollfd *out);

/* When it must go on at the latest; NEVER where it waits for descriptors alone. */
int64_t lane_due(const struct supervisor *s, const struct lane *lane);

/* Go on as far as that is possible without waiting; `polled` are the `n` of `lane_fds`, as poll left them. */
void lane_step(struct supervisor *s, struct lane *lane, const struct pollfd *polled, size_t n);

#endif
