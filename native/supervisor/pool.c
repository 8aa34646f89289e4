/* Keeps the zygote, and workers forked from it ahead of need. */
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

/* A worker's wait status comes when its memory is torn down: 150 ms for gigabytes. */
#define STATUS_LIMIT_NS (2 * NS_PER_S)
/* How long a process of its own that closed its socket may take to end, and how long one may take to begin to serve. */
#define END_LIMIT_NS (1 * NS_PER_S)
#define SERVE_LIMIT_NS (5 * NS_PER_S)
/* A fork of a gigabyte takes 50 ms; one that takes longer than this is not waited for. */
#define SETTLE_LIMIT_NS (2 * NS_PER_S)
/* A fingerprint takes some milliseconds; what is late is waited for after the next event. */
#define PRINT_LIMIT_NS (200 * NS_PER_MS)

enum {
    /* Huge pages cost some 6 ms a slice once and save less than that each time: only an environment that has served
     * this many events will serve enough to get it back. */
    TIDY_AFTER = 100,
    MANY_SIGNALS = 12,
    /* Reasons not to fork, in the message and in the evidence of its finding. */
    TOLD_REASONS = 3,
    NAMED_REASONS = 20,
};

/* ---- workers -------------------------------------------------------------------------------- */

static void spare_again(struct supervisor *s) {
    s->sweep.n_spared = 0;
    s->sweep.zygote = s->zygote.pid;
    s->sweep.fork_pending = s->zygote.pid > 0 && s->zygote.asked != NULL;
    if (s->zygote.pid > 0)
        (void)sweep_spare(&s->sweep, s->zygote.pid);
    for (size_t i = 0; i < s->n_spares; i++)
        (void)sweep_spare(&s->sweep, s->spares[i]->pid);
    if (s->clerk.pid > 0)
        (void)sweep_spare(&s->sweep, s->clerk.pid);
    if (s->zygote.pid > 0 && s->zygote.trial > 0)
        (void)sweep_spare(&s->sweep, s->zygote.trial);
}

/* Give up a worker that never saw an event. */
static void discard(struct supervisor *s, struct worker *worker) {
    worker_signal(worker, SIGKILL);
    (void)output_finish(&s->output, &worker->pipes);
    worker_close(worker);
}

static void remove_spare(struct supervisor *s, size_t at) {
    struct worker *worker = s->spares[at];
    pid_t pid = worker->pid;
    s->n_spares--;
    memmove(s->spares + at, s->spares + at + 1, (s->n_spares - at) * sizeof(*s->spares));
    discard(s, worker);
    spare_again(s);
    pool_bury(s, pid);
}

/* Say whether a spare has ended or was killed, which its pidfd tells only when all of it is torn down. */
static bool is_lost(const struct supervisor *s, const struct worker *spare) {
    return !worker_is_running(spare, &s->procfs) || procfs_is_dying(&s->procfs, spare->pid) == 1;
}

static void drop_if_lost(struct supervisor *s, size_t at) {
    if (!is_lost(s, s->spares[at]))
        return;
    s->killed_spares++;
    remove_spare(s, at);
}

bool pool_has_spare(struct supervisor *s) {
    while (s->n_spares > 0 && !worker_is_running(s->spares[0], &s->procfs)) {
        s->killed_spares++;
        remove_spare(s, 0);
    }
    return s->n_spares > 0;
}

struct worker *pool_take(struct supervisor *s) {
    struct worker *worker = s->spares[0];
    s->n_spares--;
    memmove(s->spares, s->spares + 1, s->n_spares * sizeof(*s->spares));
    spare_again(s);
    return worker;
}

static struct worker *free_slot(struct supervisor *s) {
    for (size_t i = 0; i < WORKERS; i++)
        if (s->workers[i].channel < 0)
            return &s->workers[i];
    return NULL;
}

