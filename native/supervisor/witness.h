/* Puts into findings what a worker's guard and its note said, each thing as often as it is news; and the
 * findings about a worker's end. What it reads comes from a process that an attacker may own: words that are
 * known are taken, the rest is dropped. */
#ifndef DAYFLY_WITNESS_H
#define DAYFLY_WITNESS_H

#include "report.h"

/* Of a note, and of a guard's report, as src/dayfly/core/limits.py has them. */
#define WITNESS_MAX_NOTE 16384
#define WITNESS_MAX_REPORT 4096
/* Different notes of workers that an environment reports: a log is not to be flooded. */
#define WITNESS_MANY_NOTES 16
/* Lines of a guard's that one invocation may have; uses that are told to who learns a policy, in a note and
 * at init. */
#define WITNESS_MANY 6
#define WITNESS_MANY_USES 48
#define WITNESS_MANY_AT_INIT 200
/* Uses that an environment tells of to who learns a policy. */
#define WITNESS_MANY_NEW_USES 500

struct witness {
    struct report *report;
    int64_t deliver; /* setting fork.deliver, ns */
    bool learns;     /* setting guard_learn */
    bool lock_refused, zombies_told;
    /* Hashes of what was told already; see `seen`. */
    uint64_t notes[WITNESS_MANY_NOTES];
    size_t note_count;
    uint64_t uses[WITNESS_MANY_NEW_USES];
    size_t use_count;
    /* Of the invocation of this number: what its own worker and processes of earlier ones reported. */
    uint64_t reported_in;
    uint64_t reported[2][WITNESS_MANY];
    size_t reported_count[2];
};

void witness_init(struct witness *witness, struct report *report, int64_t deliver, bool learns);

/* A note that came before an answer; returns whether it says that something was planted in the worker's
 * memory. */
bool witness_note(struct witness *witness, struct bytes note);

/* What a worker's guard found while the invocation goes on; `is_current`: of this event, not of an earlier
 * one's process. */
void witness_report(struct witness *witness, struct bytes finding, bool is_current);

/* What the guard saw while the function initialised. */
void witness_init_said(struct witness *witness, struct bytes said);

/* A worker broke a rule and is ended; ended without an answer; was ended ahead of the platform's timeout
 * (`words`: what its caller got). `worker` is its number. */
void witness_hostile(struct witness *witness, uint64_t worker, const char *offence);
void witness_died(struct witness *witness, uint64_t worker);
void witness_late(struct witness *witness, uint64_t worker, const char *words);

/* The platform does not hold responses open. */
void witness_lock_refused(struct witness *witness, int status);

/* Bytes on the log pipe were no frames. */
void witness_dropped_log(struct witness *witness, uint64_t bytes);

/* Processes outlived their invocation; zombies pile up. */
void witness_swept(struct witness *witness, uint64_t killed, uint64_t zombies);

#endif
