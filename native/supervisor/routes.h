/* Stands in the Runtime API's place for the function's process: its own extensions register and wait here.
 *
 * A library may register an internal extension at init and poll from a thread
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html). Threads do not survive a fork,
 * and a registered extension that does not poll keeps the platform waiting for ever, so the supervisor polls
 * in its name and hands the event to whichever worker serves it. No other route is served: a process that
 * asks here for the next invocation gets a refusal. After init nothing is passed on but polls: an error would end the
 * environment, and with it the next customer's request, and a new subscription would have his telemetry. Who
 * registers or subscribes again, as he did at init, is told what he was told then.
 */
#ifndef DAYFLY_ROUTES_H
#define DAYFLY_ROUTES_H

#include "http.h"

#include <netinet/in.h>
#include <poll.h>

/* Whoever opens more connections at once is no extension. */
#define ROUTES_MAX_PEERS 16
/* Lambda registers ten extensions at most. */
#define ROUTES_MAX_EXTENSIONS 10
#define ROUTES_MAX_FDS (1 + ROUTES_MAX_PEERS + ROUTES_MAX_EXTENSIONS)
/* The platform sends its event to extensions and runtime at the same time, and answers what is passed on at
 * once. */
#define ROUTES_LIMIT_NS (1 * NS_PER_S)
/* Subscriptions of one extension that are remembered, and what of the platform's answer. */
#define ROUTES_MANY_SUBSCRIPTIONS 2
#define ROUTES_MAX_SUBSCRIBED 256
/* A reply to an extension: an event of some hundred bytes. */
#define ROUTES_MAX_REPLY ((size_t)(256 << 10))
#define ROUTES_MAX_NAME 256
/* A request's head to the platform, or a reply's to an extension. */
#define ROUTES_MAX_HEAD (HTTP_MAX_REQUEST + 1024)
/* Memory that is reserved for all readers and a head. */
#define ROUTES_REPLY_SPACE HTTP_REPLY_SPACE(ROUTES_MAX_REPLY)
#define ROUTES_SPACE                                                                                         \
    (ROUTES_MAX_PEERS * HTTP_REQUEST_SPACE + (ROUTES_MAX_EXTENSIONS + 1) * ROUTES_REPLY_SPACE +              \
     ROUTES_MAX_HEAD)

struct route_peer {
    int fd; /* -1: free */
    struct request_reader reader;
};

/* What subscribing was answered with. */
struct route_subscription {
    size_t route; /* in routes.c's list */
    int status;   /* 0: none */
    uint8_t body[ROUTES_MAX_SUBSCRIBED];
    size_t n;
};

struct route_extension {
    char name[ROUTES_MAX_NAME], identifier[ROUTES_MAX_NAME];
    int fd; /* its poll at the platform, -1 without a connection */
    bool is_polling, is_at_work;
    bool wants_events;  /* registered for INVOKE: the platform sends it one for every invocation */
    bool has_had_event; /* this invocation's: a poll that goes on is for the next one's */
    bool has_event;     /* the reader's reply waits for who asks */
    int waiting;        /* index of the peer who waits for the event, -1 */
    struct reply_reader reader;
    uint8_t *space; /* the reader's */
    /* The body that registering was answered with, for the thread that a worker starts again. */
    uint8_t registered[1024];
    size_t registered_n;
    struct route_subscription subscriptions[ROUTES_MANY_SUBSCRIPTIONS];
};

/* What the platform answered about the environment, to whom: it is the same for the environment's whole life. */
struct route_metadata {
    uint8_t question[512], head[512], body[1024];
    size_t n_question, n_head, n_body;
};

struct routes {
    char host[256];
    struct sockaddr_in upstream;
    int listener;
    char address[32]; /* host:port of our own end: AWS_LAMBDA_RUNTIME_API of the function's process */
    bool is_init_over;
    int64_t limit; /* how long the platform is waited for at most */
    struct route_peer peers[ROUTES_MAX_PEERS];
    struct route_extension extensions[ROUTES_MAX_EXTENSIONS];
    size_t extension_count;
    struct reply_reader reply; /* to what was passed on last */
    uint8_t *memory, *reply_space;
    struct buffer head; /* of what is sent */
    struct route_metadata metadata;
    unsigned metadata_asked; /* passed on to the platform in this invocation */
};

/* Listen on a port of 127.0.0.1; `upstream` is the platform's host:port. */
int routes_init(struct routes *routes, const char *upstream, struct fault *fault);

/* Fill in what to poll (POLLIN), ROUTES_MAX_FDS at most; returns how many. */
size_t routes_fds(const struct routes *routes, struct pollfd *out);

/* Do what one readable descriptor asks for; waits `limit` at most, where something is passed on to the
 * platform: ROUTES_LIMIT_NS, or after init what is set there, since a supervisor that waits for longer than its
 * dead-man's timer allows is ended. */
void routes_serve(struct routes *routes, int fd);

/* Close every connection of the function's process: who waits there does not live on. */
void routes_drop_peers(struct routes *routes);

/* An answer is in: say whether every extension has had its event and none is still at work. Until then poll
 * and serve, for as long as the caller can wait, ROUTES_LIMIT_NS at most for `routes_awaits_event`. `stays`:
 * the process may go on to serve. */
bool routes_settled(const struct routes *routes, bool stays);
bool routes_awaits_event(const struct routes *routes);

/* The invocation is over. */
void routes_end_invocation(struct routes *routes);

/* The worker is gone: wait for the next event in its extensions' name. */
void routes_take_over(struct routes *routes);

/* Ask for the next event in the name of each extension that has not asked itself; after init too, which is
 * over then: from here on nobody ends the environment from the function's process. `limit`: see `routes_serve`. */
void routes_end_init(struct routes *routes, int64_t limit);

#endif
