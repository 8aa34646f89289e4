/* Watches from outside whether a worker talks to the Runtime API, while nothing keeps it from that.
 *
 * A worker has no business there: the address it is given is the supervisor's. Where the response cannot be
 * held open, one that connects to the platform can answer its own event and take others'. What can be seen of
 * that is its connection in the kernel's table. A false alarm would end an honest invocation, so a connection
 * counts only if it is known whose it is.
 */
#ifndef DAYFLY_WATCH_H
#define DAYFLY_WATCH_H

#include "common.h"

#include "sockets.h"
#include "sweep.h"

/* Connections of which something is remembered: innocent, or left behind by somebody dead. */
#define WATCH_MANY_KNOWN 128
/* Ends of our own connections. */
#define WATCH_MANY_OWN 64

/* Both ends of a connection, whoever held it. */
struct ends {
    struct endpoint local;
    struct endpoint remote;
};

struct known_ends {
    struct ends at[WATCH_MANY_KNOWN];
    size_t n;
};

/* A socket of which it is not known whose it is, or that is known to be nobody's concern. */
struct known_socket {
    uint64_t inode;
    uint32_t tries;
    bool is_innocent;
};

struct watch {
    struct sweep *sweep;
    bool is_armed;          /* connections can be listed here */
    bool is_on;             /* it looks now */
    bool own_namespace;     /* every process that could connect is visible here */
    struct endpoint api[2]; /* the platform's, and Lambda's known address */
    size_t n_api;
    struct endpoint own[WATCH_MANY_OWN]; /* local ends of the supervisor's connections */
    size_t n_own;
    int64_t pause_factor;
    pid_t worker;
    int64_t due;
    int64_t full_due;
    int64_t overdue;
    long seen;  /* connections begun at the last look, -1: look again */
    long quiet; /* connections begun when nobody had been there, -1: somebody had, or it is not known */
    struct known_socket known[WATCH_MANY_KNOWN];
    size_t n_known;
    struct known_ends
        remains; /* nobody holds them any more, and their words may be on their way: waited for in vain */
    struct known_ends left; /* the same as they were last seen */
    bool may_remain;
    unsigned failed; /* looks in a row */
    bool is_starved; /* the last look found no descriptor to look by, or was one too many that failed */
    struct sockets sockets;
};

enum sighting {
    SIGHTING_NONE,
    SIGHTING_CONNECTION, /* it connected to the Runtime API */
    SIGHTING_OVERDUE,    /* its event has timed out, but the platform did not end it */
    SIGHTING_BLINDED,    /* it took from us what a look needs */
    SIGHTING_DEMOTED,    /* it took the processor from us */
};

/* A word for a sighting's finding, NULL for none, and what was seen. */
const char *sighting_name(enum sighting sighting);
const char *sighting_words(enum sighting sighting);

/* Look whether connections can be listed. `api` is where the supervisor connected (getpeername); `on_lambda`
 * adds the platform's known address; `memory_mb` is the function's, 0 where not told. Never fails: see
 * is_armed. */
void watch_begin(struct watch *watch, struct sweep *sweep, const struct endpoint *api, bool own_namespace,
                 bool on_lambda, long memory_mb);
/* A connection of the supervisor's own was opened (its getsockname) or closed. */
void watch_own(struct watch *watch, const struct endpoint *local);
void watch_disown(struct watch *watch, const struct endpoint *local);

/* An event has come that nobody has yet: where nobody was there before, what has connected since (an invoker in our
 * namespace, an extension) is no worker's either, and the table need not be read for it. */
void watch_arrived(struct watch *watch);
/* A worker has an event whose time ends at `deadline`; `is_on`: look meanwhile. */
void watch_hand_over(struct watch *watch, pid_t worker, int64_t deadline, bool is_on);
/* When watch_look is due next; NEVER where it is off. */
int64_t watch_due(const struct watch *watch);
/* Look, if it is time. */
enum sighting watch_look(struct watch *watch, int64_t now);
/* Look, whether it is time or not. */
enum sighting watch_look_now(struct watch *watch);
/* Look at a worker that has answered and goes on to serve. */
enum sighting watch_look_at_end(struct watch *watch);
/* The worker is dead: wait, 50 ms as a rule, until what it had sent there was read. True where nobody had
 * been there. */
bool watch_settle(struct watch *watch);
/* Say whether a request of somebody dead may reach the platform yet, or has since this was last asked: then
 * the next event is to be taken back (GET /next answers with it again). */
bool watch_has_remains(struct watch *watch);
/* How long a worker can take events where the platform is not locked, in words. */
const char *watch_misses(const struct watch *watch);

#endif
