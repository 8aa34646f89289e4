#include "serving.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervisor.h"

/* A fork asked for at once competes with the handler for processors. A handler that takes longer than this either waits
 * for something, which leaves the processor to the fork, or takes so long that the fork does not show. */
#define FORK_AFTER_NS (1 * NS_PER_MS)
/* How long a worker that closed its channel may take to end. */
#define END_LIMIT_NS (1 * NS_PER_S)
/* How long a worker may take to answer by itself after an operation was refused: an error that comes out of the handler
 * is there within a millisecond. Together with killing and proving it stays below 0.1 s. */
#define REFUSED_NS (50 * NS_PER_MS)
/* And once the handler has ended: AWS's loop describes the error, on a small share of a processor. */
#define DESCRIBED_NS (1 * NS_PER_S)
/* Without pidfds a worker's end is only seen by looking. */
#define LOOK_NS (50 * NS_PER_MS)
/* More time for a sweep, which is at work for longer where hundreds of processes want the processor. */
#define SWEEP_PATIENCE_NS (5 * NS_PER_S)
/* How long what the dead held may take to be free: 1.5 s for 8 GB and its files, many times that on a share of a processor, and
 * a minute for ports (TCP_TIMEWAIT_LEN). */
#define LEAVE_LIMIT_NS (70 * NS_PER_S)
/* A peer may keep a connection for hours. That is told before the platform ends the environment, for its event's timeout. */
#define TELL_NS (500 * NS_PER_MS)
/* Where no descriptor tells, they are looked at. */
#define LEAVE_LOOK_NS (1 * NS_PER_MS)

/* ---- an event -------------------------------------------------------------------------------- */
struct reporting {
    struct supervisor *s;
    struct lane *lane;
};

static void take_report(void *context, const struct worker_report *report) {
    struct reporting *to = context;
    struct lane *lane = to->lane;
    if (report->finding.n > 0)
        invocation_findings_report(&to->s->invocation_findings, report->finding, report->is_current);
    if (!report->is_current)
        return;
    if (report->error.n > 0 && lane->refusal_n == 0) {
        memcpy(lane->refusal, report->error.at, report->error.n);
        lane->refusal_n = report->error.n;
        lane->refused_at = now_ns();
    }
    lane->is_describing |= lane->refusal_n > 0 && report->error.n == 0 && report->finding.n == 0;
}

static void own_connection(struct supervisor *s, const struct upstream *up) {
    struct endpoint own;
    if (up->own.sin_port != 0 && endpoint_from(&own, (const struct sockaddr *)&up->own))
        watch_own(&s->watch, &own);
    if (up->left_own.sin_port != 0 && endpoint_from(&own, (const struct sockaddr *)&up->left_own))
        watch_own(&s->watch, &own);
}

/* The connections to the Runtime API that are ours: the supervisor's own, and those that poll in extensions' names. */
static void name_own_connections(struct supervisor *s, struct lane *lane) {
    struct endpoint own;
    s->watch.n_own = 0;
    own_connection(s, &lane->upstream);
    own_connection(s, &lane->event_recovery.probe);
    for (size_t i = 0; i < lane->event_recovery.count; i++)
        own_connection(s, &lane->event_recovery.overtaken[i]);
    for (size_t i = 0; i < s->routes.extension_count; i++) {
        struct sockaddr_storage at;
        socklen_t size = sizeof(at);
        int fd = s->routes.extensions[i].fd;
        if (fd >= 0 && getsockname(fd, (struct sockaddr *)&at, &size) == 0 &&
            endpoint_from(&own, (const struct sockaddr *)&at))
            watch_own(&s->watch, &own);
    }
}

/* For how long we may be held down: where the Runtime API is not locked, the environment ends with us then. */
static int64_t patience(const struct supervisor *s, const struct lane *lane, int64_t more) {
    return lane->held ? 0 : timers_patience(s->memory_mb) + more;
}

