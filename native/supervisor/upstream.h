/* Speaks to the Runtime API over one kept-alive raw connection, without ever waiting.
 *
 * One request at a time: `upstream_next`, `_hold`, `_finish`, `_respond`, `_fail`, `_get` and `_post` begin
 * one; then the loop polls `upstream_wants` and calls `upstream_step` until it says more than
 * UPSTREAM_PENDING. Bodies are not copied: they must stay where they are until then. No request has a limit
 * of time: the process may be frozen in the middle of one.
 */
#ifndef DAYFLY_UPSTREAM_H
#define DAYFLY_UPSTREAM_H

#include "http.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/uio.h>

/* A request's head: a path with a request id, an echoed header and an X-Ray cause of 64 KiB at most. */
#define UPSTREAM_MAX_HEAD ((size_t)(96 << 10))
/* X-Ray error cause: Lambda keeps at most 64 KiB after compaction. */
#define UPSTREAM_MAX_CAUSE ((size_t)65536)
/* Go's server, which the platform's is, takes trailers that fit into one buffer of 4096 bytes and else drops
 * the connection (net/http/transfer.go, seeUpcomingDoubleCRLF), with the environment. The body is what the
 * caller gets in any case. */
#define UPSTREAM_MAX_TRAILED 2048
/* How often the next event is asked for where connections end without a word; the platform is gone then. */
#define UPSTREAM_TRIES 3
/* How often an answer is opened: a connection that was kept alive may end while that is sent. */
#define UPSTREAM_HOLD_TRIES 2
/* How often an outcome is sent where its connection ends without a word: the platform takes one answer to an event and no second. */
#define UPSTREAM_SEND_TRIES 2
/* A reply to anything but a request for an event: some hundred bytes as a rule. */
#define UPSTREAM_MAX_REPLY ((size_t)1 << 20)

enum upstream_progress {
    UPSTREAM_PENDING,   /* poll and step again */
    UPSTREAM_CONTINUED, /* a held response is open: the platform waits for its body (`upstream_finish`) */
    UPSTREAM_REPLIED,   /* `upstream_reply` is there */
    UPSTREAM_LOST, /* the API cannot be reached or broke off, as `fault` says. Nothing can be served any more
                    */
};

struct upstream {
    char host[256]; /* AWS_LAMBDA_RUNTIME_API */
    struct sockaddr_in peer;
    int fd, left_fd; /* `left_fd`: given up, but closed only once the next request is answered */
    struct sockaddr_in own, left_own; /* our own ends; port 0 where there is no connection */
    int state;
    bool is_next, is_hold;
    bool is_cut;     /* the peer took no more of the request that is sent */
    bool is_unheard; /* the connection that was lost last had carried nothing of a reply */
    int tries;
    bool is_repeated; /* what was begun was sent twice: a refusal of the second may be due to the first */
    struct bytes body; /* of the request that is sent */
    /* An event stays while its answer is held open, sent and accepted. */
    struct reply_reader events, replies;
    struct buffer head,
        tail; /* of the request that is sent: its head; what comes behind a held response's body */
    char chunk[24];
    struct iovec parts[4];
    int part, part_count;
    struct fault fault;
};

/* Begin with an address as in AWS_LAMBDA_RUNTIME_API, host:port or a host's name; reserves memory. Nothing is
 * connected yet. */
int upstream_init(struct upstream *up, const char *address, struct fault *fault);

/* Begin with the address of another, which was found before. */
int upstream_sibling(struct upstream *up, const struct upstream *of, struct fault *fault);

/* Let two change places, with what they have asked and been told; neither holds a response open. */
void upstream_swap(struct upstream *a, struct upstream *b);

/* GET the next event. Where the connection ends without a word it is asked for again, as AWS's own client
 * does. */
void upstream_next(struct upstream *up);

/* Open the response to a request and keep it open: UPSTREAM_CONTINUED once the platform agreed. After its 100
 * Continue it has left the state in which anybody else could answer this event or ask for another.
 * UPSTREAM_REPLIED: nothing is held. */
void upstream_hold(struct upstream *up, struct bytes request_id, struct bytes echo);

/* The platform has not agreed for long, which no client may wait for forever (RFC 9110, 10.1.1): take the response for open, without
 * anything being held. False while its head is still on the way. */
bool upstream_go_ahead(struct upstream *up);

/* Send the held response's body; `error_type` makes it an error, by trailers, NULL a success. */
void upstream_finish(struct upstream *up, struct bytes body, const char *error_type);

/* POST the result of an invocation that was not held. */
void upstream_respond(struct upstream *up, struct bytes request_id, struct bytes echo,
                      struct bytes content_type, struct bytes body);

/* POST the error of an invocation that was not held. `error_type` may be NULL, `cause` empty (or longer than
 * is passed on). */
void upstream_fail(struct upstream *up, struct bytes request_id, struct bytes echo, const char *error_type,
                   struct bytes cause, struct bytes body);

/* Send the outcome that was sent last once more. */
void upstream_repeat(struct upstream *up);

/* GET or POST a route of the Runtime API, `path` below /2018-06-01/runtime: "/restore/next", "/init/error",
 * "/restore/error". `error_type` may be empty. */
void upstream_get(struct upstream *up, const char *path);
void upstream_post(struct upstream *up, const char *path, struct bytes error_type, struct bytes body);

/* Say what to poll for; false while nothing is asked (then `*out` has fd -1). */
bool upstream_wants(const struct upstream *up, struct pollfd *out);

/* Go on as far as that is possible without waiting; also at once after a request was begun. */
enum upstream_progress upstream_step(struct upstream *up);

/* Step and poll until there is more to say than UPSTREAM_PENDING, `until` (NEVER) at most: for the start, and
 * where nothing else is to be waited for. */
enum upstream_progress upstream_wait(struct upstream *up, int64_t until);

/* The reply to the last request; an event's too, until another request begins. */
const struct reply *upstream_reply(const struct upstream *up);

/* The event that came last, until the next is asked for or `upstream_give_back`: while its answer is held
 * open, sent and accepted. */
const struct reply *upstream_event(const struct upstream *up);

/* The event is not needed any more: give the memory of a large one back to the kernel. `upstream_next` does
 * so too. */
void upstream_give_back(struct upstream *up);

/* What the platform calls the runtime's state, from its reply to `upstream_post(up, "/init/error", ...)`:
 * empty where it does not say. That request is refused in every state after init, and the refusal names the
 * state. */
struct bytes upstream_state(const struct reply *reply);

/* Say whether the reply to an outcome is a refusal of this type, as the platform names it ("errorType"). */
bool upstream_refuses(const struct reply *reply, const char *type);

/* Split host:port; port 80 where there is none. -1 where the host is too long. */
int upstream_split(const char *address, char *host, size_t size, uint16_t *port);

/* Find out where an address is, once: names are looked up. */
int upstream_resolve(const char *address, struct sockaddr_in *out, struct fault *fault);

void upstream_close(struct upstream *up);

#endif