void pool_fork_ahead(struct supervisor *s, bool is_alone) {
    /* Where code of the function's runs at a fork or in a worker before its event, it may read what an attacker writes at
     * that moment and takes away again: nobody is forked beside a worker that serves. In window isolation the next worker
     * is needed once in many events. */
    size_t wanted = s->ready.runs_ahead || s->settings.isolation == ISOLATION_WINDOW ? 1 : SPARES;
    if (s->zygote.pid <= 0 || !s->is_forking || s->zygote.asked != NULL || s->n_spares >= wanted || (s->ready.runs_ahead && !is_alone))
        return;
    struct worker *worker = free_slot(s);
    struct fault *fault = &s->fork_fault;
    bool is_lost;
    if (worker == NULL)
        return;
    worker->number = s->workers_made + 1;
    if (zygote_ask(&s->zygote, CONTROL_FORK, worker, &s->output, &is_lost, fault) == 0) {
        s->workers_made++;
        s->sweep.fork_pending = true;
    } else if (is_lost) {
        pool_lose(s, fault);
    } else {
        /* For want of descriptors: one that runs now has lowered our limit. It is asked again after his end. */
        (void)process_limits_relieve(&s->process_limits);
    }
}

struct worker *pool_serve(struct supervisor *s) {
    struct fault fault;
    bool is_lost;
    struct worker *worker = free_slot(s);
    (void)fault_set(&fault, "there are too many workers");
    if (worker != NULL)
        worker->number = 1;
    if (worker == NULL || zygote_ask(&s->zygote, CONTROL_SERVE, worker, &s->output, &is_lost, &fault) != 0) {
        pool_lose(s, &fault);
        return NULL;
    }
    (void)fault_set(&fault, "it did not answer within %d s", (int)(SERVE_LIMIT_NS / NS_PER_S));
    for (int64_t until = now_ns() + SERVE_LIMIT_NS, now; (now = now_ns()) < until;) {
        struct bytes payload;
        struct pollfd polled[ZYGOTE_MAX_FDS];
        enum zygote_said said = zygote_take(&s->zygote, &payload, &fault);
        if (said == ZYGOTE_SERVING)
            return worker;
        if (said != ZYGOTE_SILENT)
            break;
        size_t n = zygote_fds(&s->zygote, polled);
        (void)poll(polled, (nfds_t)n, poll_ms(until, now));
        zygote_attend(&s->zygote, &s->output, polled, n);
    }
    pool_lose(s, &fault);
    return NULL;
}

/* ---- the zygote ----------------------------------------------------------------------------- */

static void tell_not_forkable(struct supervisor *s) {
    struct bytes reasons[NAMED_REASONS];
    char message[1024];
    struct buffer words = {(uint8_t *)message, 0, sizeof(message) - 1};
    size_t n = s->ready.n_reasons < NAMED_REASONS ? s->ready.n_reasons : NAMED_REASONS;
    (void)buffer_print(&words, "the function runs in process isolation, because ");
    for (size_t i = 0; i < n; i++) {
        reasons[i] = bytes_of(s->ready.reasons[i]);
        if (i < TOLD_REASONS)
            (void)buffer_print(&words, "%s%s", i > 0 ? "; " : "", s->ready.reasons[i]);
    }
    if (s->serves_once)
        /* What was forkable in an earlier life may have been made what it is. */
        (void)buffer_print(&words, "; after a restart of the runtime each event gets a process that is initialised for it");
    message[words.n] = '\0';
    struct field fields[] = {
        {.name = "reasons", .kind = FIELD_TEXTS, .texts = reasons, .count = n},
        FIELD_OF_TEXT("isolation", "process"),
    };
    report_find(&s->report, FINDING_NOT_FORKABLE, message, fields, COUNT(fields));
}

void pool_adopt(struct supervisor *s) {
    struct fault fault;
    bool was_told = s->serves_once;
    s->killed_spares = 0;
    renewal_begin(s);
    spare_again(s);
    /* What was done to it while it initialised is no invocation's doing. */
    (void)zygote_take_stops(&s->zygote);
    (void)timers_watch(s->zygote.lifeline);
    s->is_forking = s->settings.isolation != ISOLATION_PROCESS && s->ready.n_reasons == 0;
    bool is_fallback = s->ready.n_reasons > 0 && s->settings.isolation != ISOLATION_PROCESS;
    s->serves_once = is_fallback && s->scope.is_environment && !s->sweep.is_first_life;
    if (is_fallback && !was_told)
        tell_not_forkable(s);
    s->process_limits.has_zygote = false;
    if (!s->is_forking)
        /* What serves itself is the function's to change. */
        return;
    if (process_limits_adopt(&s->process_limits, s->zygote.pid, &fault) != 0)
        announce_missing(&s->report, "limits", fault.text);
}