/* The event in progress is given to a worker that an earlier one has changed. */
static void tell_served_afterwards(struct supervisor *s, struct lane *lane) {
    struct requests_after_infection *after = &lane->after_infection;
    char message[320];
    (void)snprintf(message, sizeof(message), "request %s tampered with this worker, which then served this request",
                   after->request_id);
    after->served++;
    struct field fields[] = {
        FIELD_OF_TEXT("source_request", after->request_id),
        FIELD_OF_NUMBER("invocation_of_source", (int64_t)after->number),
        FIELD_OF_NUMBER("served_afterwards", after->served),
        FIELD_OF_NUMBER("worker", lane->worker->number),
    };
    report_find(&s->report, FINDING_SERVED_AFTERWARDS, message, fields, COUNT(fields));
}

/* A fresh worker is about to serve its first event. */
static void take_worker(struct supervisor *s, struct lane *lane) {
    if (s->owns_kernel_objects)
        kernel_adopt(&s->kernel);
    lane->worker = pool_take(s);
    lane->reader.unread = 0;
    lane->after_infection.is_on = lane->was_seen = false;
    infection_fresh(&lane->infections);
    s->report.triggers = 0;
    if (lane->window_at > 0)
        window_open(&lane->window, &s->settings, s->tells_tenants ? &lane->tenant : NULL);
    (void)process_limits_bind(&s->process_limits, lane->worker->pid, s->zombies);
}

void serving_begin(struct supervisor *s, struct lane *lane) {
    struct reporting to = {s, lane};
    if (lane->worker == NULL)
        take_worker(s, lane);
    struct worker *worker = lane->worker;
    infection_serves(&lane->infections, lane->request_id);
    lane->ending = ENDING_DIED;
    lane->refusal_n = 0;
    lane->is_describing = false;
    lane->closed_until = NEVER;
    lane->idle_at = now_ns() + FORK_AFTER_NS;
    answer_begin(&lane->reader, lane->frame.at, take_report, &to);
    if (lane->window_at > 0)
        window_tell(&lane->window, renewal_left(s), lane->frame.at + lane->window_at);
    lane->unsent = (struct delivery){buffer_bytes(&lane->frame), {NULL, 0}};
    if (s->is_forking && s->ready.has_threads && zygote_rest(&s->zygote, &lane->why) != 0)
        pool_lose(s, &lane->why);
    zygote_begin_event(&s->zygote);
    /* From now on nothing of our user can be trusted. */
    s->signals.is_alone = false;
    timers_guard(&s->timers, worker->pid, s->zygote.lifeline);
    timers_arm(&s->timers, patience(s, lane, 0));
    name_own_connections(s, lane);
    watch_hand_over(&s->watch, worker->pid, lane->until, !lane->held);
    lane->pid_before = procfs_last_pid(&s->procfs);
    /* A worker before this one, of the same uid, may have stopped it. */
    worker_signal(worker, SIGCONT);
    invocation_metrics_handing(s, worker->pid, worker->number);
    (void)worker_push(worker, &lane->unsent);
    lane->state = LANE_SERVING;
    if (lane->after_infection.is_on)
        tell_served_afterwards(s, lane);
}

/* The worker's part is over: extensions do theirs, then the outcome goes out. */
static void finish_serving(struct supervisor *s, struct lane *lane, enum ending ending) {
    int64_t now = now_ns();
    lane->ending = ending;
    invocation_metrics_answered(s, lane->worker->pid);
    if (now - lane->began > lane->longest)
        lane->longest = now - lane->began;
    if ((ending == ENDING_DIED || ending == ENDING_LATE) && lane->refusal_n > 0)
        lane->ending = ENDING_REFUSED;
    int64_t left = lane->until - LANE_RESERVE_NS - now;
    if (s->is_forking && left > s->settings.fork_deliver)
        left = s->settings.fork_deliver;
    /* Of a late worker its extensions are as late as it is. */
    lane->deliver_until =
        s->routes.extension_count > 0 && ending != ENDING_LATE && left > 0 ? now + left : now;
    lane->state = LANE_DELIVERING;
}

