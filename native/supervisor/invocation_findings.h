/* Puts into findings what a worker's guard and its note said, each thing as often as it is news; and the
 * findings about a worker's end. What it reads comes from a process that an attacker may own: words that are
 * known are taken, the rest is dropped. */
#ifndef DAYFLY_INVOCATION_FINDINGS_H
#define DAYFLY_INVOCATION_FINDINGS_H

#include "report.h"

/* Of a note, and of a guard's report, as src/dayfly/core/limits.py has them. */
#define INVOCATION_FINDINGS_MAX_NOTE 16384
#define INVOCATION_FINDINGS_MAX_REPORT 4096
/* Different notes of workers that an environment reports: a log is not to be flooded. */
#define INVOCATION_FINDINGS_MANY_NOTES 16
/* Places of unknown code that this environment remembers and reports no more: the latest, or one invocation could name so
 * many that nothing of later ones is reported. */
#define INVOCATION_FINDINGS_MANY_UNKNOWN 64
/* Lines of a guard's that one invocation may have about what is unknown or was computed; uses that are reported to `policy learn`,
 * in a note and at init. */
#define INVOCATION_FINDINGS_MANY 6
#define INVOCATION_FINDINGS_MANY_USES 48
#define INVOCATION_FINDINGS_MANY_AT_INIT 200
/* Of all others: of one verdict and rule, the first at each of so many places besides, as src/dayfly/core/reports.py has both, and
 * in all, with as much room again for the first of each rule. So nobody's cheap ones leave no room for a severe one. */
#define INVOCATION_FINDINGS_MANY_OF_RULE 3
#define INVOCATION_FINDINGS_MANY_PLACES 12
#define INVOCATION_FINDINGS_MANY_SEVERE 48
/* Uses that an environment tells of to who learns a policy. */
#define INVOCATION_FINDINGS_MANY_NEW_USES 500
/* Shapes of statements that an environment tells of, apart from its uses: a site that puts statements together has no
 * end of them, and is not learned. */
#define INVOCATION_FINDINGS_MANY_SHAPES 128

/* What of a guard's lines was reported so far: hashes of verdict and rule, and of these with the place. */
struct findings_budget {
    uint64_t rules[2 * INVOCATION_FINDINGS_MANY_SEVERE], places[2 * INVOCATION_FINDINGS_MANY_SEVERE];
    size_t count, lesser, uses;
};

struct invocation_findings {
    struct report *report;
    int64_t deliver; /* setting fork.deliver, ns */
    bool learns;     /* setting guard_learn */
    bool lock_refused, zombies_told;
    /* Hashes of what was reported already; see `seen`. */
    uint64_t notes[INVOCATION_FINDINGS_MANY_NOTES];
    size_t note_count;
    uint64_t unknown[INVOCATION_FINDINGS_MANY_UNKNOWN]; /* the next takes the place of the oldest */
    size_t unknown_count;
    uint64_t uses[INVOCATION_FINDINGS_MANY_NEW_USES];
    size_t use_count;
    uint64_t shapes[INVOCATION_FINDINGS_MANY_SHAPES];
    size_t shape_count;
    /* Of the invocation of this number: what its own worker and processes of earlier ones reported. */
    uint64_t reported_in;
    struct reported {
        uint64_t lines[2 * INVOCATION_FINDINGS_MANY_SEVERE + INVOCATION_FINDINGS_MANY];
        size_t count;
        struct findings_budget budget;
    } reported[2];
};

void invocation_findings_init(struct invocation_findings *invocation_findings, struct report *report,
                              int64_t deliver, bool learns);

/* A note that came before an answer; returns whether it says that something was planted in the worker's
 * memory. */
bool invocation_findings_note(struct invocation_findings *invocation_findings, struct bytes note);

/* What a worker's guard found while the invocation goes on; `is_current`: of this event, not of an earlier
 * one's process. */
void invocation_findings_report(struct invocation_findings *invocation_findings, struct bytes finding,
                                bool is_current);

/* What the guard saw while the function initialised. */
void invocation_findings_init_said(struct invocation_findings *invocation_findings, struct bytes said);

/* A worker broke a rule and is ended; ended without an answer; was ended ahead of the platform's timeout
 * (`words`: what its caller got). `worker` is its number. */
void invocation_findings_hostile(struct invocation_findings *invocation_findings, uint64_t worker,
                                 const char *offence);
void invocation_findings_died(struct invocation_findings *invocation_findings, uint64_t worker);
void invocation_findings_late(struct invocation_findings *invocation_findings, uint64_t worker,
                              const char *words);

/* The platform does not hold responses open: it said so with `status`, or, 0, did not agree in time. */
void invocation_findings_lock_refused(struct invocation_findings *invocation_findings, int status);

/* Bytes on the log pipe were no frames. */
void invocation_findings_dropped_log(struct invocation_findings *invocation_findings, uint64_t bytes);

/* Processes outlived their invocation; zombies pile up. */
void invocation_findings_swept(struct invocation_findings *invocation_findings, uint64_t killed,
                               uint64_t zombies);

#endif
