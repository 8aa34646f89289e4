#include "supervisor.h"

#include <sys/random.h>

#include "arena.h"
#include "serving.h"

/* An event without a deadline gets Lambda's default timeout. */
#define DEFAULT_NS (3 * NS_PER_S)
/* No invocation lasts longer than 15 minutes, whatever a deadline says. */
#define LONGEST_NS (3600 * NS_PER_S)
/* Time that an event has lost on its way, and clocks that disagree: Lambda's timeouts are whole seconds. */
#define SKEW_NS (50 * NS_PER_MS)
/* A worker gets half of its time at least, however large the margin of `timeout_margin` is. */
enum {
    LEAST_SHARE = 2,
    /* The share of an event's time that may go before its handler begins: the next may take longer than any before it. */
    SPARE_SHARE = 4,
    FRAME_KEPT = 65536,
    WINDOW_BYTES = 64,
};
/* How long the platform may take to agree to an open response: half of the event's time within these. AWS's emulator does so in a
 * tenth of a millisecond; who gives up too soon on a busy machine goes without the lock. After so many in a row the environment retires. */
#define HOLD_LEAST_NS (1 * NS_PER_S)
#define HOLD_MOST_NS (5 * NS_PER_S)
#define MANY_UNHELD 3
/* A zygote that ends before it has forked a worker is not one that a worker has ended: the next one would do the same. */
enum { MOST_REBUILDS = 1 };

int lane_init(struct lane *lane, const char *address, struct report *report, struct fault *fault) {
    bytes_clear(lane, sizeof(*lane));
    lane->leaving.pidfd = -1;
    lane->state = LANE_IDLE;
    lane->worker_until = lane->idle_at = lane->closed_until = NEVER;
    infection_init(&lane->infections, report);
    event_recovery_init(&lane->event_recovery, &lane->infections);
    if (upstream_init(&lane->upstream, address, fault) != 0 ||
        arena_reserve(&lane->frame, EVENT_HEAD_BYTES + EVENT_MAX_BLOCK + WINDOW_BYTES + HTTP_MAX_BODY, fault) != 0 ||
        arena_reserve(&lane->reader.head, ANSWER_HEAD_BYTES + MAX_META_BYTES, fault) != 0 ||
        arena_reserve(&lane->reader.body, ANSWER_BODY_BYTES, fault) != 0)
        return -1;
    return arena_reserve(&lane->reader.note, MAX_NOTE_BYTES, fault);
}

/* ---- what is waited for --------------------------------------------------------------------- */

