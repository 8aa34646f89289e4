/* Initialises the function anew: when its zygote was lost, and when it or its environment has reached its age.
 *
 * A new interpreter is started only when nothing lives any more that has seen an
 * event. Where init left nothing outside its process and memory allows, the old zygote waits beside the new one and goes on
 * if that one's init fails: age alone never costs a request. Otherwise the old one goes first. */
#include "supervisor.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/* What an init leaves of an invocation's time, for whatever else that time is to do. */
#define RESERVE_NS (500 * NS_PER_MS)
/* When what failed is tried again: a tenth of the age, this at least. */
#define RETRY_NS (60 * NS_PER_S)
/* botocore fetches new credentials in every worker from 15 minutes before the old ones end
 * (RefreshableCredentials._advisory_refresh_timeout). */
#define ADVISORY_NS (900 * NS_PER_S)
/* Room for what an init uses only for a while. */
#define INIT_BYTES ((int64_t)16 << 20)

enum { WHOLE = 100, RETRY_SHARE = 10, OVERDUE_SHARE = 110 };

struct clocks clocks_now(void) {
    struct timespec boot, epoch;
    (void)clock_gettime(CLOCK_BOOTTIME, &boot);
    (void)clock_gettime(CLOCK_REALTIME, &epoch);
    return (struct clocks){boot.tv_sec * NS_PER_S + boot.tv_nsec, epoch.tv_sec * NS_PER_S + epoch.tv_nsec};
}

int64_t clocks_age(struct clocks born) {
    struct clocks now = clocks_now();
    int64_t by_boot = now.boot - born.boot, by_day = now.epoch - born.epoch;
    return by_boot > by_day ? by_boot : by_day;
}

double jitter_drawn(double share) {
    uint32_t draw = 0;
    /* Without randomness all its limit: what is set is a promise in that direction alone. */
    (void)getrandom(&draw, sizeof(draw), 0);
    return share * ((double)draw / 4294967296.0);
}

static int64_t age_of(const struct renewal *life) { return clocks_age(life->born); }

/* An init takes about as long as the one before, and half as long again. */
static int64_t init_needs(const struct supervisor *s) {
    return s->init_ns + s->init_ns / 2;
}

void renewal_begin(struct supervisor *s) {
    double shortened = 1.0 - jitter_drawn(s->settings.jitter);
    s->renewal = (struct renewal){.born = clocks_now(), .first = s->report.number};
    s->renewal.limit = (int64_t)((double)s->settings.environment_max_age * shortened);
}

/* ---- when ---------------------------------------------------------------------------------- */

static void tell_not_renewed(struct supervisor *s, const char *reason, int64_t retry_ns) {
    char message[400];
    struct field fields[] = {
        {.name = "age_s", .kind = FIELD_THOUSANDTHS, .number = age_of(&s->renewal) / NS_PER_MS},
        FIELD_OF_TEXT("reason", reason),
        {.name = "retry_s", .kind = FIELD_THOUSANDTHS, .number = retry_ns / NS_PER_MS},
    };
    (void)snprintf(message, sizeof(message), "the environment was not renewed: %s", reason);
    report_find(&s->report, FINDING_NOT_RENEWED, message, fields, retry_ns > 0 ? COUNT(fields) : COUNT(fields) - 1);
}

/* Say whether the zygote has lived `share` per cent of its time: what init fetched may be no longer good. */
static bool is_stale(const struct supervisor *s, int64_t age, int share) {
    if (s->zygote.pid <= 0 || !s->is_forking)
        return false;
    if (s->settings.zygote_max_age > 0 && age >= s->settings.zygote_max_age / WHOLE * share)
        return true;
    if (s->ready.expires_at == 0)
        return false;
    int64_t expires = s->ready.expires_at * NS_PER_S - (share < WHOLE ? ADVISORY_NS : 0);
    /* What was about to end when it was fetched is not fetched again and again. */
    return s->renewal.born.epoch < expires && expires <= clocks_now().epoch;
}

bool renewal_is_time(struct supervisor *s, int64_t left, int share) {
    struct renewal *life = &s->renewal;
    int64_t age = age_of(life);
    if (age < life->not_before)
        return false;
    bool is_aged = life->limit > 0 && age >= life->limit;
    if (!is_aged && !is_stale(s, age, share))
        return false;
    if (init_needs(s) + RESERVE_NS <= left)
        return true;
    if (is_aged && !life->has_told_overdue && age / OVERDUE_SHARE > s->settings.environment_max_age / WHOLE) {
        char reason[128];
        life->has_told_overdue = true;
        (void)snprintf(reason, sizeof(reason), "its init takes %.1f s, more than any invocation had left so far",
                       (double)s->init_ns / (double)NS_PER_S);
        tell_not_renewed(s, reason, 0);
    }
    return false;
}

int64_t renewal_left(const struct supervisor *s) {
    return s->renewal.limit > 0 ? s->renewal.limit - age_of(&s->renewal) : NEVER;
}

bool renewal_fits(const struct supervisor *s, int64_t left) {
    return init_needs(s) <= left;
}

/* ---- how ----------------------------------------------------------------------------------- */

static void postpone(struct supervisor *s, const char *why, const char *what_follows) {
    char reason[320];
    int64_t pause = s->renewal.limit / RETRY_SHARE;
    pause = pause > RETRY_NS ? pause : RETRY_NS;
    s->renewal.not_before = age_of(&s->renewal) + pause;
    (void)snprintf(reason, sizeof(reason), "the function could not be initialised again: %s; %s", why, what_follows);
    tell_not_renewed(s, reason, pause);
}

