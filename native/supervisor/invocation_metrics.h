/* Keeps account of each invocation: the clock is read on the way, the rest waits
 * until the answer is out. */
#ifndef DAYFLY_INVOCATION_METRICS_H
#define DAYFLY_INVOCATION_METRICS_H

#include "answers.h"

struct supervisor;
struct lane;

/* The times of the invocation in progress (ns). */
struct invocation_metrics {
    int64_t arrived, handed, answered, sent;
    int64_t cpu;     /* of its worker before the event */
    int64_t used;    /* of it for the event, 0 where that is not known */
    unsigned worker; /* its number, 0 where none had the event */
    struct outcome outcome;
    bool has_told_path, has_told_missing;
};

/* An event is here. */
void invocation_metrics_arrived(struct supervisor *s);

/* A worker is about to get it. */
void invocation_metrics_handing(struct supervisor *s, pid_t pid, unsigned number);

/* Its answer is in, or it has ended. */
void invocation_metrics_answered(struct supervisor *s, pid_t pid);

/* The platform has the outcome, whose bytes are there until `invocation_metrics_tell`. */
void invocation_metrics_sent(struct supervisor *s, const struct outcome *outcome);

/* Write the log record of this invocation, where that is asked for, and once what the function carries. */
void invocation_metrics_tell(struct supervisor *s, const struct lane *lane);

#endif
