#include "event_recovery.h"

/* Customers wait this long at most for their event to be noticed; an environment that is frozen asks nothing.
 */
#define FIRST_WAIT_NS (2 * NS_PER_MS)
#define LONGEST_WAIT_NS (100 * NS_PER_MS)
/* An event that went to us and not to a dead one is here by then. */
#define OURS_WITHIN_NS (20 * NS_PER_MS)
/* Half a second of refusals is no passing state. */
#define MANY_REFUSALS 250
#define IN_PROGRESS LITERAL("Running")

void event_recovery_init(struct event_recovery *event_recovery, struct infections *infections) {
    bytes_clear(event_recovery, sizeof(*event_recovery));
    event_recovery->infections = infections;
    event_recovery->can_probe = true;
    event_recovery->due = NEVER;
}

bool event_recovery_is_due(const struct event_recovery *event_recovery) {
    return event_recovery->is_needed || event_recovery->count > 0;
}

/* Wait for the request that is open, and look at the platform's state after a while if need be. */
static void wait_on(struct event_recovery *event_recovery, int64_t now) {
    event_recovery->state = EVENT_RECOVERY_ASKED;
    event_recovery->due =
        event_recovery->is_needed && event_recovery->can_probe ? now + event_recovery->wait : NEVER;
}

static void wait_longer(struct event_recovery *event_recovery, int64_t now) {
    event_recovery->wait += event_recovery->wait / 2;
    if (event_recovery->wait > LONGEST_WAIT_NS)
        event_recovery->wait = LONGEST_WAIT_NS;
    wait_on(event_recovery, now);
}

/* What was just begun goes on when something is polled, and at once where it failed. */
static void start(struct event_recovery *event_recovery, struct upstream *up) {
    if (upstream_step(up) != UPSTREAM_PENDING)
        event_recovery->due = 0;
}

void event_recovery_begin(struct event_recovery *event_recovery, struct upstream *own) {
    int64_t now = now_ns();
    /* What the probe learned last time came after the event. */
    if (event_recovery->probe.host[0] != '\0')
        upstream_close(&event_recovery->probe);
    event_recovery->began = now;
    event_recovery->wait = FIRST_WAIT_NS;
    event_recovery->refusals = 0;
    upstream_next(own);
    wait_on(event_recovery, now);
    start(event_recovery, own);
}

static size_t add(const struct upstream *up, struct pollfd *out) { return upstream_wants(up, out) ? 1 : 0; }

size_t event_recovery_fds(const struct event_recovery *event_recovery, const struct upstream *own,
                          struct pollfd *out) {
    size_t n = add(own, out);
    for (size_t i = 0; i < event_recovery->count; i++)
        n += add(&event_recovery->overtaken[i], out + n);
    if (event_recovery->state == EVENT_RECOVERY_PROBING)
        n += add(&event_recovery->probe, out + n);
    return n;
}

/* The last of those that wait takes the place of one whose connection is lost. */
static void forget(struct event_recovery *event_recovery, size_t which) {
    upstream_close(&event_recovery->overtaken[which]);
    event_recovery->count--;
    if (which != event_recovery->count)
        upstream_swap(&event_recovery->overtaken[which], &event_recovery->overtaken[event_recovery->count]);
}

static bool is_refused(const struct upstream *up) { return upstream_reply(up)->status == EVENT_RECOVERY_REFUSED; }

/* Go on with all that wait; the connection that an event comes over is the lane's from then on. A refused one waits no longer:
 * kept, it would be heard again at every step, before the request that is open. */
static enum upstream_progress listen_to_all(struct event_recovery *event_recovery, struct upstream *own) {
    bool is_paused = event_recovery->state == EVENT_RECOVERY_PAUSED;
    enum upstream_progress progress = is_paused ? UPSTREAM_PENDING : upstream_step(own);
    for (size_t i = 0; i < event_recovery->count && progress != UPSTREAM_REPLIED;) {
        enum upstream_progress other = upstream_step(&event_recovery->overtaken[i]);
        if (other == UPSTREAM_REPLIED && is_refused(&event_recovery->overtaken[i]))
            other = UPSTREAM_LOST;
        else if (other == UPSTREAM_REPLIED || progress == UPSTREAM_LOST) {
            upstream_swap(own, &event_recovery->overtaken[i]);
            enum upstream_progress before = is_paused ? UPSTREAM_LOST : progress;
            progress = other;
            other = before;
            is_paused = false;
        }
        if (other == UPSTREAM_LOST)
            forget(event_recovery, i);
        else
            i++;
    }
    return progress;
}

