/* Judges what a zygote says at the end of its init: what is promised of it, and whether that still holds of a later one. */
#include "supervisor.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"

/* What init made outside of its process all workers would share. */
static void add_kernel_reasons(struct supervisor *s) {
    static const unsigned kinds[] = {OBJECT_MSG, OBJECT_SEM, OBJECT_SHM, OBJECT_KINDS};
    if (!s->owns_kernel_objects || s->settings.isolation == ISOLATION_PROCESS)
        return;
    unsigned made = kernel_made_by_init(&s->kernel);
    for (size_t i = 0; i < COUNT(kinds) && s->ready.n_reasons < READY_MANY; i++)
        if ((made >> kinds[i] & 1) != 0)
            s->ready.reasons[s->ready.n_reasons++] = kernel_reason(1u << kinds[i]);
}

void promises_check(struct supervisor *s) {
    char why[512];
    add_kernel_reasons(s);
    if (s->settings.network == NETWORK_NONE && s->ready.online[0] != '\0') {
        (void)snprintf(why, sizeof(why), "network is none, but the function would have network access: %s", s->ready.online);
        boot_refuse(s, "InvalidSetting", why, "set network to none-where-allowed or shared");
    }
    if (s->settings.guard_closed && s->ready.unguarded[0] != '\0') {
        (void)snprintf(why, sizeof(why), "guard is %s, but it could not be armed: %s", guard_name(s->settings.guard),
                       s->ready.unguarded);
        boot_refuse(s, "InvalidSetting", why, "set guard_on_fault to open, or guard to off");
    }
}

/* What `scrub` names and is not emptied. */
static void tell_ignored(struct supervisor *s) {
    char space[ANNOUNCE_MAX_TEXT / 4];
    struct buffer words = {(uint8_t *)space, 0, sizeof(space)};
    for (size_t i = 0; i < s->settings.scrub.count; i++) {
        struct bytes place = s->settings.scrub.items[i];
        bool is_emptied = false;
        for (size_t k = 0; k < s->writable_paths.n_roots; k++)
            is_emptied |= bytes_equal(place, bytes_of(s->writable_paths.roots[k].path));
        if (!is_emptied)
            (void)buffer_print(&words, "%s%.*s", words.n > 0 ? ", " : "", (int)place.n, (const char *)place.at);
    }
    if (words.n > 0)
        limits_add(&s->limits, "not emptied, because they are outside this scope: %s", space);
}

/* Say whether the function's code lies in a place that is compared. */
static bool covers_code(const struct supervisor *s) {
    char path[PATH_MAX];
    for (size_t i = 0; realpath(s->task_root, path) != NULL && i < s->outside.n_roots; i++)
        if (path_is_within(path, s->outside.roots[i].path))
            return true;
    return false;
}

void promises_tell(struct supervisor *s) {
    /* Root opens its own memory, closed or not; what it says of itself tells nothing then. */
    if (s->memory_why[0] == '\0' && s->ready.is_open && geteuid() != 0)
        (void)snprintf(s->memory_why, sizeof(s->memory_why), "the function's init opened the zygote's memory");
    if (s->memory_why[0] == '\0' && s->launch.interpreter.way == CLOSED_NOT)
        (void)snprintf(s->memory_why, sizeof(s->memory_why), "%s", s->launch.interpreter.why);
    struct announcement what = {
        .settings = &s->settings,
        .scope = scope_name(&s->scope),
        .scope_reason = s->scope.reason,
        .scope_not_promised = s->scope.not_promised,
        .platform = platform_name(s->scope.platform),
        .lock = s->lock,
        .can_fork = s->ready.n_reasons == 0,
        .memory = s->memory_why,
        .memory_stranger = s->stranger,
        .calls = s->ready.unconfined,
        .online = s->ready.online,
        .unguarded = s->ready.unguarded,
        .uncompiled = s->ready.uncompiled,
        .watch_misses = watch_misses(&s->watch),
        .writes_code = host_may_write(s->task_root) && !covers_code(s),
        .shares_kernel_objects = s->scope.is_environment && !s->owns_kernel_objects,
        .may_be_later_life = s->scope.is_environment && !s->sweep.is_first_life,
        .earlier = s->earlier,
        .code = s->ready.code,
    };
    tell_ignored(s);
    if (s->key_holder[0] != '\0')
        limits_add(&s->limits, "the fleet's signing key can be read in the environment variables of %s", s->key_holder);
    for (size_t i = 0; i < s->ready.n_notes; i++)
        limits_add(&s->limits, "%s", s->ready.notes[i]);
    announce(&s->report, &what, &s->limits);
    s->is_offline = s->settings.network != NETWORK_SHARED && s->ready.online[0] == '\0';
    s->is_confined = s->ready.unconfined[0] == '\0';
    s->is_guarded = s->ready.unguarded[0] == '\0';
}

/* What was promised of a protection holds no longer: nothing rests on it, but nobody may think that it does. */
static void tell_lost(struct supervisor *s, bool *holds, const char *why, const char *protection, const char *words) {
    char message[512];
    if (!*holds || why[0] == '\0')
        return;
    *holds = false;
    (void)snprintf(message, sizeof(message), "%s: %s", words, why);
    announce_missing(&s->report, protection, message);
}

const char *promises_broken(struct supervisor *s, struct fault *fault) {
    add_kernel_reasons(s);
    /* A worker can lower our limits until no memory file can be made: nothing is forked from what it could then write. */
    if (s->memory_why[0] == '\0' && (s->launch.interpreter.way == CLOSED_NOT || (s->ready.is_open && geteuid() != 0)))
        return "its memory can be opened, unlike the memory of the first zygote";
    if (s->is_offline && s->ready.online[0] != '\0') {
        (void)fault_set(fault, "its workers have network access, unlike the first zygote's: %s", s->ready.online);
        return fault->text;
    }
    if (s->settings.guard_closed && s->ready.unguarded[0] != '\0') {
        (void)fault_set(fault, "its guard could not be armed: %s", s->ready.unguarded);
        return fault->text;
    }
    tell_lost(s, &s->is_confined, s->ready.unconfined, "confine", "system calls are no longer confined");
    tell_lost(s, &s->is_guarded, s->ready.unguarded, "guard", "the guard is no longer armed");
    return NULL;
}
