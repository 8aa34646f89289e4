/* Keeps account of each invocation, as src/dayfly/supervisor/ledger.py does: the clock is read on the way, the rest waits
 * until the answer is out. */
#ifndef DAYFLY_LEDGER_H
#define DAYFLY_LEDGER_H

#include "answers.h"

struct supervisor;
struct lane;

/* The times of the invocation in progress (ns). */
struct ledger {
    int64_t arrived, handed, answered, sent;
    int64_t cpu;  /* of its worker before the event */
    int64_t used; /* of it for the event, 0 where that is not known */
    unsigned worker; /* its number, 0 where none had the event */
    struct outcome outcome;
    bool has_told_path, has_told_missing;
};

/* An event is here. */
void ledger_arrived(struct supervisor *s);

/* A worker is about to get it. */
void ledger_handing(struct supervisor *s, pid_t pid, unsigned number);

/* Its answer is in, or it has ended. */
void ledger_answered(struct supervisor *s, pid_t pid);

/* The platform has the outcome, whose bytes are there until `ledger_tell`. */
void ledger_sent(struct supervisor *s, const struct outcome *outcome);

/* Write the log record of this invocation, where that is asked for, and once what the function carries. */
void ledger_tell(struct supervisor *s, const struct lane *lane);

#endif