/* A worker was born: name it. */
static void take_born(struct supervisor *s, struct worker *worker) {
    s->spares[s->n_spares++] = worker;
    s->rebuilds = 0;
    s->sweep.fork_pending = false;
    (void)sweep_spare(&s->sweep, worker->pid);
    if (s->pairs.is_on)
        (void)process_limits_birth(&s->process_limits, worker->pid, worker->number);
    /* By a worker that has ended meanwhile. */
    drop_if_lost(s, s->n_spares - 1);
}

void pool_settle(struct supervisor *s) {
    while (s->zygote.pid > 0) {
        struct bytes payload;
        struct fault fault = {"it sent an unexpected message"};
        struct worker *asked = s->zygote.asked;
        switch (zygote_take(&s->zygote, &payload, &fault)) {
        case ZYGOTE_FORKED:
            take_born(s, asked);
            break;
        case ZYGOTE_REAPED:
            break;
        case ZYGOTE_TRIES:
            /* Not all anew: a worker whose window goes on may be spared at this moment. */
            if (s->zygote.trial > 0)
                (void)sweep_spare(&s->sweep, s->zygote.trial);
            else
                sweep_forget(&s->sweep, s->zygote.tried);
            break;
        case ZYGOTE_SILENT:
            return;
        case ZYGOTE_CALLS:
        case ZYGOTE_READY:
        case ZYGOTE_SERVING:
        case ZYGOTE_LOST:
            pool_lose(s, &fault);
            return;
        }
    }
}

void pool_bury(struct supervisor *s, pid_t pid) {
    struct fault fault;
    if (s->zygote.pid > 0 && zygote_bury(&s->zygote, pid, &fault) != 0)
        pool_lose(s, &fault);
}

void pool_bury_all(struct supervisor *s) {
    struct fault fault;
    if (s->zygote.pid > 0 && s->is_forking && zygote_bury_all(&s->zygote, &fault) != 0)
        pool_lose(s, &fault);
}

/* Wait for the zygote, `until` at most, and take what it says. */
static void attend_zygote(struct supervisor *s, int64_t until) {
    struct pollfd polled[ZYGOTE_MAX_FDS];
    size_t n = zygote_fds(&s->zygote, polled);
    (void)poll(polled, (nfds_t)n, poll_ms(until, now_ns()));
    zygote_attend(&s->zygote, &s->output, polled, n);
    pool_settle(s);
}

int pool_status(struct supervisor *s, pid_t pid) {
    struct fault fault;
    if (s->zygote.pid <= 0)
        return ANSWERS_NO_STATUS;
    if (!s->is_forking) {
        zygote_end(&s->zygote, &s->output, END_LIMIT_NS);
        pool_drop(s);
        return s->zygote.status >= 0 ? s->zygote.status : ANSWERS_NO_STATUS;
    }
    if (zygote_ask_status(&s->zygote, pid, &fault) != 0) {
        pool_lose(s, &fault);
        return ANSWERS_NO_STATUS;
    }
    int64_t until = now_ns() + STATUS_LIMIT_NS;
    while (s->zygote.pid > 0 && s->zygote.awaited != 0) {
        if (now_ns() >= until)
            return ANSWERS_NO_STATUS;
        attend_zygote(s, until);
    }
    return s->zygote.pid > 0 ? s->zygote.status_of_dead : ANSWERS_NO_STATUS;
}

void pool_lose(struct supervisor *s, const struct fault *why) {
    char message[320];
    (void)snprintf(message, sizeof(message), "the zygote was lost: %s", why->text);
    struct field fields[] = {FIELD_OF_TEXT("reason", why->text)};
    report_find(&s->report, FINDING_ZYGOTE_LOST, message, fields, COUNT(fields));
    pool_drop(s);
}