static void take_answer(struct supervisor *s, struct lane *lane) {
    bool is_error = lane->reader.kind == ANSWER_ERROR;
    if (answers_acceptable(is_error, answer_meta(&lane->reader))) {
        finish_serving(s, lane, ENDING_ANSWER);
    } else {
        (void)fault_set(&lane->why, "answer with a forbidden header value");
        finish_serving(s, lane, ENDING_HOSTILE);
    }
}

/* When the error of a refusal becomes the answer, NEVER where nothing was refused. */
static int64_t answer_until(const struct supervisor *s, const struct lane *lane) {
    if (lane->refusal_n == 0)
        return NEVER;
    return lane->refused_at + REFUSED_NS + (lane->is_describing ? DESCRIBED_NS + s->settings.fork_deliver : 0);
}

/* Process isolation: end what runs beside the function; say whether nobody is at the Runtime API any more. */
static bool end_children(struct supervisor *s, const struct lane *lane) {
    struct swept swept;
    timers_arm(&s->timers, patience(s, lane, SWEEP_PATIENCE_NS));
    (void)sweep_run(&s->sweep, NULL, 0, &swept);
    timers_arm(&s->timers, patience(s, lane, 0));
    return swept.is_proved && watch_look_now(&s->watch) == SIGHTING_NONE;
}

int64_t serving_due(const struct supervisor *s, const struct lane *lane) {
    int64_t due = sooner(lane->worker_until, answer_until(s, lane));
    due = sooner(sooner(due, lane->idle_at), sooner(lane->closed_until, watch_due(&s->watch)));
    int64_t every = timers_every(&s->timers);
    if (lane->worker->pidfd < 0)
        every = sooner(every, LOOK_NS);
    return every == NEVER ? due : sooner(due, now_ns() + every);
}

