#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"

/* A fork asked for at once competes with the handler for processors. A handler that takes longer than this either waits
 * for something, which leaves the processor to the fork, or takes so long that the fork does not show. */
#define FORK_AFTER_NS (1 * NS_PER_MS)
/* What cleaning may leave of an invocation's time; beyond it the rest waits for the next event. */
#define RESERVE_NS (500 * NS_PER_MS)
/* An event without a deadline gets Lambda's default timeout. */
#define DEFAULT_NS (3 * NS_PER_S)
/* No invocation lasts longer than 15 minutes, whatever a deadline says. */
#define LONGEST_NS (3600 * NS_PER_S)
/* Time that an event has lost on its way, and clocks that disagree: Lambda's timeouts are whole seconds. */
#define SKEW_NS (50 * NS_PER_MS)
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
/* A worker gets half of its time at least, however large the margin of `timeout_margin` is. */
enum { LEAST_SHARE = 2, FRAME_KEPT = 65536 };
/* A zygote that ends before it has forked a worker is not one that a worker has ended: the next one would do the same. */
enum { MOST_REBUILDS = 1 };

int lane_init(struct lane *lane, const char *address, struct report *report, struct fault *fault) {
    *lane = (struct lane){.state = LANE_IDLE, .worker_until = NEVER, .idle_at = NEVER, .closed_until = NEVER};
    infection_init(&lane->infections, report);
    reclaim_init(&lane->reclaim, &lane->infections);
    if (upstream_init(&lane->upstream, address, fault) != 0 ||
        arena_reserve(&lane->frame, EVENT_HEAD_BYTES + EVENT_MAX_BLOCK + HTTP_MAX_BODY, fault) != 0 ||
        arena_reserve(&lane->reader.head, ANSWER_HEAD_BYTES + MAX_META_BYTES, fault) != 0 ||
        arena_reserve(&lane->reader.body, MAX_ANSWER_BYTES + 1, fault) != 0)
        return -1;
    return arena_reserve(&lane->reader.note, MAX_NOTE_BYTES, fault);
}

/* ---- what is waited for --------------------------------------------------------------------- */

size_t lane_fds(const struct lane *lane, struct pollfd *out) {
    size_t n = 0;
    int ends[OUTPUT_STREAMS];
    if (lane->state == LANE_ASKING && reclaim_is_due(&lane->reclaim))
        n += reclaim_fds(&lane->reclaim, &lane->upstream, out);
    else if (lane->state != LANE_SERVING && upstream_wants(&lane->upstream, out))
        n++;
    if (lane->worker == NULL)
        return n;
    const struct worker *worker = lane->worker;
    if (lane->state == LANE_SERVING && lane->closed_until == NEVER) {
        short wanted = lane->unsent.head.n + lane->unsent.body.n > 0 ? POLLIN | POLLOUT : POLLIN;
        out[n++] = (struct pollfd){worker->channel, wanted, 0};
    }
    if (lane->state == LANE_SERVING && worker->pidfd >= 0)
        out[n++] = (struct pollfd){worker->pidfd, POLLIN, 0};
    size_t pipes = pipes_fds(&worker->pipes, ends);
    for (size_t i = 0; i < pipes; i++)
        out[n++] = (struct pollfd){ends[i], POLLIN, 0};
    return n;
}

