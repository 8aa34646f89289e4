/* What a lane's worker does with an event, seen from outside: from handing over until it is proved dead, or waits, stopped,
 * for the next event of its window. */
#ifndef DAYFLY_SERVING_H
#define DAYFLY_SERVING_H

#include "answers.h"
#include "lane.h"
#include "sweep.h"

/* Hand the event in `lane->frame` to the worker whose window goes on, or to a fresh one, which must be ready. */
void serving_begin(struct supervisor *s, struct lane *lane);

/* When it must go on at the latest. */
int64_t serving_due(const struct supervisor *s, const struct lane *lane);

/* Take what the worker sent, and look at it; `polled` are `n` descriptors as poll left them. */
void serving_step(struct supervisor *s, struct lane *lane, const struct pollfd *polled, size_t n);

/* Say whether the worker that has answered goes on to serve; then it is stopped. What runs beside it is ended; what it left,
 * or sent beside its answer, ends it too. */
bool serving_stays(struct supervisor *s, struct lane *lane);

/* Say whether the worker of the event before may serve the next one. */
bool serving_goes_on(struct supervisor *s, struct lane *lane);

/* Process isolation, an event is here: the process gets none while it is at the Runtime API itself. */
void serving_evict(struct supervisor *s, struct lane *lane);

/* Process isolation, after an answer: end a process that sent more than that, which would be the next customer's, one that was
 * changed, or that has reached its age. */
void serving_settle(struct supervisor *s, struct lane *lane);

/* Kill the worker and everything it left, and prove them dead: without proof the environment retires. */
void serving_kill(struct supervisor *s, struct lane *lane, struct swept *swept);

/* Take leave of a worker that is proved dead. */
void serving_close(struct supervisor *s, struct lane *lane, const struct swept *swept);

/* What tells that a killed worker has closed its files, one descriptor at most; and when it is to be looked at. */
size_t serving_leaving_fds(const struct lane *lane, struct pollfd *out);
int64_t serving_leaving_due(const struct lane *lane);

/* Say whether what was killed has closed its files; then whoever that has ended was given up. Beyond its limit the environment
 * retires. */
bool serving_has_left(struct supervisor *s, struct lane *lane);

/* End a worker that serves no further event, and clear what it left, as after an invocation of its own. No worker: nothing
 * to do. */
void serving_end(struct supervisor *s, struct lane *lane);

/* What the platform is told about the invocation; the worker is dead or stays. */
struct outcome serving_outcome(struct supervisor *s, struct lane *lane);

#endif
