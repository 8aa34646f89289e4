/* Sees to it that what dead processes had sent to each other is closed as well.
 *
 * A socket that lies in its own queue (SCM_RIGHTS) belongs to nobody who could end: it stays, with all that lies
 * beside it there (ports, locks), until the kernel collects such sockets (net/unix/garbage.c), which it begins to do
 * when some other socket is closed, and ends at some time after that. */
#ifndef DAYFLY_FLIGHT_H
#define DAYFLY_FLIGHT_H

#include "common.h"
#include "procfs.h"

struct flight {
    const struct procfs *procfs;
    bool has_count; /* the next two are known */
    long all;       /* Unix sockets in this network namespace without Dayfly's, when nobody had left any */
    long ours;      /* of those our user's: counted where there are more of all */
    int marker;     /* closed when the kernel has collected what we have sent ourselves, -1 without */
    int rounds;     /* that are left; 0: none is under way */
};

/* Nothing is counted yet. */
void flight_init(struct flight *flight, const struct procfs *procfs);

/* Every process that may have sent anything has closed its files, and `own` Unix sockets are Dayfly's, more than at other
 * times: say whether nothing of theirs is left. Otherwise ask again soon. */
bool flight_is_over(struct flight *flight, long own);

#endif
