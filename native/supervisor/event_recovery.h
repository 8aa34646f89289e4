/* Takes the next event where processes that are dead may have asked for it first.
 *
 * A worker that became the runtime is killed while its request for an event waits at the platform, which does
 * not notice: it gives the next event to that request and to nobody else (seen with AWS's emulator, where
 * those who wait are served in order). The event is in progress then, and given again to the next request. So
 * while our own request waits, the platform is asked which state it is in.
 */
#ifndef DAYFLY_EVENT_RECOVERY_H
#define DAYFLY_EVENT_RECOVERY_H

#include "infection.h"
#include "upstream.h"

/* Other requests of ours that wait: one more for each event that went to somebody dead. */
#define EVENT_RECOVERY_MANY 32
/* What the platform replies where somebody has asked just before us. */
#define EVENT_RECOVERY_REFUSED 403
#define EVENT_RECOVERY_MAX_FDS (EVENT_RECOVERY_MANY + 2)

enum event_recovery_state {
    EVENT_RECOVERY_ASKED,
    EVENT_RECOVERY_PROBING,
    EVENT_RECOVERY_GIVING_TIME,
    EVENT_RECOVERY_PAUSED
};

struct event_recovery {
    struct infections *infections;
    bool is_needed; /* somebody dead may have asked before us */
    bool can_probe; /* the platform says which state it is in */
    enum event_recovery_state state;
    /* Requests that wait beside the lane's own. */
    struct upstream overtaken[EVENT_RECOVERY_MANY];
    size_t count;
    struct upstream probe;
    int64_t began, due, wait;
    unsigned refusals;
};

void event_recovery_init(struct event_recovery *event_recovery, struct infections *infections);

/* Say whether the next event is to be asked for here: after an infection, and as long as a request of ours
 * waits that was overtaken. */
bool event_recovery_is_due(const struct event_recovery *event_recovery);

/* Ask for the next event over the lane's connection. */
void event_recovery_begin(struct event_recovery *event_recovery, struct upstream *own);

/* Fill in what to poll, RECLAIM_MAX_FDS at most; returns how many. */
size_t event_recovery_fds(const struct event_recovery *event_recovery, const struct upstream *own,
                          struct pollfd *out);

/* Go on as far as that is possible without waiting; `event_recovery->due` is when it must at the latest,
 * NEVER where it waits for descriptors alone. UPSTREAM_REPLIED: `own` has the event, on whichever connection
 * it came. */
enum upstream_progress event_recovery_step(struct event_recovery *event_recovery, struct upstream *own,
                                           int64_t now);

#endif
