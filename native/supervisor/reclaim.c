#include "reclaim.h"

/* Customers wait this long at most for their event to be noticed; an environment that is frozen asks nothing.
 */
#define FIRST_WAIT_NS (2 * NS_PER_MS)
#define LONGEST_WAIT_NS (100 * NS_PER_MS)
/* An event that went to us and not to a dead one is here by then. */
#define OURS_WITHIN_NS (20 * NS_PER_MS)
#define REFUSED 403
/* Half a second of refusals is no passing state. */
#define MANY_REFUSALS 250
#define IN_PROGRESS LITERAL("Running")

void reclaim_init(struct reclaim *reclaim, struct infections *infections) {
    bytes_clear(reclaim, sizeof(*reclaim));
    reclaim->infections = infections;
    reclaim->can_probe = true;
    reclaim->due = NEVER;
}

bool reclaim_is_due(const struct reclaim *reclaim) { return reclaim->is_needed || reclaim->count > 0; }

/* Wait for the request that is open, and look at the platform's state after a while if need be. */
static void wait_on(struct reclaim *reclaim, int64_t now) {
    reclaim->state = RECLAIM_ASKED;
    reclaim->due = reclaim->is_needed && reclaim->can_probe ? now + reclaim->wait : NEVER;
}

static void wait_longer(struct reclaim *reclaim, int64_t now) {
    reclaim->wait += reclaim->wait / 2;
    if (reclaim->wait > LONGEST_WAIT_NS)
        reclaim->wait = LONGEST_WAIT_NS;
    wait_on(reclaim, now);
}

/* What was just begun goes on when something is polled, and at once where it failed. */
static void start(struct reclaim *reclaim, struct upstream *up) {
    if (upstream_step(up) != UPSTREAM_PENDING)
        reclaim->due = 0;
}

void reclaim_begin(struct reclaim *reclaim, struct upstream *own) {
    int64_t now = now_ns();
    /* What it was told last time came after the event. */
    if (reclaim->probe.host[0] != '\0')
        upstream_close(&reclaim->probe);
    reclaim->began = now;
    reclaim->wait = FIRST_WAIT_NS;
    reclaim->refusals = 0;
    upstream_next(own);
    wait_on(reclaim, now);
    start(reclaim, own);
}

static size_t add(const struct upstream *up, struct pollfd *out) { return upstream_wants(up, out) ? 1 : 0; }

size_t reclaim_fds(const struct reclaim *reclaim, const struct upstream *own, struct pollfd *out) {
    size_t n = add(own, out);
    for (size_t i = 0; i < reclaim->count; i++)
        n += add(&reclaim->overtaken[i], out + n);
    if (reclaim->state == RECLAIM_PROBING)
        n += add(&reclaim->probe, out + n);
    return n;
}

/* The last of those that wait takes the place of one whose connection is lost. */
static void forget(struct reclaim *reclaim, size_t which) {
    upstream_close(&reclaim->overtaken[which]);
    reclaim->count--;
    if (which != reclaim->count)
        upstream_swap(&reclaim->overtaken[which], &reclaim->overtaken[reclaim->count]);
}

/* Go on with all that wait; the connection that an event comes over is the lane's from then on. */
static enum upstream_progress listen_to_all(struct reclaim *reclaim, struct upstream *own) {
    enum upstream_progress progress =
        reclaim->state == RECLAIM_PAUSED ? UPSTREAM_PENDING : upstream_step(own);
    for (size_t i = 0; i < reclaim->count && progress != UPSTREAM_REPLIED;) {
        enum upstream_progress other = upstream_step(&reclaim->overtaken[i]);
        if (other == UPSTREAM_REPLIED || progress == UPSTREAM_LOST) {
            upstream_swap(own, &reclaim->overtaken[i]);
            enum upstream_progress before = progress;
            progress = other;
            other = before;
        }
        if (other == UPSTREAM_LOST)
            forget(reclaim, i);
        else
            i++;
    }
    return progress;
}

