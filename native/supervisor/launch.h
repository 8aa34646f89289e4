/* How a zygote is executed: its command line, its variables, and what it is told of its start. */
#ifndef DAYFLY_LAUNCH_H
#define DAYFLY_LAUNCH_H

#include "common.h"

#include <limits.h>

#include "closed.h"
#include "procfs.h"

enum {
    LAUNCH_MAX_ARGUMENTS = 256,
    LAUNCH_MAX_VARIABLES = 4096,
    /* The text of a variable has 128 KiB at most (MAX_ARG_STRLEN). A policy has 64, and all variables of a function 4. */
    LAUNCH_MAX_OPTIONS = 120 * 1024,
    /* A variable that is made here: a path or two. */
    LAUNCH_MAX_VARIABLE = 2 * PATH_MAX,
};

/* How a zygote is executed: the interpreter, its arguments, and the variables that it gets (without those that
 * `zygote_start` adds). */
struct zygote_launch {
    struct closed interpreter;
    char *const *arguments;   /* PYTHON -m dayfly.runtime app.handler */
    char *const *environment; /* the supervisor's own */
    const char *address;      /* AWS_LAMBDA_RUNTIME_API of the function's process */
    const char *role;         /* the variable with its socket: says whether it is a zygote or a clerk */
    const char *options;      /* as ZygoteOptions.pack in core/handshake.py has them */
    /* Called in the child before it executes: gives back what only the supervisor should have. */
    void (*leave)(const void *context);
    const void *context;
};

/* What a child executes: built before the fork, completed behind it. */
struct launch_plan {
    char *arguments[LAUNCH_MAX_ARGUMENTS + 2];
    char *variables[LAUNCH_MAX_VARIABLES + 8];
    size_t n_variables;
    size_t n_options; /* that we added to the interpreter's */
    char address[320], metadata[320];
    char marker[LAUNCH_MAX_OPTIONS + 64];
    char executed[LAUNCH_MAX_VARIABLE];
    const char *path_before; /* LD_LIBRARY_PATH as it was, NULL without */
};

/* Say whether an interpreter with these arguments looks into its user's site directory only if nobody has said that it is not
 * to: by an option or a variable, or by a virtual environment without the system's packages. */
bool launch_has_user_site(char *const *arguments, char *const *environment);

/* Build it, for a zygote whose socket and lifeline have these numbers. -1 with a fault where something is too long. */
int launch_plan(struct launch_plan *plan, const struct zygote_launch *launch, int channel, int lifeline, struct fault *fault);

/* In the child: become the interpreter. Its output must be in place; `channel` and `lifeline` are kept open. */
_Noreturn void launch_execute(struct launch_plan *plan, const struct zygote_launch *launch, const struct procfs *procfs,
                              int channel, int lifeline);

#endif