void pool_settle_sweep(struct supervisor *s, const struct swept *swept) {
    struct fault slow;
    if (swept->zygote_lost && swept->killed == 0) {
        (void)fault_set(&slow, "its fork took too long to tell the worker from what an invocation left");
        pool_lose(s, &slow);
    } else if (swept->zygote_lost) {
        pool_drop(s);
    }
}

bool pool_drop_spares(struct supervisor *s) {
    int64_t until = now_ns() + SETTLE_LIMIT_NS;
    while (s->zygote.pid > 0 && s->zygote.asked != NULL && now_ns() < until)
        attend_zygote(s, until);
    while (s->n_spares > 0)
        remove_spare(s, 0);
    return s->zygote.pid > 0 && s->zygote.asked == NULL;
}

void pool_drop(struct supervisor *s) {
    while (s->n_spares > 0)
        discard(s, s->spares[--s->n_spares]);
    zygote_end(&s->zygote, &s->output, 0);
    spare_again(s);
}

void pool_print(struct supervisor *s) {
    struct fault fault;
    int64_t until = now_ns() + PRINT_LIMIT_NS;
    if (!s->settings.log_invocations || s->ready.code != 0 || s->ready.runs_ahead || s->zygote.pid <= 0 ||
        cleaner_is_pending(s))
        return;
    if (zygote_ask_print(&s->zygote, &fault) != 0) {
        pool_lose(s, &fault);
        return;
    }
    while (s->zygote.pid > 0 && !s->zygote.has_printed && now_ns() < until)
        attend_zygote(s, until);
    if (s->zygote.has_printed)
        s->ready.code = s->zygote.code;
}

void pool_learn(struct supervisor *s, int64_t until) {
    struct fault fault;
    int64_t left = until - now_ns();
    if (s->zygote.pid <= 0 || s->zygote.trial <= 0 || left <= 0 || cleaner_is_pending(s))
        return;
    /* What stays in /tmp may be an attacker's: nothing is imported then, nor before it is known that no file of init's was written to. */
    if (zygote_ask_learn(&s->zygote, s->settings.scrubs_tmp && !cleaner_hears_late(s) ? left : 0, &fault) != 0) {
        pool_lose(s, &fault);
        return;
    }
    while (s->zygote.pid > 0 && s->zygote.learns && now_ns() < until)
        attend_zygote(s, until);
    if (s->zygote.pid > 0 && s->zygote.learns) {
        (void)fault_set(&fault, "an import took longer than it did before");
        pool_lose(s, &fault);
    }
}

void pool_tidy(struct supervisor *s) {
    struct fault fault;
    if (s->zygote.pid > 0 && s->is_forking && s->report.number >= TIDY_AFTER && zygote_tidy(&s->zygote, &fault) != 0)
        pool_lose(s, &fault);
}

/* ---- after an invocation -------------------------------------------------------------------- */

static void tell_changed(struct supervisor *s, const struct kept *kept, size_t spoilt) {
    struct bytes names[PROCESS_LIMITS_MANY_NAMES];
    char message[256];
    char discarded[64] = "";
    for (size_t i = 0; i < kept->n_changed; i++)
        names[i] = bytes_of(kept->changed[i]);
    if (spoilt > 0)
        (void)snprintf(discarded, sizeof(discarded), "%s%zu spare workers were discarded",
                       kept->must_retire || kept->must_rebuild ? ", " : "", spoilt);
    (void)snprintf(message, sizeof(message), "%zu%s limits or priorities of Dayfly's processes were changed; %s%s%s%s%s",
                   kept->n_changed, kept->is_cut ? " or more" : "", kept->must_retire ? "the environment retires" : "",
                   kept->must_retire && kept->must_rebuild ? ", " : "", kept->must_rebuild ? "the zygote is rebuilt" : "",
                   discarded, kept->must_retire || kept->must_rebuild || spoilt > 0 ? "" : "all were restored");
    struct field fields[] = {
        {.name = "changed", .kind = FIELD_TEXTS, .texts = names, .count = kept->n_changed},
    };
    report_find(&s->report, FINDING_LIMITS_CHANGED, message, fields, COUNT(fields));
}

/* One line of what was signalled: a name and how often. */
struct signalled {
    char name[MANY_SIGNALS][48];
    int64_t count[MANY_SIGNALS];
    size_t n;
};

