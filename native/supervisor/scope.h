/* Decides how far Dayfly may reach: the whole environment, or only what it started itself. Pure, as
 * src/dayfly/doctor/scope.py. */
#ifndef DAYFLY_SCOPE_H
#define DAYFLY_SCOPE_H

#include "settings.h"

enum platform { PLATFORM_LAMBDA, PLATFORM_EMULATOR, PLATFORM_OTHER };

/* What was seen of the host. Commands are the first argument of PID 1 and of our parent, empty where they
 * cannot be read. */
struct host_facts {
    const char *pid_namespace; /* as the link /proc/self/ns/pid has it: "pid:[4026531836]" */
    const char *init_command, *parent_command;
    pid_t parent_pid;
    bool tmp_is_own_mount; /* /tmp is a mount of its own, or of a container's root, and nothing in it is older
                              than PID 1 */
};

struct scope_decision {
    bool is_environment; /* else: descendants */
    enum platform platform;
    const char *reason;       /* in words */
    const char *not_promised; /* because of it; empty where nothing is */
};

/* The same setting and facts always give the same scope. */
struct scope_decision scope_decide(enum scope_setting setting, const struct host_facts *facts);

/* Say whose responses are held open while a worker lives, never LOCK_AUTO; see `choose_api_lock` in src/dayfly/doctor/scope.py. */
enum api_lock scope_lock(enum api_lock setting, enum platform platform);

/* "environment" or "descendants"; "lambda", "emulator" or "other". */
const char *scope_name(const struct scope_decision *decision);
const char *platform_name(enum platform platform);

#endif
