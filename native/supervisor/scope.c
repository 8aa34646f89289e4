#include "scope.h"

/* The initial PID namespace has this fixed inode (PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h):
 * every process of the machine lives in it. */
#define INITIAL_PID_NAMESPACE "pid:[4026531836]"
/* Where rapid, Lambda's PID 1, lives (platform notes 5.1); its command line stays readable. */
#define RAPID "/var/rapid/"
#define EMULATOR "aws-lambda-rie"

#define NARROW_PROMISES                                                                                      \
    "not removed: processes that hide from Dayfly (cleared environment and another parent), files outside "  \
    "the private temporary directory, System V objects, keyrings, and leftovers of an earlier runtime"

static bool begins(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

static bool is_emulator(const char *command) {
    const char *slash = strrchr(command, '/');
    return begins(slash != NULL ? slash + 1 : command, EMULATOR);
}

static enum platform recognise(const struct host_facts *facts) {
    if (begins(facts->init_command, RAPID))
        return PLATFORM_LAMBDA;
    return is_emulator(facts->parent_command) || is_emulator(facts->init_command) ? PLATFORM_EMULATOR
                                                                                  : PLATFORM_OTHER;
}

static struct scope_decision wide(enum platform platform, const char *reason) {
    return (struct scope_decision){true, platform, reason, ""};
}

static struct scope_decision narrow(enum platform platform, const char *reason) {
    return (struct scope_decision){false, platform, reason, NARROW_PROMISES};
}

struct scope_decision scope_decide(enum scope_setting setting, const struct host_facts *facts) {
    enum platform platform = recognise(facts);
    bool own_namespace =
        facts->pid_namespace[0] != '\0' && strcmp(facts->pid_namespace, INITIAL_PID_NAMESPACE) != 0;
    if (setting == SCOPE_DESCENDANTS)
        return narrow(platform, "as configured");
    if (setting == SCOPE_ENVIRONMENT) {
        if (platform == PLATFORM_LAMBDA || own_namespace)
            return wide(platform, "as configured");
        return narrow(platform, "environment was requested, but this is the machine's own PID namespace");
    }
    if (platform == PLATFORM_LAMBDA)
        return wide(platform, "Lambda");
    if (platform == PLATFORM_OTHER)
        return narrow(platform, "neither Lambda nor its emulator");
    /* PID 1 itself must be the emulator: in a development container the emulator is one process among the
     * developer's own. */
    bool is_init = is_emulator(facts->init_command) && facts->parent_pid == 1;
    if (own_namespace && is_init && facts->tmp_is_own_mount)
        return wide(platform, "Lambda's emulator with its own PID namespace and /tmp");
    return narrow(platform, "Lambda's emulator without its own PID namespace and /tmp");
}

enum api_lock scope_lock(enum api_lock setting, enum platform platform) {
    if (setting != LOCK_AUTO)
        return setting;
    return platform == PLATFORM_EMULATOR ? LOCK_ON : LOCK_HTTP;
}

const char *scope_name(const struct scope_decision *decision) {
    return decision->is_environment ? "environment" : "descendants";
}

const char *platform_name(enum platform platform) {
    static const char *const names[] = {"lambda", "emulator", "other"};
    return names[platform];
}