/* Ask once more, over another connection: the event may have gone to somebody who is dead. The request made
 * before stays open, since it may be given the event after that one. */
static enum upstream_progress ask_again(struct event_recovery *event_recovery, struct upstream *own,
                                        int64_t now) {
    struct upstream *other = &event_recovery->overtaken[event_recovery->count];
    if (other->host[0] == '\0' && upstream_sibling(other, own, &own->fault) < 0)
        return UPSTREAM_LOST;
    upstream_next(other);
    upstream_swap(own, other);
    event_recovery->count++;
    event_recovery->began = now;
    event_recovery->wait = FIRST_WAIT_NS;
    wait_on(event_recovery, now);
    start(event_recovery, own);
    return UPSTREAM_PENDING;
}

static enum upstream_progress probe(struct event_recovery *event_recovery, const struct upstream *own) {
    struct upstream *other = &event_recovery->probe;
    /* Who has asked for more events than are kept account of is not waited for any longer. */
    if (event_recovery->count == EVENT_RECOVERY_MANY ||
        (other->host[0] == '\0' && upstream_sibling(other, own, &other->fault) < 0))
        return UPSTREAM_LOST;
    upstream_post(other, "/init/error", LITERAL(""), LITERAL("{}"));
    event_recovery->state = EVENT_RECOVERY_PROBING;
    event_recovery->due = NEVER;
    start(event_recovery, other);
    return UPSTREAM_PENDING;
}

static void take_state(struct event_recovery *event_recovery, enum upstream_progress progress, int64_t now) {
    struct bytes state = {NULL, 0};
    if (progress == UPSTREAM_REPLIED)
        state = upstream_state(upstream_reply(&event_recovery->probe));
    event_recovery->can_probe = state.n > 0;
    if (bytes_equal(state, IN_PROGRESS)) {
        event_recovery->state = EVENT_RECOVERY_GIVING_TIME;
        event_recovery->due = now + OURS_WITHIN_NS;
    } else {
        wait_longer(event_recovery, now);
    }
}

/* A reply is here; say whether it is an event to be served. */
static bool take_reply(struct event_recovery *event_recovery, struct upstream *own, int64_t now) {
    const struct reply *reply = upstream_reply(own);
    if (reply->status == EVENT_RECOVERY_REFUSED) {
        /* The request of somebody dead came just before ours, and the platform is between two states; or it
         * has ended. */
        bool is_over = event_recovery->refusals++ >= MANY_REFUSALS;
        event_recovery->state = is_over ? EVENT_RECOVERY_ASKED : EVENT_RECOVERY_PAUSED;
        event_recovery->due = is_over ? NEVER : now + FIRST_WAIT_NS;
        return is_over;
    }
    if (infection_knows(event_recovery->infections, reply->headers[HTTP_REQUEST_ID])) {
        /* It reached us twice. */
        upstream_next(own);
        wait_longer(event_recovery, now);
        start(event_recovery, own);
        return false;
    }
    /* The request before ours has had one. */
    if (now - event_recovery->began > FIRST_WAIT_NS)
        event_recovery->is_needed = false;
    event_recovery->due = NEVER;
    return true;
}

enum upstream_progress event_recovery_step(struct event_recovery *event_recovery, struct upstream *own,
                                           int64_t now) {
    enum upstream_progress progress = listen_to_all(event_recovery, own);
    if (progress == UPSTREAM_REPLIED && take_reply(event_recovery, own, now))
        return UPSTREAM_REPLIED;
    if (progress == UPSTREAM_LOST)
        return UPSTREAM_LOST;
    if (event_recovery->state == EVENT_RECOVERY_PROBING) {
        progress = upstream_step(&event_recovery->probe);
        if (progress != UPSTREAM_PENDING)
            take_state(event_recovery, progress, now);
        return UPSTREAM_PENDING;
    }
    if (now < event_recovery->due)
        return UPSTREAM_PENDING;
    switch (event_recovery->state) {
    case EVENT_RECOVERY_ASKED:
        return probe(event_recovery, own);
    case EVENT_RECOVERY_GIVING_TIME:
        return ask_again(event_recovery, own, now);
    case EVENT_RECOVERY_PAUSED:
        upstream_next(own);
        wait_longer(event_recovery, now);
        start(event_recovery, own);
        break;
    case EVENT_RECOVERY_PROBING:
        break;
    }
    return UPSTREAM_PENDING;
}
