/* Tells what a worker that became the runtime has done, as far as it can be known.
 *
 * Nobody is given a further event before the one in progress is answered. So the platform's word about our
 * own answer tells how far it went, and the time at which the next event began tells whether it held that
 * one.
 */
#ifndef DAYFLY_INFECTION_H
#define DAYFLY_INFECTION_H

#include "answers.h"
#include "report.h"

/* An infection's last words wait for the next event; older requests than these cannot come back. */
#define INFECTION_ANSWERED 8

struct infections {
    struct report *report;
    int64_t began_ms;      /* when the event in progress came, in milliseconds since 1970 as all times here */
    int64_t time_limit_ms; /* that it had then */
    int64_t last_end_ms;   /* of a worker */
    /* Of the infection whose next event is awaited: when its worker was dead, 0 without one. */
    int64_t ended_ms;
    uint64_t number;
    char request_id[ANSWERS_MAX_REQUEST_ID + 1];
    /* The last requests whose answers were given, ours or not. */
    char answered[INFECTION_ANSWERED][ANSWERS_MAX_REQUEST_ID + 1];
    unsigned next;
    /* The last requests of the process that serves, the one in progress too. */
    char served[INFECTION_ANSWERED][ANSWERS_MAX_REQUEST_ID + 1];
    uint64_t served_count, last_number;
};

void infection_init(struct infections *infections, struct report *report);

/* An event is here, with its deadline, 0 without one: say whether the infected worker before it had taken it.
 */
void infection_arrived(struct infections *infections, const char *request_id, int64_t deadline_ms);

/* A process that has served nobody serves next. */
void infection_fresh(struct infections *infections);

/* The event in progress is given to the process. */
void infection_serves(struct infections *infections, const char *request_id);

/* The worker can do nothing more. */
void infection_worker_ended(struct infections *infections);

/* Say whether an answer to this request was given, by us or by somebody else. */
bool infection_knows(const struct infections *infections, struct bytes request_id);

/* What the platform's reply to our own answer shows. Of an event in progress the runtime may always answer (states.go of AWS's
 * emulator), so a refusal of that step (403 there) shows that somebody did, and one of the request's id (400) that he asked for
 * more. AWS's own words: github.com/brefphp/bref/issues/1562. Any other refusal says nothing of others. */
enum reply_shows { REPLY_ACCEPTED, REPLY_ANSWERED, REPLY_ASKED_FOR_MORE, REPLY_UNCLEAR };
enum reply_shows infection_read(const struct reply *reply);

/* Report what that shows; returns whether the worker was infected. `seen` is how that was seen before, a word for the finding,
 * and `how` the same in words; NULL where it was not. The worker is dead by then. */
bool infection_judge(struct infections *infections, const struct reply *reply, const char *seen, const char *how);

/* Report a process that was seen between two events, the second of which is here and not handed over. */
void infection_between(struct infections *infections, const char *seen, const char *how);

#endif
