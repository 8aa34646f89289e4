#include "announce.h"

/* As FIX in dayfly/runtime/bytecode.py. */
#define FIX                                                                                                            \
    "compile at installation, with pip, `uv pip install --compile-bytecode`, or `python -m compileall` on "            \
    "site-packages"
/* Variables that are no settings, in words. */
#define MAX_WORDS 1024

void limits_add(struct limits *limits, const char *format, ...) {
    char *at = limits->space + limits->used;
    size_t room = sizeof(limits->space) - limits->used;
    if (limits->count == ANNOUNCE_MAX_LIMITS || room < 2) {
        limits->left_out++;
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(at, room, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= room) {
        limits->left_out++;
        return;
    }
    limits->texts[limits->count++] = (struct bytes){(const uint8_t *)at, (size_t)n};
    limits->used += (size_t)n;
}

void announce_missing(struct report *report, const char *protection, const char *message) {
    struct field fields[] = {FIELD_OF_TEXT("protection", protection)};
    report_find(report, FINDING_CANNOT_CHECK, message, fields, COUNT(fields));
}

static bool is_said(const char *text) { return text != NULL && text[0] != '\0'; }

/* What the first record says of the protections, in the words of both its message and its evidence. */
struct state {
    const char *isolation, *guard, *network, *calls;
};

static const char *why_calls_are_open(const struct announcement *what) {
    if (!what->settings->confine)
        return "switched off";
    if (strcmp(what->platform, "lambda") == 0)
        return "Lambda does not permit seccomp filters";
    return is_said(what->calls) ? what->calls : "";
}

static struct state judge(const struct announcement *what) {
    const struct settings *settings = what->settings;
    bool is_offline = settings->network != NETWORK_SHARED && !is_said(what->online);
    return (struct state){
        .isolation = what->can_fork ? isolation_name(settings->isolation) : "process",
        .guard = is_said(what->unguarded) ? "not armed" : guard_name(settings->guard),
        .network = is_offline ? "none" : "shared",
        .calls = why_calls_are_open(what),
    };
}

/* Without a network nobody reaches the Runtime API. */
static bool is_open_to_takeover(const struct announcement *what, const struct state *state) {
    return what->lock != LOCK_ON && strcmp(state->network, "none") != 0;
}

static void add_limits(const struct announcement *what, const struct state *state, struct limits *limits) {
    const struct settings *settings = what->settings;
    bool is_process = strcmp(state->isolation, "process") == 0;
    if (is_said(what->scope_not_promised))
        limits_add(limits, "%s", what->scope_not_promised);
    if (settings->network != NETWORK_SHARED && is_said(what->online))
        limits_add(limits, "workers have network access: %s", what->online);
    if (is_open_to_takeover(what, state))
        limits_add(limits,
                   "the Runtime API is %s the environment is unprotected against takeover, best effort: a worker that polls can take "
                   "events until %s; " ANNOUNCE_TAKEN,
                   what->lock == LOCK_HTTP ? "locked for HTTP events alone: under others" : "not locked:",
                   is_said(what->watch_misses) ? what->watch_misses : "its own event ends");
    if (what->shares_kernel_objects)
        limits_add(limits, "System V objects and keyrings are shared with the machine and are not cleared");
    if (is_process)
        limits_add(limits, "process isolation: memory changes of an invocation stay");
    if (is_process && settings->tenant.n > 0)
        limits_add(limits, "tenants share the function's process");
    if (!is_process && settings->isolation == ISOLATION_WINDOW)
        limits_add(limits,
                   "window isolation: memory changes of an invocation stay for up to %g s or %lld invocations%s",
                   (double)settings->max_age / (double)NS_PER_S, (long long)settings->max_invocations,
                   settings->tenant.n > 0 ? " of one tenant" : "");
    if (is_said(what->memory))
        limits_add(limits,
                   "a worker can read and write the memory of supervisor, zygote and later workers: %s",
                   what->memory);
    else if (is_said(what->memory_stranger))
        limits_add(limits,
                   "not effective against Python code in a worker (L2): the worker can write the memory of %s and "
                   "leave code there",
                   what->memory_stranger);
    if (is_said(what->unguarded))
        limits_add(limits, "the guard could not be armed: %s", what->unguarded);
    if (settings->policy_source.n > 0 && settings->guard == GUARD_OFF)
        limits_add(limits, "the policy is not active: the guard is off");
    if (settings->policy_fault.n > 0)
        limits_add(limits, "the layer's policy is not active: %.*s", (int)settings->policy_fault.n,
                   (const char *)settings->policy_fault.at);
    if (settings->policy_doubt.n > 0)
        limits_add(limits, "%.*s", (int)settings->policy_doubt.n, (const char *)settings->policy_doubt.at);
    if (settings->tenant.n > 0 && settings->keep.count > 0)
        limits_add(limits, "all tenants share the files in `keep`");
    if (what->writes_code)
        limits_add(limits, "the function can write its own code: a rebuilt zygote loads changed code");
    if (is_said(what->uncompiled))
        limits_add(limits, "slow start: %s; " FIX, what->uncompiled);
    char unknown[MAX_WORDS];
    struct buffer words = {(uint8_t *)unknown, 0, sizeof(unknown)};
    for (size_t i = 0; i < settings->unknown_count; i++)
        (void)buffer_print(&words, "%s%.*s", i > 0 ? ", " : "", (int)settings->unknown[i].n,
                           (const char *)settings->unknown[i].at);
    if (words.n > 0)
        limits_add(limits, "unknown DAYFLY_ variables: %.*s", (int)words.n, unknown);
    if (limits->left_out > 0 && limits->count > 0)
        limits->texts[limits->count - 1] = LITERAL("more than fits into one record");
}

static bool has_policy(const struct announcement *what) {
    return what->settings->policy_source.n > 0 && what->settings->guard != GUARD_OFF && !is_said(what->unguarded);
}

static void add_text(struct field *fields, size_t *count, const char *name, const char *text) {
    if (is_said(text))
        fields[(*count)++] = FIELD_OF_TEXT(name, text);
}

static size_t fill(struct field *fields, const struct announcement *what, const struct state *state,
                   const struct limits *limits, char code[17]) {
    size_t n = 0;
    add_text(fields, &n, "version", DAYFLY_VERSION);
    add_text(fields, &n, "isolation", state->isolation);
    add_text(fields, &n, "scope", what->scope);
    add_text(fields, &n, "scope_reason", what->scope_reason);
    add_text(fields, &n, "platform", what->platform);
    add_text(fields, &n, "api_lock", lock_name(what->lock));
    add_text(fields, &n, "memory", is_said(what->memory) ? "open" : "closed");
    add_text(fields, &n, "memory_reason", what->memory);
    add_text(fields, &n, "system_calls", is_said(state->calls) ? "open" : "confined");
    add_text(fields, &n, "system_calls_reason", state->calls);
    add_text(fields, &n, "network", state->network);
    add_text(fields, &n, "guard", state->guard);
    add_text(fields, &n, "guard_reason", what->unguarded);
    add_text(fields, &n, "guard_learn", what->settings->guard_learn ? "on" : "");
    /* A fleet must know whether an invocation without a record was served by somebody else. */
    add_text(fields, &n, "log_invocations", what->settings->log_invocations ? "on" : "off");
    if (has_policy(what)) {
        const struct settings *settings = what->settings;
        fields[n++] = (struct field){.name = "policy", .kind = FIELD_TEXT, .text = settings->policy_source};
        fields[n++] = (struct field){.name = "policy_mode", .kind = FIELD_TEXT, .text = settings->policy_mode};
        if (settings->policy_digest.n > 0)
            fields[n++] = (struct field){.name = "policy_digest", .kind = FIELD_TEXT, .text = settings->policy_digest};
    }
    if (what->code != 0) {
        (void)snprintf(code, 17, "%016llx", (unsigned long long)what->code);
        add_text(fields, &n, "code", code);
    }
    add_text(fields, &n, "bytecode", what->uncompiled);
    fields[n++] = (struct field){
        .name = "not_promised", .kind = FIELD_TEXTS, .texts = limits->texts, .count = limits->count};
    return n;
}

static const char *which_life(const struct announcement *what) {
    const struct earlier_life *earlier = &what->earlier;
    if (earlier->killed || earlier->removed || earlier->objects || earlier->young_code || earlier->young_data)
        return ", runtime restarted";
    /* The process that starts runtimes may have waited for another child. */
    return what->may_be_later_life ? ", perhaps restarted" : "";
}

/* Say in one short sentence what holds. */
static void summarise(struct buffer *words, const struct announcement *what, const struct state *state, size_t n_limits) {
    static const char *const guards[] = {"off", "observes", "blocks"};
    const struct settings *settings = what->settings;
    bool is_open = is_open_to_takeover(what, state);
    if (strcmp(state->isolation, "process") == 0)
        (void)buffer_print(words, "NOT isolated (process)");
    else if (settings->isolation == ISOLATION_WINDOW)
        (void)buffer_print(words, "a worker for %g s or %lld invocations", (double)settings->max_age / (double)NS_PER_S,
                           (long long)settings->max_invocations);
    else
        (void)buffer_print(words, "a fresh worker per invocation");
    (void)buffer_print(words, "; guard %s; ", is_said(what->unguarded) ? "NOT armed" : guards[settings->guard]);
    (void)buffer_print(words, "%s", !is_open                      ? what->lock == LOCK_ON ? "Runtime API locked" : "no network"
                                    : what->lock == LOCK_HTTP ? "locked for HTTP events, otherwise unprotected against takeover, best effort"
                                                              : "unprotected against takeover, best effort");
    (void)buffer_print(words, "%s%s", is_said(what->memory) ? ", memory open" : "", which_life(what));
    if (n_limits > 0)
        (void)buffer_print(words, "; %zu %s in the next record", n_limits, n_limits == 1 ? "limit" : "limits");
}

static void tell_earlier_life(struct report *report, const struct earlier_life *earlier) {
    int64_t young = earlier->young_code + earlier->young_data;
    if (!earlier->killed && !earlier->removed && !earlier->objects && !young)
        return;
    char message[768], more[256] = "", who[320] = "";
    /* An init that takes longer than the platform gives it is begun anew, and what it had written to files stays. */
    bool is_innocent = !earlier->served && !earlier->objects && !young;
    bool is_counted = earlier->polls != EARLIER_NOT_COUNTED;
    if (earlier->served > 0)
        (void)snprintf(who, sizeof(who), "; %lld of the processes came from invocations (%s)%s", (long long)earlier->served,
                       earlier->names, is_counted && earlier->polls > 0 ? " and were connected to the Runtime API" : "");
    if (young > 0)
        (void)snprintf(
            more, sizeof(more),
            "; %lld files outside temporary directories are newer than the environment and were not removed",
            (long long)young);
    (void)snprintf(
        message, sizeof(message),
        "the runtime restarted in this environment: %lld processes were ended and %lld files removed before "
        "function code ran%s%s",
        (long long)earlier->killed, (long long)earlier->removed, who, more);
    struct field fields[] = {
        FIELD_OF_NUMBER("processes", earlier->killed),
        FIELD_OF_NUMBER("from_invocations", earlier->served),
        FIELD_OF_TEXT("programs", earlier->names),
        FIELD_OF_NUMBER("files", earlier->removed),
        FIELD_OF_NUMBER("objects", earlier->objects),
        FIELD_OF_NUMBER("young_code", earlier->young_code),
        FIELD_OF_NUMBER("young_files", earlier->young_data),
        FIELD_OF_NUMBER("api_connections", earlier->polls),
    };
    report_find(report, is_innocent ? FINDING_RESTARTED : FINDING_EARLIER_LIFE, message, fields,
                is_counted ? COUNT(fields) : COUNT(fields) - 1);
}

void announce(struct report *report, const struct announcement *what, struct limits *limits) {
    struct state state = judge(what);
    add_limits(what, &state, limits);
    char message[ANNOUNCE_MAX_LINE + 1], code[17] = "";
    struct buffer words = {(uint8_t *)message, 0, ANNOUNCE_MAX_LINE};
    summarise(&words, what, &state, limits->count);
    message[words.n] = '\0';
    report_say(report, message);
    struct field fields[REPORT_MAX_FIELDS];
    report_find(report, FINDING_ENVIRONMENT_STARTED, message, fields,
                fill(fields, what, &state, limits, code));
    char missing[1024];
    if (what->settings->network != NETWORK_SHARED && is_said(what->online)) {
        (void)snprintf(missing, sizeof(missing), "workers have network access: %s", what->online);
        announce_missing(report, "network", missing);
    }
    if (what->settings->policy_fault.n > 0) {
        (void)snprintf(missing, sizeof(missing), "the layer's policy is not active: %.*s",
                       (int)what->settings->policy_fault.n, (const char *)what->settings->policy_fault.at);
        announce_missing(report, "policy", missing);
    }
    if (is_said(what->unguarded)) {
        (void)snprintf(missing, sizeof(missing), "the guard could not be armed: %s", what->unguarded);
        announce_missing(report, "guard", missing);
    }
    tell_earlier_life(report, &what->earlier);
}
