/* Dayfly's settings from the environment: names, values and defaults as in src/dayfly/core/settings.py.
 *
 * Files and policies are read by Python, and so is a value that cannot be read here: it says what is wrong with it.
 */
#ifndef DAYFLY_SETTINGS_H
#define DAYFLY_SETTINGS_H

#include "common.h"

enum isolation { ISOLATION_INVOCATION, ISOLATION_WINDOW, ISOLATION_PROCESS };
enum scope_setting { SCOPE_AUTO, SCOPE_ENVIRONMENT, SCOPE_DESCENDANTS };
enum api_lock { LOCK_AUTO, LOCK_ON, LOCK_HTTP, LOCK_OFF };
enum guard { GUARD_OFF, GUARD_OBSERVE, GUARD_BLOCK };
/* What becomes of the threads that init left; THREADS in core/handshake.py. */
enum threads { THREADS_AUTO, THREADS_DROP, THREADS_REFUSE };
enum network { NETWORK_SHARED, NETWORK_NONE, NETWORK_NONE_WHERE_ALLOWED };

#define RETIRE_ON_RESIDUE 1u
#define RETIRE_ON_SUSPICION 2u
#define RETIRE_ON_ERROR 4u

/* The variable with what Python has read, and the one that asks it to. */
#define SETTINGS_FLAT "_DAYFLY_SETTINGS"
#define SETTINGS_WANTED "_DAYFLY_READ"

/* Globs and places of one setting, and variables that are told. */
#define SETTINGS_MAX_NAMES 64
/* Of one glob: its positions are the bits of a number. */
#define SETTINGS_MAX_PARTS 63
#define SETTINGS_MAX_UNKNOWN 10

/* A list of texts, each a span of the variable's own value. */
struct names {
    struct bytes items[SETTINGS_MAX_NAMES];
    size_t count;
};

/* The settings in force. Durations are nanoseconds. Texts are spans of the process's own environment. */
struct settings {
    enum isolation isolation;
    int64_t max_age;
    int64_t max_invocations;
    double jitter;
    unsigned retire_on; /* RETIRE_ON_* */
    struct bytes tenant;
    int64_t environment_max_age;
    bool on_timeout_answer;
    int64_t timeout_margin;
    enum scope_setting scope;
    enum api_lock api_lock;
    bool scrubs_tmp; /* tmp = scrub */
    struct names keep, scrub;
    bool runs_changed_code; /* changed_code = run */
    bool close_memory, reseed, log_invocations, huge_pages, immortal, confine;
    enum network network;
    struct bytes prime, events, fork_before, fork_after;
    int64_t zygote_max_age, fork_deliver;
    bool warms; /* zygote.warm = auto */
    enum threads threads;
    enum guard guard;
    bool guard_closed; /* guard_on_fault = closed */
    bool guard_learn;
    /* Of the policy, empty without one: packed for the guard, layer or package, digest, mode of its kinds, why the layer's is
     * not active, and what is doubtful about it. */
    struct bytes policy, policy_source, policy_digest, policy_mode, policy_fault, policy_doubt;
    struct bytes fault, hint; /* why they cannot be used, as Python words it; empty where they can */
    /* Variables with the prefix DAYFLY_ that are no settings, sorted: for the first log record. */
    struct bytes unknown[SETTINGS_MAX_UNKNOWN];
    size_t unknown_count;
};

/* Read the settings: those that Python has read (SETTINGS_FLAT), else those of the variables. -1 for what cannot be read here:
 * Python says what is wrong with it. */
int settings_load(struct settings *out, char *const *environ);

/* Say whether Python is to read the settings first: a file of settings in `task_root`, where the function's code lies
 * (LAMBDA_TASK_ROOT or the current directory), a policy, or a tenant's path in an event. */
bool settings_are_pythons(const struct settings *settings, char *const *environ, const char *task_root);

/* The values as the first log record and the zygote's options spell them. */
const char *isolation_name(enum isolation isolation);
const char *guard_name(enum guard guard);
const char *lock_name(enum api_lock lock);

/* Append seconds for the zygote's options. -1 where it does not fit. */
int settings_seconds(struct buffer *out, int64_t ns);

#endif
