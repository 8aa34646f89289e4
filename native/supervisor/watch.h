/* Watches from outside whether a worker talks to the Runtime API, while nothing keeps it from that.
 *
 * A worker has no business there: the address it is given is the supervisor's. Where the response cannot be held open, one
 * that connects to the platform can answer its own event and take others'. What can be seen of that is its connection in
 * the kernel's table. A false alarm would end an honest invocation, so a connection counts only if it is known whose it is.
 */
#ifndef DAYFLY_WATCH_H
#define DAYFLY_WATCH_H

#include "common.h"

#include <netinet/in.h>

#include "procfs.h"
#include "sweep.h"

/* Rows of connections to the API that one look keeps; the supervisor has a handful. */
#define WATCH_MANY 256
/* Ends of our own connections. */
#define WATCH_MANY_OWN 8
/* One read from netlink, as large as the kernel's messages get. */
#define WATCH_READ_BYTES 65536

/* IPv4 as a mapped IPv6 address; the port in host order. */
struct endpoint {
    uint8_t address[16];
    uint16_t port;
};

struct connection {
    struct endpoint local;
    struct endpoint remote;
    uint8_t state; /* the kernel's number, tcp_states.h */
    uint32_t uid;
    uint64_t inode; /* 0: no process holds it */
};

struct watch {
    struct sweep *sweep;
    int netlink;  /* -1: not, or not any more */
    int counters; /* /proc/net/snmp, kept open */
    bool by_proc; /* netlink is refused: /proc/net/tcp */
    bool is_armed; /* connections can be listed here */
    bool is_on;    /* it looks now */
    bool own_namespace; /* every process that could connect is visible here */
    struct endpoint api[2]; /* the platform's, and Lambda's known address */
    size_t n_api;
    struct endpoint own[WATCH_MANY_OWN]; /* local ends of the supervisor's connections */
    size_t n_own;
    int64_t pause_factor;
    pid_t worker;
    int64_t due;
    int64_t overdue;
    long seen;  /* connections begun at the last look, -1: look again */
    long quiet; /* the same when nobody had been there */
    struct connection rows[WATCH_MANY];
    size_t n_rows;
    uint64_t innocent[WATCH_MANY];
    size_t n_innocent;
    bool may_remain;
    _Alignas(8) uint8_t read[WATCH_READ_BYTES];
};

enum sighting {
    SIGHTING_NONE,
    SIGHTING_CONNECTION, /* it connected to the Runtime API */
    SIGHTING_OVERDUE,    /* its event's time is over, and the platform did not end it */
};

/* Look whether connections can be listed. `api` is where the supervisor connected (getpeername); `on_lambda` adds the
 * platform's known address; `memory_mb` is the function's, 0 where not told. Never fails: see is_armed. */
void watch_begin(struct watch *watch, struct sweep *sweep, const struct endpoint *api, bool own_namespace,
                 bool on_lambda, long memory_mb);
void watch_end(struct watch *watch);
/* A connection of the supervisor's own was opened (its getsockname) or closed. */
void watch_own(struct watch *watch, const struct endpoint *local);
void watch_disown(struct watch *watch, const struct endpoint *local);

/* A worker has an event whose time ends at `deadline`; `is_on`: look meanwhile. */
void watch_hand_over(struct watch *watch, pid_t worker, int64_t deadline, bool is_on);
/* When watch_look is due next; NEVER where it is off. */
int64_t watch_due(const struct watch *watch);
/* Look, if it is time. */
enum sighting watch_look(struct watch *watch, int64_t now);
/* The worker is dead: wait, 50 ms as a rule, until what it had sent there was read. True where nobody had been there. */
bool watch_settle(struct watch *watch);
/* Say whether a request of somebody dead may reach the platform yet, or has since this was last asked: then the next
 * event is to be taken back (GET /next answers with it again). */
bool watch_has_remains(struct watch *watch);
/* The words for the first log line where the platform cannot be locked. */
const char *watch_misses(const struct watch *watch);

/* Fill an endpoint from a socket address; false for another family. */
bool endpoint_from(struct endpoint *out, const struct sockaddr *address);
/* Parse one line of /proc/net/tcp or tcp6, ended by a zero byte. Reader of kernel text. */
bool watch_parse(const char *line, struct connection *out);
/* Unpack one message of a netlink dump of `n` bytes; false for a part of one. */
bool watch_unpack(const uint8_t *at, size_t n, struct connection *out);

#endif
