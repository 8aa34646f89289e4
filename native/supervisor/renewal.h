/* When the function is initialised anew: what is known of the environment's age. renewal.c decides and does it. */
#ifndef DAYFLY_RENEWAL_H
#define DAYFLY_RENEWAL_H

#include "common.h"

/* Either clock may stand still or be set while a platform freezes the environment: the larger age counts. */
struct clocks {
    int64_t boot;  /* since boot, suspension included */
    int64_t epoch; /* since 1970 */
};

/* One life of an environment, from one init to the next. */
struct renewal {
    struct clocks born;
    int64_t limit;      /* its age, with the jitter taken off; 0: without end */
    int64_t not_before; /* the age before which it may not end: an init has failed */
    uint64_t first;     /* how many events there had been */
    bool has_told_overdue;
};

/* Read both, and say how old it is what was born then. */
struct clocks clocks_now(void);
int64_t clocks_age(struct clocks born);

/* A random share, up to this one, by which a limit is made smaller, so that a fleet does not recycle at once. */
double jitter_drawn(double share);

#endif