/* Initialise the function in a fresh interpreter, in an emptied environment, where nothing serves then. -1 with a fault where
 * the init fails. */
static int start_over(struct supervisor *s, int64_t until, struct fault *fault) {
    struct swept swept;
    pool_drop(s);
    if (sweep_run(&s->sweep, NULL, 0, &swept) != 0)
        loop_retire(s, "processes of an earlier worker could not be ended");
    uint32_t left = cleaner_empty(s, until);
    if (left > 0) {
        (void)fault_set(fault, "%u files or objects could not be removed before an init", left);
        loop_retire(s, fault->text);
    }
    if (cleaner_is_pending(s))
        return fault_set(fault, "there was not enough time to remove all files");
    if (boot_rebuild(s, until, fault) != 0)
        return -1;
    if (s->ready.n_reasons > 0 && s->is_forking)
        loop_retire(s, "the function was initialised again and cannot be forked any more");
    pool_adopt(s);
    cleaner_remember(s);
    return 0;
}

int renewal_replace(struct supervisor *s, struct fault *fault) {
    return start_over(s, NEVER, fault);
}

static int64_t available_bytes(const struct supervisor *s) {
    char text[PROCFS_RECORD_BYTES];
    if (procfs_read(&s->procfs, "meminfo", text, sizeof(text)) <= 0)
        return -1;
    const char *at = strstr(text, "\nMemAvailable:");
    return at == NULL ? -1 : strtoll(at + strlen("\nMemAvailable:"), NULL, 10) * 1024;
}

static int64_t resident_bytes(const struct supervisor *s, pid_t pid) {
    char path[32], text[PROCFS_RECORD_BYTES];
    (void)snprintf(path, sizeof(path), "%d/statm", (int)pid);
    if (procfs_read(&s->procfs, path, text, sizeof(text)) <= 0)
        return 0;
    const char *at = strchr(text, ' ');
    return at == NULL ? 0 : strtoll(at, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static bool can_wait_beside(const struct supervisor *s) {
    if (s->zygote.pid <= 0 || !s->is_forking || !cleaner_is_bare(s))
        return false;
    int64_t resident = resident_bytes(s, s->zygote.pid);
    return available_bytes(s) > resident + resident / 2 + INIT_BYTES;
}

static void swap_zygotes(struct supervisor *s) {
    struct zygote other = s->former;
    s->former = s->zygote;
    s->zygote = other;
}

static void end_others(struct supervisor *s) {
    struct swept swept;
    if (sweep_run(&s->sweep, NULL, 0, &swept) != 0)
        loop_retire(s, "processes of an init could not be ended");
    pool_settle_sweep(s, &swept);
}

/* Undo what a failed init left: the environment was empty, and its zygote has served nobody meanwhile. */
static void keep_old(struct supervisor *s, const char *why) {
    struct fault fault;
    end_others(s);
    uint32_t left = cleaner_empty(s, NEVER);
    if (left > 0) {
        (void)fault_set(&fault, "%u files or objects of an init that failed could not be removed", left);
        loop_retire(s, fault.text);
    }
    cleaner_remember(s);
    postpone(s, why, "the previous one keeps serving");
}

/* Initialise the function beside its zygote, and let that go once the new one is ready. */
static bool switch_zygotes(struct supervisor *s, int64_t until) {
    struct fault fault;
    if (!pool_drop_spares(s))
        return false;
    s->ready_before = s->ready;
    swap_zygotes(s);
    int failed = boot_rebuild(s, until, &fault);
    if (failed == 0 && s->ready.n_reasons > 0) {
        failed = fault_set(&fault, "it could not be forked, because %s", s->ready.reasons[0]);
        zygote_end(&s->zygote, &s->output, 0);
    }
    if (failed != 0) {
        swap_zygotes(s);
        /* Its texts point into itself, where it is again. */
        s->ready = s->ready_before;
        keep_old(s, fault.text);
        return false;
    }
    zygote_end(&s->former, &s->output, 0);
    pool_adopt(s);
    cleaner_remember(s);
    end_others(s);
    return true;
}

static void tell_renewed(struct supervisor *s, int64_t age, uint64_t served) {
    char message[160];
    struct field fields[] = {
        {.name = "age_s", .kind = FIELD_THOUSANDTHS, .number = age / NS_PER_MS},
        {.name = "init_s", .kind = FIELD_THOUSANDTHS, .number = s->init_ns / NS_PER_MS},
        FIELD_OF_NUMBER("invocations", (int64_t)served),
    };
    (void)snprintf(message, sizeof(message), "the environment was renewed at an age of %.0f s, after %llu invocations",
                   (double)age / (double)NS_PER_S, (unsigned long long)served);
    report_find(&s->report, FINDING_RENEWED, message, fields, COUNT(fields));
}

void renewal_run(struct supervisor *s, int64_t left) {
    struct fault fault;
    int64_t age = age_of(&s->renewal);
    uint64_t served = s->report.number - s->renewal.first;
    int64_t until = now_ns() + left - RESERVE_NS;
    if (can_wait_beside(s)) {
        if (switch_zygotes(s, until))
            tell_renewed(s, age, served);
    } else if (start_over(s, until, &fault) == 0) {
        tell_renewed(s, age, served);
    } else {
        /* Nothing serves now: the next event waits for another init, as for a cold start. */
        postpone(s, fault.text, "the next event waits for its init");
    }
}
