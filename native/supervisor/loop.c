/* Waits for everything at once: signals, the zygote, extensions' connections, and every lane. */
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* A fork of a gigabyte takes 50 ms; a zygote that does not answer for this long was stopped or is broken. */
#define FORK_LIMIT_NS (5 * NS_PER_S)
/* How often a zygote that owes something is looked at. */
#define LOOK_NS (100 * NS_PER_MS)
/* The clock goes on while an environment is frozen: after a longer gap between two looks than this, a fork under way is
 * waited for anew. */
#define GAP_NS (1 * NS_PER_S)

void print_error(const char *message, const char *hint) {
    (void)dprintf(STDERR_FILENO, "dayfly: error: %s\n  hint: %s\n", message, hint);
}

_Noreturn void loop_end(struct supervisor *s, int status) {
    struct swept swept;
    for (size_t i = 0; i < LANES; i++)
        if (s->lanes[i].worker != NULL)
            worker_signal(s->lanes[i].worker, SIGKILL);
    clerk_end(s);
    pool_drop(s);
    (void)sweep_run(&s->sweep, NULL, 0, &swept);
    cleaner_end(s);
    exit(status);
}

_Noreturn void loop_retire(struct supervisor *s, const char *why) {
    char message[320];
    struct fault changed;
    (void)process_limits_relieve(&s->process_limits);
    /* Says what was done to our limits, which may be the reason. */
    (void)pool_keep(s, &changed);
    (void)snprintf(message, sizeof(message), "the environment retires: %s", why);
    struct field fields[] = {FIELD_OF_TEXT("reason", why)};
    report_find(&s->report, FINDING_NOT_CLEAN, message, fields, COUNT(fields));
    loop_end(s, EXIT_NO_EVENTS);
}

void loop_heed(struct supervisor *s) {
    enum { SIGNALLED = 128 };
    if (signals_heed(&s->signals))
        loop_end(s, SIGNALLED + s->signals.ending);
}

/* Where in the set of descriptors each part's begin. */
struct poll_set {
    struct pollfd each[1 + ZYGOTE_MAX_FDS + ROUTES_MAX_FDS + LANES * LANE_MAX_FDS];
    size_t n;
    size_t zygote, n_zygote;
    size_t routes, n_routes;
    size_t lane[LANES], n_lane[LANES];
};

static void gather(const struct supervisor *s, struct poll_set *set) {
    set->each[0] = (struct pollfd){s->signals.descriptor, POLLIN, 0};
    set->n = 1;
    set->zygote = set->n;
    set->n_zygote = s->zygote.serves ? 0 : zygote_fds(&s->zygote, set->each + set->n);
    set->n += set->n_zygote;
    set->routes = set->n;
    set->n_routes = routes_fds(&s->routes, set->each + set->n);
    set->n += set->n_routes;
    for (size_t i = 0; i < LANES; i++) {
        set->lane[i] = set->n;
        set->n_lane[i] = lane_fds(&s->lanes[i], set->each + set->n);
        set->n += set->n_lane[i];
    }
}

/* How long to wait at most: until a lane is due, and while a fork is under way until the zygote is looked at. */
static int64_t due(const struct supervisor *s, int64_t now) {
    int64_t first = s->zygote.pid > 0 && s->zygote.asked != NULL ? now + LOOK_NS : NEVER;
    for (size_t i = 0; i < LANES; i++) {
        int64_t lane = lane_due(s, &s->lanes[i]);
        if (lane < first)
            first = lane;
    }
    return first;
}

/* Give up a zygote that owes a worker for too long; `since` is when it was first seen to. */
static void watch_fork(struct supervisor *s, int64_t now, int64_t *since, int64_t *looked) {
    bool is_owed = s->zygote.pid > 0 && s->zygote.asked != NULL;
    if (!is_owed || now - *looked > GAP_NS)
        *since = now;
    *looked = now;
    if (is_owed && now - *since > FORK_LIMIT_NS) {
        struct fault late;
        (void)fault_set(&late, "it did not answer within %d s", (int)(FORK_LIMIT_NS / NS_PER_S));
        pool_lose(s, &late);
    }
}

_Noreturn void loop_run(struct supervisor *s) {
    struct poll_set set;
    int64_t since = now_ns();
    int64_t looked = since;
    for (size_t i = 0; i < LANES; i++)
        lane_step(s, &s->lanes[i], NULL, 0);
    for (;;) {
        gather(s, &set);
        int64_t now = now_ns();
        if (poll(set.each, (nfds_t)set.n, poll_ms(due(s, now), now)) < 0) {
            /* EINTR: SIGCONT has a handler. EINVAL: a worker has lowered our limit of descriptors below what is waited for. */
            if (errno == EINVAL && !process_limits_relieve(&s->process_limits))
                loop_retire(s, "the supervisor's limits were lowered permanently, and it cannot wait for its worker");
            for (size_t i = 0; i < set.n; i++)
                set.each[i].revents = 0;
        }
        timers_rewind(&s->timers);
        if (set.each[0].revents != 0)
            loop_heed(s);
        for (size_t i = 0; i < set.n_routes; i++)
            if (set.each[set.routes + i].revents != 0) {
                routes_serve(&s->routes, set.each[set.routes + i].fd);
                /* The platform may have kept us waiting. */
                timers_rewind(&s->timers);
            }
        if (set.n_zygote > 0) {
            zygote_attend(&s->zygote, &s->output, set.each + set.zygote, set.n_zygote);
            pool_settle(s);
        }
        watch_fork(s, now_ns(), &since, &looked);
        for (size_t i = 0; i < LANES; i++)
            lane_step(s, &s->lanes[i], set.each + set.lane[i], set.n_lane[i]);
    }
}
