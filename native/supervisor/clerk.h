/* A Python process that reads text for the supervisor: events and answers for the log records of invocations, and the
 * distributions that a function carries.
 *
 * It is started when it is first asked, after an answer, by the same program and as closed as a zygote, and loads Dayfly's own
 * code alone. It gets no credentials, no place in the log and no key that proves a line: what it says is checked, and put into
 * a line here. A worker can stop or end it, as it can all processes of its user: then another is asked, which that worker does
 * not live to see, and nobody waits for longer than CLERK_LIMIT_NS and CLERK_START_NS.
 */
#ifndef DAYFLY_CLERK_H
#define DAYFLY_CLERK_H

#include "common.h"

/* How long its start may take, with the answer to the first question, and a later answer. The worst event takes 20 ms. What is
 * left of the invocation's time may be less, but for a moment that each answer gets. */
#define CLERK_START_NS (5 * NS_PER_S)
#define CLERK_LIMIT_NS (1 * NS_PER_S)
#define CLERK_LEAST_NS (200 * NS_PER_MS)

enum {
    /* Of an event or an answer; a longer one has its length alone. MAX_READ_BYTES in core/activity.py. */
    CLERK_MAX_TEXT = 256 * 1024,
    /* The distributions of a package: MANY in supervisor/carried.py, of 150 characters each. */
    CLERK_MAX_REPLY = 512 * 1024,
    CLERK_NAMES_BYTES = 32,
    /* Of one question. */
    CLERK_MAX_PARTS = 8,
    /* Starts that came to nothing before it is left alone, for so many questions at a time: events whose handlers left it no time
     * are not to silence all later ones. */
    CLERK_MANY_FAILURES = 3,
    CLERK_PAUSE = 50,
};

struct supervisor;

struct clerk {
    pid_t pid; /* 0: there is none */
    int channel;
    unsigned failures, passed_over;
    /* What pseudonyms are made with: of the fleet's key, but not the part that proves lines. */
    uint8_t names[CLERK_NAMES_BYTES];
    size_t n_names;
    struct buffer reply;
};

/* Reserve its buffer. */
int clerk_init(struct clerk *clerk, struct fault *fault);

/* Ask, with `left` (ns) of the invocation's time: `kind` is the question's, `parts` what goes with it, each behind its length.
 * `reply` is valid until the next question. One that served before and does not answer is replaced once. -1 with a fault where no
 * answer comes in time; then there is no clerk any more. */
int clerk_ask(struct supervisor *s, int64_t left, char kind, const struct bytes *parts, size_t n, struct bytes *reply,
              struct fault *fault);

/* End it. */
void clerk_end(struct supervisor *s);

#endif