size_t lane_fds(const struct lane *lane, struct pollfd *out) {
    size_t n = 0;
    int ends[OUTPUT_STREAMS];
    if (lane->state == LANE_ASKING && event_recovery_is_due(&lane->event_recovery))
        n += event_recovery_fds(&lane->event_recovery, &lane->upstream, out);
    else if (lane->state != LANE_SERVING && upstream_wants(&lane->upstream, out))
        n++;
    if (lane->state == LANE_LEAVING || lane->state == LANE_WAITING)
        n += serving_leaving_fds(lane, out + n);
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

int64_t lane_due(const struct supervisor *s, const struct lane *lane) {
    if (lane->state == LANE_DELIVERING)
        return lane->deliver_until;
    if (lane->state == LANE_HOLDING)
        return lane->hold_until;
    if (lane->state == LANE_ASKING && event_recovery_is_due(&lane->event_recovery))
        return lane->event_recovery.due;
    if (lane->state == LANE_LEAVING || lane->state == LANE_WAITING)
        return serving_leaving_due(lane);
    return lane->state == LANE_SERVING ? serving_due(s, lane) : NEVER;
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

/* What of its time an event that has just come can do without, if it takes as long as others did. */
static int64_t spare_time(const struct lane *lane) {
    int64_t left = sooner(lane->until, lane->worker_until) - now_ns();
    return sooner(left - lane->longest, left / SPARE_SHARE);
}

/* Give the platform an outcome; its reply is awaited. The service that awaits an HTTP response gets one in any case: an error by
 * trailers may count as a success, of which an HTTP API and a function URL would make a 200, stack trace and all. */
static void send_outcome(struct lane *lane, const struct outcome *outcome) {
    struct outcome sent = *outcome;
    if (lane->is_open && sent.is_error && lane->service != SERVICE_NONE)
        sent.body = service_failure(lane->service);
    answers_send(&lane->upstream, bytes_of(lane->request_id), bytes_of(lane->echo), &sent, lane->is_open);
    lane->state = LANE_ANSWERED;
}

/* Answer an event that no worker can be given with an error; nothing else changes, and the next event is served. */
static void refuse_event(struct supervisor *s, struct lane *lane, const char *defect) {
    char message[512];
    (void)snprintf(message, sizeof(message), "request %s was answered with an error: %s", lane->request_id, defect);
    print_error(message, "check the event's source");
    answers_unreadable(&lane->failure, bytes_of(lane->request_id), defect);
    lane->ending = ENDING_UNREADABLE;
    struct outcome outcome = answers_outcome(&lane->failure);
    send_outcome(lane, &outcome);
    invocation_metrics_sent(s, &outcome);
}

static void wait_for_hold(struct lane *lane) {
    int64_t now = now_ns(), share = (lane->until - now) / LEAST_SHARE;
    lane->hold_until = now + (share < HOLD_LEAST_NS ? HOLD_LEAST_NS : sooner(share, HOLD_MOST_NS));
}

static void take_event(struct supervisor *s, struct lane *lane) {
    const struct reply *event = upstream_reply(&lane->upstream);
    struct bytes id = event->headers[HTTP_REQUEST_ID];
    char defect[256];
    if (event->status == EVENT_RECOVERY_REFUSED && !event_recovery_is_due(&lane->event_recovery)) {
        /* Somebody dead has asked between the answer and us, unseen. */
        lane->event_recovery.is_needed = true;
        lane->state = LANE_IDLE;
        return;
    }
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
    invocation_metrics_arrived(s);
    memcpy(s->report.request_id, lane->request_id, sizeof(s->report.request_id));
    lane->held = lane->is_open = false;
    lane->must_retire = false;
    begin_time(s, lane, event);
    if (event_defect(event, defect, sizeof(defect))) {
        refuse_event(s, lane, defect);
        return;
    }
    lane->frame.n = EVENT_HEAD_BYTES;
    bool is_window = serves_windows(s);
    bool fits = event_block(event, &lane->frame) == 0 && (!is_window || window_reserve(&lane->frame) == 0);
    lane->window_at = is_window && fits ? lane->frame.n - 1 - WINDOW_VALUE_BYTES : 0;
    if (!fits || buffer_add(&lane->frame, event->body) != 0) {
        refuse_event(s, lane, "it is too long");
        return;
    }
    uint8_t nonce[NONCE_BYTES];
    if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
        loop_retire(s, "there are no random numbers");
    event_head(lane->frame.at, nonce, (uint32_t)(lane->frame.n - event->body.n - EVENT_HEAD_BYTES), event->body.n);
    if (s->tells_tenants)
        tenants_find(&s->tenants, event, &lane->tenant);
    lane->service = s->lock == LOCK_OFF ? SERVICE_NONE : service_of(event->body);
    upstream_give_back(&lane->upstream);
    if (cleaner_is_pending(s) && cleaner_clean(s, NEVER, &lane->retire_why))
        loop_retire(s, lane->retire_why.text);
    serving_evict(s, lane);
    int64_t spare = spare_time(lane);
    bool is_time = spare > 0 && renewal_is_time(s, spare, 100);
    if (is_time || !serving_goes_on(s, lane))
        serving_end(s, lane);
    if (is_time)
        renewal_run(s, spare);
    if (s->lock == LOCK_ON || lane->service != SERVICE_NONE) {
        upstream_hold(&lane->upstream, bytes_of(lane->request_id), bytes_of(lane->echo));
        wait_for_hold(lane);
        lane->state = LANE_HOLDING;
    } else {
        watch_arrived(&s->watch);
        lane->state = LANE_WAITING;
    }
}

/* ---- its end --------------------------------------------------------------------------------- */

/* Send an outcome. The platform takes its time over it; what is left to do needs no word from it. */
static void deliver(struct supervisor *s, struct lane *lane, const struct outcome *outcome) {
    send_outcome(lane, outcome);
    if (upstream_step(&lane->upstream) == UPSTREAM_LOST)
        lost_platform(s, lane);
    invocation_metrics_sent(s, outcome);
    lane->must_retire = pool_keep(s, &lane->retire_why);
}

/* Process isolation: the process stays, and nothing that it uses is taken from it, unless it gave no answer. */
static void conclude_process(struct supervisor *s, struct lane *lane) {
    struct outcome outcome = serving_outcome(s, lane);
    if (lane->ending != ENDING_ANSWER) {
        serving_end(s, lane);
        routes_take_over(&s->routes);
    }
    routes_end_invocation(&s->routes);
    deliver(s, lane, &outcome);
    if (lane->worker != NULL)
        serving_settle(s, lane);
}

static void conclude(struct supervisor *s, struct lane *lane) {
    struct swept swept;
    struct worker *worker = lane->worker;
    if (lane->ending == ENDING_ANSWER && lane->reader.note.n > 0 &&
        invocation_findings_note(&s->invocation_findings, buffer_bytes(&lane->reader.note)) &&
        !lane->after_infection.is_on) {
        lane->after_infection = (struct requests_after_infection){.is_on = true, .number = s->report.number};
        memcpy(lane->after_infection.request_id, lane->request_id, sizeof(lane->request_id));
    }
    if (!s->is_forking) {
        conclude_process(s, lane);
        return;
    }
    bool stays = serving_stays(s, lane);
    if (!stays) {
        serving_kill(s, lane, &swept);
        routes_take_over(&s->routes);
    }
    routes_end_invocation(&s->routes);
    struct outcome outcome = serving_outcome(s, lane);
    deliver(s, lane, &outcome);
    if (stays) {
        /* With its files: nothing is taken from it before its window ends. */
        output_settle(&s->output, &worker->pipes);
        if (s->zygote.pid <= 0)
            serving_end(s, lane);
        return;
    }
    pool_bury(s, worker->pid);
    if (s->n_spares == 0)
        pool_fork_ahead(s, false);
    serving_close(s, lane, &swept);
    struct fault why;
    if (cleaner_clean(s, lane->until - LANE_RESERVE_NS, &why) && !lane->must_retire) {
        lane->must_retire = true;
        lane->retire_why = why;
    }
}

/* The platform takes no answer, which nobody else has given for all that is known: its invocation is not over, and the runtime
 * ends of it as AWS's own client does. */
static _Noreturn void refused_answer(struct supervisor *s, const struct lane *lane, int status) {
    char message[256];
    (void)snprintf(message, sizeof(message), "the Runtime API refused the answer to request %s (status %d)",
                   lane->request_id, status);
    print_error(message, "the platform starts the runtime again");
    loop_end(s, EXIT_NO_EVENTS);
}

/* The platform has replied to the outcome. */
static void end_invocation(struct supervisor *s, struct lane *lane) {
    const struct reply *reply = upstream_reply(&lane->upstream);
    if (reply->status >= 500)
        /* "Container error. Non-recoverable state. Runtime should exit promptly." */
        loop_end(s, EXIT_NO_EVENTS);
    enum reply_shows shows = infection_read(reply);
    bool is_sent_twice = lane->upstream.is_repeated;
    if (shows == REPLY_UNCLEAR && !lane->is_open && !is_sent_twice) {
        upstream_repeat(&lane->upstream);
        return;
    }
    if (!s->is_forking && shows != REPLY_ACCEPTED && lane->ending != ENDING_UNREADABLE)
        /* First: who took the runtime's place would go on while it is reported. */
        (void)sweep_first(&s->sweep);
    bool is_infected = false;
    if (lane->seen != SIGHTING_NONE || !is_sent_twice)
        /* A second one may be refused since the first one was taken. */
        is_infected =
            infection_judge(&lane->infections, reply, sighting_name(lane->seen), sighting_words(lane->seen));
    if (shows != REPLY_ACCEPTED && !is_infected)
        refused_answer(s, lane, reply->status);
    lane->seen = SIGHTING_NONE;
    if (is_infected && lane->ending != ENDING_UNREADABLE)
        serving_end(s, lane);
    if (is_infected || watch_has_remains(&s->watch))
        /* A request of somebody dead may wait at the platform, and would be given the next event. */
        lane->event_recovery.is_needed = true;
    pool_print(s);
    if (lane->worker == NULL)
        pool_learn(s, lane->until - LANE_RESERVE_NS);
    invocation_metrics_tell(s, lane);
    if (lane->must_retire)
        loop_retire(s, lane->retire_why.text);
    if (s->unheld >= MANY_UNHELD)
        loop_retire(s, "the platform does not hold responses open any more");
    arena_empty(&lane->frame, FRAME_KEPT);
    arena_empty(&lane->reader.body, FRAME_KEPT);
    arena_empty(&lane->reader.head, FRAME_KEPT);
    lane->state = LANE_LEAVING;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Have a worker ready, or on its way; true where one is ready. Nothing would wake us where neither is: without the means to
 * fork the environment retires. */
static bool prepare(struct supervisor *s, struct lane *lane) {
    struct fault fault;
    char message[384];
    for (int tries = 0; lane->worker == NULL && !pool_has_spare(s); tries++) {
        if (s->zygote.pid <= 0 && (s->rebuilds++ >= MOST_REBUILDS || renewal_replace(s, &fault) != 0)) {
            if (s->rebuilds > MOST_REBUILDS)
                (void)fault_set(&fault, "its new zygote was lost before it began to serve");
            (void)snprintf(message, sizeof(message), "the function could not be initialised again: %s", fault.text);
            print_error(message, "see the log records above");
            loop_end(s, EXIT_NO_EVENTS);
        }
        if (!s->is_forking) {
            lane->worker = pool_serve(s);
            lane->reader.unread = 0;
            lane->after_infection.is_on = lane->was_seen = false;
            infection_fresh(&lane->infections);
            s->rebuilds = lane->worker != NULL ? 0 : s->rebuilds;
            continue;
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

static void ask_for_event(struct supervisor *s, struct lane *lane) {
    if (lane->until != 0 && lane->worker == NULL && !cleaner_is_pending(s) &&
        renewal_is_time(s, lane->until - now_ns(), LANE_RENEW_AT))
        renewal_run(s, lane->until - now_ns());
    /* Where another init does not fit into what is left, the next event waits for it, as for a cold start. */
    bool waits = lane->worker != NULL || (!s->is_forking && s->zygote.pid <= 0) ||
                 (lane->until != 0 && s->zygote.pid <= 0 && !renewal_fits(s, lane->until - now_ns()));
    if (!waits && !prepare(s, lane))
        return;
    if (watch_has_remains(&s->watch))
        lane->event_recovery.is_needed = true;
    if (event_recovery_is_due(&lane->event_recovery))
        event_recovery_begin(&lane->event_recovery, &lane->upstream);
    else
        upstream_next(&lane->upstream);
    lane->state = LANE_ASKING;
}

/* Go on with what the platform was asked; true where it has replied. */
static bool platform_replied(struct supervisor *s, struct lane *lane, bool *is_continued) {
    bool reclaims = lane->state == LANE_ASKING && event_recovery_is_due(&lane->event_recovery);
    enum upstream_progress progress =
        reclaims ? event_recovery_step(&lane->event_recovery, &lane->upstream, now_ns())
                 : upstream_step(&lane->upstream);
    if (progress == UPSTREAM_LOST)
        lost_platform(s, lane);
    *is_continued = progress == UPSTREAM_CONTINUED;
    return progress == UPSTREAM_REPLIED;
}

/* The platform has not agreed to hold a response open: this event is served all the same. One that never did is not asked again; one
 * that did may be slow for a moment, perhaps for what an earlier worker has sent it. */
static void be_unheld(struct supervisor *s, struct lane *lane) {
    lane->is_open = upstream_go_ahead(&lane->upstream);
    if (!lane->is_open) {
        wait_for_hold(lane);
        return;
    }
    invocation_findings_lock_refused(&s->invocation_findings, 0);
    if (s->was_held)
        s->unheld++;
    else
        s->lock = LOCK_OFF;
    watch_arrived(&s->watch);
    lane->state = LANE_WAITING;
}

static void step_once(struct supervisor *s, struct lane *lane, const struct pollfd *polled, size_t n) {
    bool is_continued;
    switch (lane->state) {
    case LANE_IDLE:
        ask_for_event(s, lane);
        break;
    case LANE_ASKING:
        if (s->zygote.pid <= 0)
            /* Killed, it takes its workers along, unless one was just being born. */
            serving_end(s, lane);
        if (platform_replied(s, lane, &is_continued))
            take_event(s, lane);
        else
            /* Only now: with a worker ready, the answer's way to its caller and this question come before a fork. */
            pool_fork_ahead(s, lane->worker == NULL && !cleaner_is_pending(s));
        break;
    case LANE_HOLDING:
        if (platform_replied(s, lane, &is_continued)) {
            const struct reply *reply = upstream_reply(&lane->upstream);
            if (lane->upstream.is_repeated && infection_read(reply) == REPLY_ANSWERED)
                /* By the first of two, whose connection was lost: no handler runs for an event that cannot be answered. */
                refused_answer(s, lane, reply->status);
            invocation_findings_lock_refused(&s->invocation_findings, reply->status);
            lane->state = LANE_WAITING;
        } else if (is_continued) {
            lane->held = lane->is_open = s->was_held = true;
            s->unheld = 0;
            lane->state = LANE_WAITING;
        } else if (now_ns() >= lane->hold_until) {
            be_unheld(s, lane);
        } else {
            /* In the time that the platform takes. */
            watch_arrived(&s->watch);
        }
        break;
    case LANE_WAITING:
        if (serving_has_left(s, lane) && prepare(s, lane))
            serving_begin(s, lane);
        break;
    case LANE_SERVING:
        serving_step(s, lane, polled, n);
        break;
    case LANE_DELIVERING:
        if (now_ns() >= lane->deliver_until || routes_settled(&s->routes, !s->is_forking || serves_windows(s)))
            conclude(s, lane);
        break;
    case LANE_ANSWERED:
        /* Once more where the outcome is sent again. */
        while (lane->state == LANE_ANSWERED && platform_replied(s, lane, &is_continued))
            end_invocation(s, lane);
        break;
    case LANE_LEAVING:
        /* Where extensions connect to the platform, a request of somebody dead is not told from theirs: ours comes before it, and
         * the next event waits instead (LANE_WAITING). */
        if (s->sweep.n_extensions > 0 || serving_has_left(s, lane)) {
            s->report.request_id[0] = '\0';
            pool_tidy(s);
            lane->state = LANE_IDLE;
        }
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