void serving_step(struct supervisor *s, struct lane *lane, const struct pollfd *polled, size_t n) {
    struct worker *worker = lane->worker;
    struct reporting to = {s, lane};
    bool is_readable = false;
    bool has_ended = worker->pidfd < 0 && !worker_is_running(worker, &s->procfs);
    int64_t now = now_ns();
    lane->reader.context = &to;
    for (size_t i = 0; i < n; i++) {
        if (polled[i].revents == 0)
            continue;
        if (polled[i].fd == worker->channel && lane->closed_until == NEVER) {
            is_readable = (polled[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
            if ((polled[i].revents & POLLOUT) != 0)
                (void)worker_push(worker, &lane->unsent);
        } else if (polled[i].fd == worker->pidfd) {
            has_ended = true;
        }
    }
    enum sighting seen = SIGHTING_NONE;
    if (!lane->held && process_limits_is_demoted(&s->process_limits)) {
        /* Nobody else does so, and we may not run again for seconds. Nothing here can be trusted to serve once more, so all end
         * in one call, the zygote too; what is behind the answer comes when nobody holds us up any more. */
        (void)sweep_first(&s->sweep);
        lane->seen = SIGHTING_DEMOTED;
        finish_serving(s, lane, ENDING_INFECTED);
        return;
    }
    if (watch_due(&s->watch) <= now) {
        name_own_connections(s, lane);
        seen = watch_look(&s->watch, now);
    }
    if (seen != SIGHTING_NONE) {
        bool was_seen = lane->was_seen || lane->seen != SIGHTING_NONE;
        lane->seen = seen;
        /* Not a process that serves others as well, once nobody beside it is there: it is ended after its answer. */
        if (s->is_forking || was_seen || !end_children(s, lane)) {
            finish_serving(s, lane, ENDING_INFECTED);
            return;
        }
    }
    if (is_readable || has_ended) {
        switch (worker_pull(worker, &lane->reader, &s->piece, &lane->why)) {
        case PULLED_ANSWER:
            take_answer(s, lane);
            return;
        case PULLED_OFFENCE:
            finish_serving(s, lane, ENDING_HOSTILE);
            return;
        case PULLED_END:
            /* Its process is about to end, unless it lives on without a way to answer. */
            if (!has_ended && lane->closed_until == NEVER)
                lane->closed_until = now + END_LIMIT_NS;
            break;
        case PULLED_NOTHING:
            break;
        }
        if (has_ended) {
            finish_serving(s, lane, ENDING_DIED);
            return;
        }
    }
    if (now >= lane->closed_until) {
        (void)fault_set(&lane->why, "it closed its channel and kept running");
        finish_serving(s, lane, ENDING_HOSTILE);
    } else if (now >= lane->worker_until || now >= answer_until(s, lane)) {
        finish_serving(s, lane, ENDING_LATE);
    } else if (now >= lane->idle_at) {
        lane->idle_at = NEVER;
        pool_fork_ahead(s, false);
    }
}

/* ---- its window ------------------------------------------------------------------------------- */

static bool is_over(const struct supervisor *s, const struct lane *lane) {
    return window_is_over(&lane->window) || (s->report.triggers & s->settings.retire_on) != 0;
}

/* Say whether nothing came from a worker but its answers. */
static bool is_silent(struct supervisor *s, const struct lane *lane) {
    if (lane->unsent.head.n + lane->unsent.body.n > 0)
        invocation_findings_hostile(&s->invocation_findings, lane->worker->number,
                                    "it answered before it read its event");
    else if (lane->reader.said_more || worker_has_spoken(lane->worker))
        /* Nothing is asked of it: a frame sent ahead would be an answer to somebody else's event. */
        invocation_findings_hostile(&s->invocation_findings, lane->worker->number,
                                    "it sent data between two events");
    else
        return true;
    return false;
}

/* End what runs beside a worker that stays; false if nothing proves that nothing does. */
static bool is_alone(struct supervisor *s, struct lane *lane) {
    struct swept swept;
    if (procfs_last_pid(&s->procfs) == lane->pid_before && lane->pid_before >= 0)
        /* Nothing was born since the event was handed over. One who makes the numbers go round once gains what he has
         * anyway: a process for as long as his worker's window. */
        return true;
    if (sweep_spare(&s->sweep, lane->worker->pid) != 0)
        return false;
    (void)sweep_run(&s->sweep, NULL, 0, &swept);
    sweep_forget(&s->sweep, lane->worker->pid);
    pool_settle_sweep(s, &swept);
    invocation_findings_swept(&s->invocation_findings, swept.killed, swept.zombies);
    lane->pid_before = s->sweep.proved_at;
    return swept.is_proved && s->zygote.pid > 0;
}

/* Say whether a worker that is told to stop does: one that does not could take the next event by itself. */
static bool rests(struct supervisor *s, const struct lane *lane) {
    enum rest rest = worker_pause(lane->worker, &s->procfs);
    if (rest == REST_CONTINUED)
        invocation_findings_hostile(&s->invocation_findings, lane->worker->number,
                                    "it could not be stopped between two events");
    return rest == REST_PAUSED;
}

/* Say whether nothing of `retire_on` was left or seen of a worker that is stopped. */
static bool is_spotless(struct supervisor *s, const struct lane *lane) {
    if (!is_silent(s, lane))
        return false;
    if ((s->settings.retire_on & RETIRE_ON_SUSPICION) != 0 && lane->worker->pipes.dropped > 0)
        return false;
    if ((s->settings.retire_on & RETIRE_ON_RESIDUE) != 0 && cleaner_has_more(s))
        return false;
    return (s->report.triggers & s->settings.retire_on) == 0;
}

/* Say whether a worker that goes on to serve is not at the Runtime API; what it had asked for it would be given later. */
static bool is_absent(struct supervisor *s, struct lane *lane) {
    infection_worker_ended(&lane->infections);
    name_own_connections(s, lane);
    enum sighting seen = watch_look_at_end(&s->watch);
    if (lane->seen == SIGHTING_NONE)
        lane->seen = seen;
    return lane->seen == SIGHTING_NONE;
}

bool serving_stays(struct supervisor *s, struct lane *lane) {
    if (!serves_windows(s) || lane->ending != ENDING_ANSWER || s->zygote.pid <= 0)
        return false;
    lane->window.served++;
    bool is_error = lane->reader.kind == ANSWER_ERROR || lane->refusal_n > 0;
    /* The rest of too long an answer is still on its way, in the place of the next one. */
    if ((is_error && (s->settings.retire_on & RETIRE_ON_ERROR) != 0) || answer_is_too_long(&lane->reader) ||
        is_over(s, lane) || renewal_is_time(s, lane->until - now_ns(), LANE_RENEW_AT) ||
        !routes_settled(&s->routes, true))
        return false;
    timers_arm(&s->timers, patience(s, lane, SWEEP_PATIENCE_NS));
    worker_signal(lane->worker, SIGSTOP);
    /* Once more when it rests: until its last thread has stopped it may start processes. */
    if (!is_alone(s, lane) || !rests(s, lane) || !is_alone(s, lane) || !is_spotless(s, lane) || !is_absent(s, lane))
        return false;
    /* It may have arranged to be continued: stops of ours are undone as before, but nobody is held down while all wait. */
    timers_arm(&s->timers, 0);
    return true;
}

bool serving_goes_on(struct supervisor *s, struct lane *lane) {
    const struct worker *worker = lane->worker;
    if (worker == NULL || !worker_is_running(worker, &s->procfs))
        return false;
    return !s->is_forking ||
           (procfs_is_dying(&s->procfs, worker->pid) == 0 && window_admits(&lane->window, &lane->tenant) && is_silent(s, lane) && !is_over(s, lane));
}

/* ---- process isolation ------------------------------------------------------------------------- */

void serving_evict(struct supervisor *s, struct lane *lane) {
    if (s->is_forking || lane->worker == NULL || is_absent(s, lane))
        return;
    bool are_gone = end_children(s, lane);
    if (!are_gone)
        (void)sweep_first(&s->sweep);
    if (lane->infections.served_count > 0) {
        /* The invocation of the event that is here has no part in it. */
        infection_between(&lane->infections, sighting_name(lane->seen), sighting_words(lane->seen));
        lane->seen = SIGHTING_NONE;
        lane->was_seen = lane->event_recovery.is_needed = true;
    }
    if (!are_gone)
        serving_end(s, lane);
}

void serving_settle(struct supervisor *s, struct lane *lane) {
    const unsigned ends_changed = RETIRE_ON_RESIDUE | RETIRE_ON_SUSPICION;
    output_settle(&s->output, &lane->worker->pipes);
    bool is_talker = !answer_is_too_long(&lane->reader) && worker_is_running(lane->worker, &s->procfs) && !is_silent(s, lane);
    /* Without the second what was planted would serve for hours. */
    if (s->serves_once || is_talker || lane->was_seen || (lane->after_infection.is_on && (s->settings.retire_on & ends_changed) != 0) ||
        renewal_is_time(s, lane->until - now_ns(), LANE_RENEW_AT) || !worker_is_running(lane->worker, &s->procfs)) {
        serving_end(s, lane);
        return;
    }
    if (!is_absent(s, lane))
        /* At once: the platform's reply, with which its infection is reported and it is ended, takes its time. */
        (void)sweep_first(&s->sweep);
    timers_arm(&s->timers, 0);
}

/* ---- its end --------------------------------------------------------------------------------- */

/* Take what a worker that gave no answer had still reported: its end was seen before its socket was read. */
static void hear_the_rest(struct supervisor *s, struct lane *lane) {
    struct reporting to = {s, lane};
    struct fault why;
    if (lane->ending == ENDING_ANSWER || lane->ending == ENDING_HOSTILE || lane->reader.is_whole)
        return;
    lane->reader.context = &to;
    (void)worker_pull(lane->worker, &lane->reader, &s->piece, &why);
}

void serving_kill(struct supervisor *s, struct lane *lane, struct swept *swept) {
    pid_t pid = lane->worker->pid;
    timers_arm(&s->timers, patience(s, lane, SWEEP_PATIENCE_NS));
    /* Not SIGTERM: the function may handle it, and a handler that hangs keeps alive the process we want gone. */
    worker_signal(lane->worker, SIGKILL);
    /* Woken on its processor, we hold it up there, and it would tear its memory down in our way: see boot.c. */
    if (s->is_forking && CPU_COUNT(&s->elsewhere) > 0)
        (void)sched_setaffinity(pid, sizeof(s->elsewhere), &s->elsewhere);
    (void)sweep_run(&s->sweep, &pid, 1, swept);
    if (!swept->is_proved)
        /* Once the answer is out, whoever is still there could ask for the next event. */
        loop_retire(s, swept->fault.text);
    timers_disarm(&s->timers);
    timers_guard(&s->timers, 0, -1);
    hear_the_rest(s, lane);
    loop_heed(s);
    s->signals.is_alone = true;
    s->zombies = swept->zombies;
    infection_worker_ended(&lane->infections);
    /* Under the lock as well: what the kernel holds back of a request comes when nothing is refused any more. */
    if (!watch_settle(&s->watch))
        lane->event_recovery.is_needed = true;
    pool_settle_sweep(s, swept);
}

static void close_leaving(struct leaving *leaving) {
    if (leaving->pidfd >= 0)
        (void)close(leaving->pidfd);
    leaving->pidfd = -1;
}

/* Wait from now on for the worker, and for who was killed with it, to close their files. */
static void leave(const struct supervisor *s, struct lane *lane, const struct swept *swept) {
    struct leaving *leaving = &lane->leaving;
    leaving->until = now_ns() + LEAVE_LIMIT_NS;
    /* Of two one alone has a descriptor here. */
    leaving->looks_round |= swept->leaves_more || lane->worker->pidfd < 0 || leaving->pidfd >= 0;
    close_leaving(leaving);
    leaving->pidfd = lane->worker->pidfd;
    lane->worker->pidfd = -1;
    memcpy(leaving->request_id, s->report.request_id, sizeof(leaving->request_id));
}

size_t serving_leaving_fds(const struct lane *lane, struct pollfd *out) {
    if (lane->leaving.until == 0 || lane->leaving.pidfd < 0)
        return 0;
    *out = (struct pollfd){lane->leaving.pidfd, POLLIN, 0};
    return 1;
}

int64_t serving_leaving_due(const struct lane *lane) {
    const struct leaving *leaving = &lane->leaving;
    if (leaving->until == 0)
        return NEVER;
    return leaving->pidfd < 0 ? now_ns() + LEAVE_LOOK_NS : leaving->until;
}

/* Say whether closed connections leave the next event what it needs. */
static bool has_room(struct supervisor *s, struct leaving *leaving) {
    char message[160];
    const char *lack = sockets_lack(&s->watch.sockets, s->scope.platform == PLATFORM_LAMBDA, s->sweep.n_extensions > 0);
    if (lack == NULL)
        return true;
    (void)snprintf(message, sizeof(message), "closed connections take %s; the next event waits for them, a minute at most", lack);
    if (!leaving->waits_for_connections)
        print_error(message, "reuse connections between requests");
    leaving->waits_for_connections = true;
    return false;
}

/* Say whether nothing is held any more by who was killed. */
static bool have_left(struct supervisor *s, struct leaving *leaving) {
    struct pollfd look = {leaving->pidfd, POLLIN, 0};
    if (leaving->pidfd >= 0 && poll(&look, 1, 0) <= 0)
        return false;
    close_leaving(leaving);
    if (leaving->looks_round && sweep_leaving(&s->sweep) != 0)
        return false;
    /* A channel has two ends. */
    long own = 0;
    for (size_t i = 0; i < WORKERS; i++)
        own += s->workers[i].channel >= 0 ? 2 : 0;
    return !s->scope.is_environment || (flight_is_over(&s->flight, own) && cleaner_keys_are_gone(s) && has_room(s, leaving));
}

bool serving_has_left(struct supervisor *s, struct lane *lane) {
    struct leaving *leaving = &lane->leaving;
    char next[sizeof(leaving->request_id)];
    if (leaving->until == 0)
        return true;
    /* What is found now is of the invocation that they ended with. */
    memcpy(next, s->report.request_id, sizeof(next));
    memcpy(s->report.request_id, leaving->request_id, sizeof(next));
    bool have = have_left(s, leaving);
    int64_t now = now_ns();
    if (!have && (now > leaving->until || (leaving->waits_for_connections && now > lane->until - TELL_NS)))
        loop_retire(s, "what ended processes held (files, ports, memory of connections) was not released");
    if (have) {
        *leaving = (struct leaving){.pidfd = -1};
        pool_settle_losses(s);
        /* A socket that the dead had bound passed for an extension's until it was closed; so does a file tell then that it was open. */
        if (lane->worker == NULL && (held_has_asked(&s->held) || cleaner_has_news(s)) && cleaner_clean(s, NEVER, &lane->retire_why))
            loop_retire(s, lane->retire_why.text);
    }
    memcpy(s->report.request_id, next, sizeof(next));
    return have;
}

void serving_close(struct supervisor *s, struct lane *lane, const struct swept *swept) {
    uint64_t dropped = output_finish(&s->output, &lane->worker->pipes);
    /* With its socket go descriptors that it left in flight there, and the last to hold a connection waits for its peer
     * (SO_LINGER), for hours if he likes, unless a signal comes. */
    timers_arm(&s->timers, 0);
    leave(s, lane, swept);
    worker_close(lane->worker);
    timers_disarm(&s->timers);
    lane->worker = NULL;
    if (!s->is_forking)
        return;
    invocation_findings_dropped_log(&s->invocation_findings, dropped);
    invocation_findings_swept(&s->invocation_findings, swept->killed, swept->zombies);
}

void serving_end(struct supervisor *s, struct lane *lane) {
    struct swept swept;
    struct fault why;
    if (lane->worker == NULL)
        return;
    pid_t pid = lane->worker->pid;
    routes_drop_peers(&s->routes);
    if (!s->is_forking)
        pool_drop(s);
    serving_kill(s, lane, &swept);
    pool_bury(s, pid);
    serving_close(s, lane, &swept);
    /* What a process of its own leaves is removed before the next init. */
    if (s->is_forking && cleaner_clean(s, NEVER, &why))
        loop_retire(s, why.text);
}

struct outcome serving_outcome(struct supervisor *s, struct lane *lane) {
    struct bytes id = bytes_of(lane->request_id);
    const struct worker *worker = lane->worker;
    char words[64];
    switch (lane->ending) {
    case ENDING_ANSWER:
        if (lane->refusal_n == 0 || lane->reader.kind != ANSWER_RESULT || answer_is_too_long(&lane->reader))
            return (struct outcome){lane->reader.kind == ANSWER_ERROR, NULL, answer_meta(&lane->reader),
                                    buffer_bytes(&lane->reader.body)};
        /* A refusal that the function swallowed. */
        return (struct outcome){true, NULL, {NULL, 0}, {lane->refusal, lane->refusal_n}};
    case ENDING_REFUSED:
        return (struct outcome){true, NULL, {NULL, 0}, {lane->refusal, lane->refusal_n}};
    case ENDING_LATE:
        answers_timeout_words(lane->timeout_ns, words, sizeof(words));
        invocation_findings_late(&s->invocation_findings, worker->number, words);
        answers_timed_out(&lane->failure, id, lane->timeout_ns);
        break;
    case ENDING_HOSTILE:
        invocation_findings_hostile(&s->invocation_findings, worker->number, lane->why.text);
        answers_exited(&lane->failure, id, ANSWERS_NO_STATUS);
        break;
    case ENDING_DIED: {
        /* A zygote that rests is asked for the status, and must not see what the worker left. */
        if (s->is_forking && s->ready.has_threads && cleaner_clean(s, NEVER, &lane->retire_why))
            loop_retire(s, lane->retire_why.text);
        int status = pool_status(s, worker->pid);
        invocation_findings_died(&s->invocation_findings, worker->number);
        answers_exited(&lane->failure, id, status);
        break;
    }
    case ENDING_INFECTED:
    case ENDING_UNREADABLE:
        answers_exited(&lane->failure, id, ANSWERS_NO_STATUS);
        break;
    }
    return answers_outcome(&lane->failure);
}
