/* Names the worker that a process descends from by a pair of hard limits that nothing enforces.
 *
 * RLIMIT_LOCKS and RLIMIT_RSS are inherited and, without privileges, can only be lowered. Each worker gets
 * LOCKS = a and RSS = b with a + b constant in this environment: whoever has an exact pair descends from that
 * worker, since to pass for another's descendant one of the two would have to rise. But any process of the
 * same user may *lower* the pair of another (prlimit(2)): a lower sum shows tampering, is killed and blames
 * nobody.
 *
 * Both parts are at least 2^56: programs that size themselves by RLIMIT_RSS (GNU sort) see more than any
 * machine has.
 */
#ifndef DAYFLY_PAIRS_H
#define DAYFLY_PAIRS_H

#include "common.h"
#include "procfs.h"

/* Workers of one environment are numbered from 1 to this. */
#define PAIRS_MOST UINT32_MAX

struct pairs {
    bool is_on;           /* false: limits prove nothing here, see pairs_begin */
    uint64_t environment; /* a random number that tells environments of one user apart */
};

enum pair_kind {
    PAIR_WORKER, /* exact: descends from the worker named */
    PAIR_OURS,   /* descends from supervisor or zygote, and from no worker */
    PAIR_LOW,    /* lowered, or another environment's: blames nobody */
    PAIR_NONE,   /* never was ours: a limit is higher than any of ours */
    PAIR_GONE,   /* the process is gone */
};

/* Take for this process, and all that it starts, the limits that pairs are carved from; once, before the
 * zygote starts. Where limits are lower than that already, or can be raised again (CAP_SYS_RESOURCE), `is_on`
 * stays false and -1 is returned with the reason: attribution is then by what is alone alive. */
int pairs_begin(struct pairs *pairs, struct fault *fault);

/* Give a worker that has seen no event the pair of `number`: 0; -1 with errno ESRCH where it is gone, or
 * another error. */
int pairs_give(const struct pairs *pairs, pid_t pid, uint32_t number);

/* The hard limits that worker `number` gets. */
void pairs_name(const struct pairs *pairs, uint32_t number, uint64_t *locks, uint64_t *rss);

/* What the limits of `pid` (0: our own) say; the number of the worker in `number` for PAIR_WORKER. */
enum pair_kind pairs_read(const struct pairs *pairs, const struct procfs *procfs, pid_t pid,
                          uint32_t *number);

/* Say whether a process that an earlier life left has seen no event: it descends from supervisor or zygote, or is a standby, which
 * are told apart from workers by the message queues that a worker may not have. Nobody can raise a limit, so nobody passes for
 * one. */
bool pairs_is_of_init(pid_t pid);

/* What two hard limits mean in this environment; pure. */
enum pair_kind pairs_judge(const struct pairs *pairs, uint64_t locks, uint64_t rss, uint32_t *number);

/* Parse /proc/PID/limits: the hard limits of LOCKS and RSS; false where they are not there. */
bool pairs_parse(const char *text, size_t n, uint64_t *locks, uint64_t *rss);

#endif