/* Add one, in the order of names. */
static void note_signal(struct signalled *all, const char *role, const char *number_name, unsigned count) {
    char name[48];
    if (count == 0 || all->n == MANY_SIGNALS)
        return;
    (void)snprintf(name, sizeof(name), "%s: %s", role, number_name);
    size_t at = all->n++;
    for (; at > 0 && strcmp(all->name[at - 1], name) > 0; at--) {
        memcpy(all->name[at], all->name[at - 1], sizeof(name));
        all->count[at] = all->count[at - 1];
    }
    memcpy(all->name[at], name, sizeof(name));
    all->count[at] = count;
}

static void tell_signalled(struct supervisor *s) {
    struct signalled all = {.n = 0};
    for (int number = 1; number < SIGNAL_NAMES; number++) {
        char name[16];
        signals_name(number, name, sizeof(name));
        note_signal(&all, "supervisor", name, s->signals.strays[number]);
        s->signals.strays[number] = 0;
    }
    note_signal(&all, "standby", "SIGKILL", s->killed_spares);
    s->killed_spares = 0;
    note_signal(&all, "zygote", "SIGSTOP", s->is_forking ? zygote_take_stops(&s->zygote) : 0);
    unsigned stopped = 0;
    for (size_t i = 0; i < s->n_spares; i++) {
        if (procfs_is_stopped(&s->procfs, s->spares[i]->pid) != 1)
            continue;
        stopped++;
        worker_signal(s->spares[i], SIGCONT);
    }
    note_signal(&all, "standby", "SIGSTOP", stopped);
    if (all.n == 0)
        return;
    struct bytes names[MANY_SIGNALS];
    char space[768];
    struct buffer message = {(uint8_t *)space, 0, sizeof(space)};
    (void)buffer_print(&message, "Dayfly's processes received signals: ");
    for (size_t i = 0; i < all.n; i++) {
        names[i] = bytes_of(all.name[i]);
        (void)buffer_print(&message, "%s%s", i > 0 ? ", " : "", all.name[i]);
    }
    struct field fields[] = {
        {.name = "signals", .kind = FIELD_COUNTS, .texts = names, .counts = all.count, .count = all.n},
    };
    report_find(&s->report, FINDING_SIGNALLED, space, fields, COUNT(fields));
}

/* Give up a zygote that was killed: the next worker would be bound to it, and be killed when the end of it is known. */
static void drop_zygote_if_lost(struct supervisor *s) {
    struct fault killed;
    if (s->zygote.pid <= 0 || !s->is_forking || procfs_is_dying(&s->procfs, s->zygote.pid) != 1)
        return;
    (void)fault_set(&killed, "it was killed");
    pool_lose(s, &killed);
}

static void drop_lost_spares(struct supervisor *s) {
    for (size_t i = s->n_spares; i-- > 0;)
        drop_if_lost(s, i);
}

void pool_settle_losses(struct supervisor *s) {
    drop_lost_spares(s);
    tell_signalled(s);
    drop_zygote_if_lost(s);
}

bool pool_keep(struct supervisor *s, struct fault *why) {
    struct kept kept;
    pid_t pids[SPARES] = {0};
    uint32_t numbers[SPARES] = {0};
    drop_lost_spares(s);
    size_t n = s->n_spares;
    size_t spoilt = 0;
    for (size_t i = 0; i < n; i++) {
        pids[i] = s->spares[i]->pid;
        numbers[i] = s->spares[i]->number;
    }
    process_limits_check(&s->process_limits, s->zygote.pid, pids, numbers, n, s->zombies, &kept);
    for (size_t i = 0; i < n; i++)
        spoilt += kept.spoilt >> i & 1;
    if (kept.n_changed > 0)
        tell_changed(s, &kept, spoilt);
    tell_signalled(s);
    if (kept.must_rebuild)
        pool_drop(s);
    else
        drop_zygote_if_lost(s);
    for (size_t i = n; i-- > 0;)
        if (i < s->n_spares && (kept.spoilt >> i & 1) != 0)
            remove_spare(s, i);
    if (kept.must_retire)
        *why = kept.why;
    return kept.must_retire;
}
