/* Takes the next event where processes that are dead may have asked for it first.
 *
 * A worker that became the runtime is killed while its request for an event waits at the platform, which does
 * not notice: it gives the next event to that request and to nobody else (seen with AWS's emulator, where
 * those who wait are served in order). The event is in progress then, and given again to whoever asks. So
 * while our own request waits, the platform is asked which state it is in.
 */
#ifndef DAYFLY_RECLAIM_H
#define DAYFLY_RECLAIM_H

#include "infection.h"
#include "upstream.h"

/* Other requests of ours that wait: one more for each event that went to somebody dead. */
#define RECLAIM_MANY 32
#define RECLAIM_MAX_FDS (RECLAIM_MANY + 2)

enum reclaim_state { RECLAIM_ASKED, RECLAIM_PROBING, RECLAIM_GIVING_TIME, RECLAIM_PAUSED };

struct reclaim {
    struct infections *infections;
    bool is_needed; /* somebody dead may have asked before us */
    bool can_probe; /* the platform says which state it is in */
    enum reclaim_state state;
    /* Requests that wait beside the lane's own. */
    struct upstream overtaken[RECLAIM_MANY];
    size_t count;
    struct upstream probe;
    int64_t began, due, wait;
    unsigned refusals;
};

void reclaim_init(struct reclaim *reclaim, struct infections *infections);

/* Say whether the next event is to be asked for here: after an infection, and as long as a request of ours
 * waits that was overtaken. */
bool reclaim_is_due(const struct reclaim *reclaim);

/* Ask for the next event over the lane's connection. */
void reclaim_begin(struct reclaim *reclaim, struct upstream *own);

/* Fill in what to poll, RECLAIM_MAX_FDS at most; returns how many. */
size_t reclaim_fds(const struct reclaim *reclaim, const struct upstream *own, struct pollfd *out);

/* Go on as far as that is possible without waiting; `reclaim->due` is when it must at the latest, NEVER where
 * it waits for descriptors alone. UPSTREAM_REPLIED: `own` has the event, on whichever connection it came. */
enum upstream_progress reclaim_step(struct reclaim *reclaim, struct upstream *own, int64_t now);

#endif