/* Ask once more, over another connection: the event may have gone to somebody who is dead. The request made
 * before stays open, since it may be given the event after that one. */
static enum upstream_progress ask_again(struct reclaim *reclaim, struct upstream *own, int64_t now) {
    struct upstream *other = &reclaim->overtaken[reclaim->count];
    if (other->host[0] == '\0' && upstream_sibling(other, own, &own->fault) < 0)
        return UPSTREAM_LOST;
    upstream_next(other);
    upstream_swap(own, other);
    reclaim->count++;
    reclaim->began = now;
    reclaim->wait = FIRST_WAIT_NS;
    wait_on(reclaim, now);
    start(reclaim, own);
    return UPSTREAM_PENDING;
}

static enum upstream_progress probe(struct reclaim *reclaim, const struct upstream *own) {
    struct upstream *other = &reclaim->probe;
    /* Who has asked for more events than are kept account of is not waited for any longer. */
    if (reclaim->count == RECLAIM_MANY ||
        (other->host[0] == '\0' && upstream_sibling(other, own, &other->fault) < 0))
        return UPSTREAM_LOST;
    upstream_post(other, "/init/error", LITERAL(""), LITERAL("{}"));
    reclaim->state = RECLAIM_PROBING;
    reclaim->due = NEVER;
    start(reclaim, other);
    return UPSTREAM_PENDING;
}

static void take_state(struct reclaim *reclaim, enum upstream_progress progress, int64_t now) {
    struct bytes state = {NULL, 0};
    if (progress == UPSTREAM_REPLIED)
        state = upstream_state(upstream_reply(&reclaim->probe));
    reclaim->can_probe = state.n > 0;
    if (bytes_equal(state, IN_PROGRESS)) {
        reclaim->state = RECLAIM_GIVING_TIME;
        reclaim->due = now + OURS_WITHIN_NS;
    } else {
        wait_longer(reclaim, now);
    }
}

/* A reply is here; say whether it is an event to be served. */
static bool take_reply(struct reclaim *reclaim, struct upstream *own, int64_t now) {
    const struct reply *reply = upstream_reply(own);
    if (reply->status == REFUSED && reclaim->is_needed && reclaim->refusals < MANY_REFUSALS) {
        /* The request of somebody dead came just before ours, and the platform is between two states. */
        reclaim->refusals++;
        reclaim->state = RECLAIM_PAUSED;
        reclaim->due = now + FIRST_WAIT_NS;
        return false;
    }
    if (infection_knows(reclaim->infections, reply->headers[HTTP_REQUEST_ID])) {
        /* It reached us twice. */
        upstream_next(own);
        wait_longer(reclaim, now);
        start(reclaim, own);
        return false;
    }
    /* Whoever asked before us has had one. */
    if (now - reclaim->began > FIRST_WAIT_NS)
        reclaim->is_needed = false;
    reclaim->due = NEVER;
    return true;
}

enum upstream_progress reclaim_step(struct reclaim *reclaim, struct upstream *own, int64_t now) {
    enum upstream_progress progress = listen_to_all(reclaim, own);
    if (progress == UPSTREAM_REPLIED && take_reply(reclaim, own, now))
        return UPSTREAM_REPLIED;
    if (progress == UPSTREAM_LOST)
        return UPSTREAM_LOST;
    if (reclaim->state == RECLAIM_PROBING) {
        progress = upstream_step(&reclaim->probe);
        if (progress != UPSTREAM_PENDING)
            take_state(reclaim, progress, now);
        return UPSTREAM_PENDING;
    }
    if (now < reclaim->due)
        return UPSTREAM_PENDING;
    switch (reclaim->state) {
    case RECLAIM_ASKED:
        return probe(reclaim, own);
    case RECLAIM_GIVING_TIME:
        return ask_again(reclaim, own, now);
    case RECLAIM_PAUSED:
        upstream_next(own);
        wait_longer(reclaim, now);
        start(reclaim, own);
        break;
    case RECLAIM_PROBING:
        break;
    }
    return UPSTREAM_PENDING;
}