static int64_t sooner(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* When the error of a refusal becomes the answer, NEVER where nothing was refused. */
static int64_t answer_until(const struct supervisor *s, const struct lane *lane) {
    if (lane->refusal_n == 0)
        return NEVER;
    return lane->refused_at + REFUSED_NS + (lane->is_describing ? DESCRIBED_NS + s->settings.fork_deliver : 0);
}

int64_t lane_due(const struct supervisor *s, const struct lane *lane) {
    if (lane->state == LANE_DELIVERING)
        return lane->deliver_until;
    if (lane->state == LANE_ASKING && reclaim_is_due(&lane->reclaim))
        return lane->reclaim.due;
    if (lane->state != LANE_SERVING)
        return NEVER;
    int64_t due = sooner(lane->worker_until, answer_until(s, lane));
    due = sooner(sooner(due, lane->idle_at), sooner(lane->closed_until, watch_due(&s->watch)));
    int64_t every = timers_every(&s->timers);
    if (lane->worker->pidfd < 0)
        every = sooner(every, LOOK_NS);
    return every == NEVER ? due : sooner(due, now_ns() + every);
}

/* ---- before the worker has it ---------------------------------------------------------------- */

static _Noreturn void lost_platform(struct supervisor *s, const struct lane *lane) {
    print_error(lane->upstream.fault.text, "the platform has ended; no further event can be served");
    loop_end(s, EXIT_NO_EVENTS);
}

/* When the invocation's time is over: for the platform, and for a worker that is ended before that. */
static void begin_time(struct supervisor *s, struct lane *lane, const struct reply *event) {
    int64_t deadline_ms;
    int64_t left = DEFAULT_NS;
    bool is_told = event_deadline_ms(event, &deadline_ms);
    infection_arrived(&lane->infections, lane->request_id, is_told ? deadline_ms : 0);
    if (is_told) {
        int64_t left_ms = deadline_ms - wall_ms();
        left = left_ms > LONGEST_NS / NS_PER_MS ? LONGEST_NS : left_ms < 0 ? 0 : left_ms * NS_PER_MS;
    }
    lane->began = now_ns();
    lane->until = lane->began + left;
    lane->worker_until = NEVER;
    if (s->settings.on_timeout_answer && is_told && left > 0) {
        int64_t most = left - s->settings.timeout_margin;
        lane->worker_until = lane->began + (most > left / LEAST_SHARE ? most : left / LEAST_SHARE);
    }
    /* The largest: an event that had waited for an init is left with less than the timeout. */
    int64_t timeout = (left - SKEW_NS + NS_PER_S - 1) / NS_PER_S * NS_PER_S;
    if (timeout > lane->timeout_ns)
        lane->timeout_ns = timeout;
}

/* Give the platform an outcome; its reply is awaited. */
static void send_outcome(struct lane *lane, const struct outcome *outcome) {
    answers_send(&lane->upstream, bytes_of(lane->request_id), bytes_of(lane->echo), outcome, lane->held);
    lane->state = LANE_ANSWERED;
}

/* Answer an event that no worker can be given with an error; nothing else changes, and the next event is served. */
static void refuse_event(struct lane *lane, const char *defect) {
    char message[512];
    (void)snprintf(message, sizeof(message), "request %s was answered with an error: %s", lane->request_id, defect);
    print_error(message, "check the event's source");
    answers_unreadable(&lane->failure, bytes_of(lane->request_id), defect);
    lane->ending = ENDING_UNREADABLE;
    struct outcome outcome = answers_outcome(&lane->failure);
    send_outcome(lane, &outcome);
}

static void take_event(struct supervisor *s, struct lane *lane) {
    const struct reply *event = upstream_reply(&lane->upstream);
    struct bytes id = event->headers[HTTP_REQUEST_ID];
    char defect[256];
    if (event->status < 200 || event->status >= 300 || !answers_is_request_id(id)) {
        /* Without a request id nobody can be answered, and it stands in the path of the answer. */
        char message[384];
        (void)snprintf(message, sizeof(message), "the Runtime API sent no event (status %d)%s%s", event->status,
                       event->defect == NULL ? "" : ": ", event->defect == NULL ? "" : event->defect);
        print_error(message, "the platform has ended; no further event can be served");
        loop_end(s, EXIT_NO_EVENTS);
    }
    bytes_copy(lane->request_id, sizeof(lane->request_id), id);
    bytes_copy(lane->echo, sizeof(lane->echo), event_echo(event));
    s->report.number++;
    memcpy(s->report.request_id, lane->request_id, sizeof(s->report.request_id));
    s->report.triggers = 0;
    lane->held = false;
    lane->must_retire = false;
    begin_time(s, lane, event);
    if (event_defect(event, defect, sizeof(defect))) {
        refuse_event(lane, defect);
        return;
    }
    lane->frame.n = EVENT_HEAD_BYTES;
    if (event_block(event, &lane->frame) != 0 || buffer_add(&lane->frame, event->body) != 0) {
        refuse_event(lane, "it is too long");
        return;
    }
    uint8_t nonce[NONCE_BYTES];
    if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
        loop_retire(s, "there are no random numbers");
    event_head(lane->frame.at, nonce, (uint32_t)(lane->frame.n - event->body.n - EVENT_HEAD_BYTES), event->body.n);
    upstream_give_back(&lane->upstream);
    if (s->places.is_pending && cleaner_clean(s, NEVER, &lane->retire_why))
        loop_retire(s, lane->retire_why.text);
    if (s->lock) {
        upstream_hold(&lane->upstream, bytes_of(lane->request_id), bytes_of(lane->echo));
        lane->state = LANE_HOLDING;
    } else {
        lane->state = LANE_WAITING;
    }
}

/* ---- the worker ------------------------------------------------------------------------------ */

struct reporting {
    struct supervisor *s;
    struct lane *lane;
};

static void take_report(void *context, const struct worker_report *report) {
    struct reporting *to = context;
    struct lane *lane = to->lane;
    if (report->finding.n > 0)
        witness_report(&to->s->witness, report->finding, report->is_current);
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
    own_connection(s, &lane->reclaim.probe);
    for (size_t i = 0; i < lane->reclaim.count; i++)
        own_connection(s, &lane->reclaim.overtaken[i]);
    for (size_t i = 0; i < s->routes.extension_count; i++) {
        struct sockaddr_storage at;
        socklen_t size = sizeof(at);
        int fd = s->routes.extensions[i].fd;
        if (fd >= 0 && getsockname(fd, (struct sockaddr *)&at, &size) == 0 &&
            endpoint_from(&own, (const struct sockaddr *)&at))
            watch_own(&s->watch, &own);
    }
}

static void hand_over(struct supervisor *s, struct lane *lane) {
    struct worker *worker = pool_take(s);
    struct reporting to = {s, lane};
    lane->worker = worker;
    lane->ending = ENDING_DIED;
    lane->refusal_n = 0;
    lane->is_describing = false;
    lane->closed_until = NEVER;
    lane->idle_at = now_ns() + FORK_AFTER_NS;
    answer_begin(&lane->reader, lane->frame.at, take_report, &to);
    lane->unsent = (struct delivery){buffer_bytes(&lane->frame), {NULL, 0}};
    if (s->ready.has_threads && zygote_rest(&s->zygote, &lane->why) != 0)
        pool_lose(s, &lane->why);
    /* From now on nothing of our user can be trusted. */
    s->signals.is_alone = false;
    (void)keeper_bind(&s->keeper, worker->pid, s->zombies);
    timers_guard(&s->timers, worker->pid, s->zygote.lifeline);
    /* Where the Runtime API is not locked, a supervisor that is held down ends, and with it the environment. */
    timers_arm(&s->timers, lane->held ? 0 : timers_patience(s->memory_mb));
    name_own_connections(s, lane);
    watch_hand_over(&s->watch, worker->pid, lane->until, !lane->held);
    /* A worker before this one, of the same uid, may have stopped it. */
    worker_signal(worker, SIGCONT);
    (void)worker_push(worker, &lane->unsent);
    lane->state = LANE_SERVING;
}

/* The worker's part is over: extensions do theirs, then the outcome goes out. */
static void finish_serving(struct supervisor *s, struct lane *lane, enum ending ending) {
    int64_t now = now_ns();
    lane->ending = ending;
    if ((ending == ENDING_DIED || ending == ENDING_LATE) && lane->refusal_n > 0)
        lane->ending = ENDING_REFUSED;
    int64_t left = lane->until - RESERVE_NS - now;
    if (left > s->settings.fork_deliver)
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

static void serve(struct supervisor *s, struct lane *lane, const struct pollfd *polled, size_t n) {
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
    if (watch_due(&s->watch) <= now) {
        enum sighting seen = watch_look(&s->watch, now);
        if (seen != SIGHTING_NONE) {
            lane->seen = seen == SIGHTING_CONNECTION ? "connection" : "overdue";
            (void)fault_set(&lane->why, seen == SIGHTING_CONNECTION ? "it connected to the Runtime API"
                                                                     : "its event has timed out, but the platform did not end it");
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

/* ---- its end --------------------------------------------------------------------------------- */

/* Kill the worker and everything it left, and prove them dead. */
static void end_worker(struct supervisor *s, struct lane *lane, struct swept *swept) {
    pid_t pid = lane->worker->pid;
    timers_arm(&s->timers, lane->held ? 0 : timers_patience(s->memory_mb) + SWEEP_PATIENCE_NS);
    /* Not SIGTERM: the function may handle it, and a handler that hangs keeps alive the process we want gone. */
    worker_signal(lane->worker, SIGKILL);
    (void)sweep_run(&s->sweep, &pid, 1, swept);
    routes_take_over(&s->routes);
    if (!swept->is_proved)
        /* Once the answer is out, whoever is still there could ask for the next event. */
        loop_retire(s, swept->fault.text);
    timers_disarm(&s->timers);
    timers_guard(&s->timers, 0, -1);
    loop_heed(s);
    s->signals.is_alone = true;
    s->zombies = swept->zombies;
}

/* What the platform is told about an invocation. */
static struct outcome decide(struct supervisor *s, struct lane *lane) {
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
        witness_late(&s->witness, worker->number, words);
        answers_timed_out(&lane->failure, id, lane->timeout_ns);
        break;
    case ENDING_HOSTILE:
        witness_hostile(&s->witness, worker->number, lane->why.text);
        answers_exited(&lane->failure, id, ANSWERS_NO_STATUS);
        break;
    case ENDING_DIED: {
        /* A zygote that rests is asked for the status, and must not see what the worker left. */
        if (s->ready.has_threads && cleaner_clean(s, NEVER, &lane->retire_why))
            loop_retire(s, lane->retire_why.text);
        int status = pool_status(s, worker->pid);
        witness_died(&s->witness, worker->number);
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

static void conclude(struct supervisor *s, struct lane *lane) {
    struct swept swept;
    struct worker *worker = lane->worker;
    if (lane->ending == ENDING_ANSWER && lane->reader.note.n > 0)
        (void)witness_note(&s->witness, buffer_bytes(&lane->reader.note));
    end_worker(s, lane, &swept);
    routes_end_invocation(&s->routes);
    infection_worker_ended(&lane->infections);
    /* Under the lock as well: what the kernel holds back of a request comes when nothing is refused any more. */
    if (!watch_settle(&s->watch))
        lane->reclaim.is_needed = true;
    if (swept.zygote_lost)
        pool_drop(s);
    struct outcome outcome = decide(s, lane);
    send_outcome(lane, &outcome);
    if (upstream_step(&lane->upstream) == UPSTREAM_LOST)
        lost_platform(s, lane);
    /* The platform takes its time over the answer; what is left to do needs no word from it. */
    lane->must_retire = pool_keep(s, &lane->retire_why);
    pool_bury(s, worker->pid);
    pool_fork_ahead(s, false);
    witness_dropped_log(&s->witness, output_finish(&s->output, &worker->pipes));
    worker_close(worker);
    lane->worker = NULL;
    witness_swept(&s->witness, swept.killed, swept.zombies);
    struct fault why;
    if (cleaner_clean(s, lane->until - RESERVE_NS, &why) && !lane->must_retire) {
        lane->must_retire = true;
        lane->retire_why = why;
    }
}

/* The platform has replied to the outcome. */
static void end_invocation(struct supervisor *s, struct lane *lane) {
    int status = upstream_reply(&lane->upstream)->status;
    if (status >= 500)
        /* "Container error. Non-recoverable state. Runtime should exit promptly." */
        loop_end(s, EXIT_NO_EVENTS);
    const char *seen = lane->ending == ENDING_INFECTED ? lane->seen : NULL;
    if (infection_judge(&lane->infections, status, seen, lane->why.text) || watch_has_remains(&s->watch))
        /* A request of somebody dead may wait at the platform, and would be given the next event. */
        lane->reclaim.is_needed = true;
    if (lane->must_retire)
        loop_retire(s, lane->retire_why.text);
    arena_empty(&lane->frame, FRAME_KEPT);
    arena_empty(&lane->reader.body, FRAME_KEPT);
    arena_empty(&lane->reader.head, FRAME_KEPT);
    s->report.request_id[0] = '\0';
    pool_tidy(s);
    lane->state = LANE_IDLE;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Have a worker ready, or on its way; true where one is ready. Nothing would wake us where neither is: without the means to
 * fork the environment retires. */
static bool prepare(struct supervisor *s) {
    struct fault fault;
    char message[384];
    for (int tries = 0; !pool_has_spare(s); tries++) {
        if (s->zygote.pid <= 0 && (s->rebuilds++ >= MOST_REBUILDS || boot_rebuild(s, &fault) != 0)) {
            if (s->rebuilds > MOST_REBUILDS)
                (void)fault_set(&fault, "its new zygote was lost before it forked a worker");
            (void)snprintf(message, sizeof(message), "the function could not be initialised again: %s", fault.text);
            print_error(message, "see the log records above");
            loop_end(s, EXIT_NO_EVENTS);
        }
        pool_fork_ahead(s, true);
        if (s->zygote.asked != NULL)
            return false;
        if (s->zygote.pid > 0 && tries > 0) {
            (void)snprintf(message, sizeof(message), "no worker can be forked: %s", s->fork_fault.text);
            loop_retire(s, message);
        }
    }
    return true;
}

static void tell_renewed(struct supervisor *s, int64_t age_s, uint64_t served) {
    char message[160];
    struct field fields[] = {
        FIELD_OF_NUMBER("age_s", age_s),
        {.name = "init_s", .kind = FIELD_THOUSANDTHS, .number = s->init_ns / NS_PER_MS},
        FIELD_OF_NUMBER("invocations", (int64_t)served),
    };
    (void)snprintf(message, sizeof(message), "the environment was renewed at an age of %lld s, after %llu invocations",
                   (long long)age_s, (unsigned long long)served);
    report_find(&s->report, FINDING_RENEWED, message, fields, COUNT(fields));
}

static void ask_for_event(struct supervisor *s, struct lane *lane) {
    struct fault fault;
    /* An init takes about as long as the one before; it must fit into the time of the invocation just answered. */
    if (pool_is_stale(s, 80) && !s->places.is_pending &&
        lane->until - now_ns() > s->init_ns + s->init_ns / 2 + RESERVE_NS) {
        int64_t age_s = pool_age_s(s);
        uint64_t served = s->report.number - s->zygote_born_number;
        if (boot_rebuild(s, &fault) != 0) {
            print_error(fault.text, "the function could not be initialised again");
            loop_end(s, EXIT_NO_EVENTS);
        }
        tell_renewed(s, age_s, served);
    }
    if (!prepare(s))
        return;
    pool_fork_ahead(s, !s->places.is_pending);
    if (watch_has_remains(&s->watch))
        lane->reclaim.is_needed = true;
    if (reclaim_is_due(&lane->reclaim))
        reclaim_begin(&lane->reclaim, &lane->upstream);
    else
        upstream_next(&lane->upstream);
    lane->state = LANE_ASKING;
}

/* Go on with what the platform was asked; true where it has replied. */
static bool platform_replied(struct supervisor *s, struct lane *lane, bool *is_continued) {
    bool reclaims = lane->state == LANE_ASKING && reclaim_is_due(&lane->reclaim);
    enum upstream_progress progress =
        reclaims ? reclaim_step(&lane->reclaim, &lane->upstream, now_ns()) : upstream_step(&lane->upstream);
    if (progress == UPSTREAM_LOST)
        lost_platform(s, lane);
    *is_continued = progress == UPSTREAM_CONTINUED;
    return progress == UPSTREAM_REPLIED;
}

static void step_once(struct supervisor *s, struct lane *lane, const struct pollfd *polled, size_t n) {
    bool is_continued;
    switch (lane->state) {
    case LANE_IDLE:
        ask_for_event(s, lane);
        break;
    case LANE_ASKING:
        if (platform_replied(s, lane, &is_continued))
            take_event(s, lane);
        break;
    case LANE_HOLDING:
        if (platform_replied(s, lane, &is_continued)) {
            witness_lock_refused(&s->witness, upstream_reply(&lane->upstream)->status);
            lane->state = LANE_WAITING;
        } else if (is_continued) {
            lane->held = true;
            lane->state = LANE_WAITING;
        }
        break;
    case LANE_WAITING:
        if (prepare(s))
            hand_over(s, lane);
        break;
    case LANE_SERVING:
        serve(s, lane, polled, n);
        break;
    case LANE_DELIVERING:
        if (now_ns() >= lane->deliver_until || routes_settled(&s->routes, false))
            conclude(s, lane);
        break;
    case LANE_ANSWERED:
        if (platform_replied(s, lane, &is_continued))
            end_invocation(s, lane);
        break;
    }
}

void lane_step(struct supervisor *s, struct lane *lane, const struct pollfd *polled, size_t n) {
    if (lane->worker != NULL)
        for (size_t i = 0; i < n; i++)
            if (polled[i].revents != 0 && polled[i].fd != lane->worker->channel && polled[i].fd != lane->worker->pidfd &&
                polled[i].fd != lane->upstream.fd)
                output_forward(&s->output, &lane->worker->pipes, polled[i].fd);
    for (;;) {
        enum lane_state before = lane->state;
        step_once(s, lane, polled, n);
        if (lane->state == before)
            return;
        n = 0;
    }
}
