#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

/* Separates fields of what an executed interpreter is told; no path, name or glob that a setting may hold has it. */
#define FIELD "\x1f"
#define METADATA_VARIABLE "AWS_LAMBDA_METADATA_API"

/* Variables of the supervisor's own environment that a zygote does not get, or gets anew. */
static const char *const replaced[] = {
    "AWS_LAMBDA_RUNTIME_API=", "_DAYFLY_ZYGOTE=", "_DAYFLY_EXECUTED=", "_DAYFLY_LATER=",
    "_DAYFLY_KILLED=",        "_DAYFLY_SETTINGS=", "_DAYFLY_KEY=",     "_DAYFLY_CLERK=",
};

static bool begins(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

bool launch_has_user_site(char *const *arguments, char *const *environment) {
    char path[PATH_MAX];
    char text[4096];
    const char *no_user_site = variable(environment, "PYTHONNOUSERSITE");
    for (char *const *at = arguments + 1; *at != NULL && (*at)[0] == '-' && strcmp(*at, "-m") != 0; at++) {
        if ((*at)[1] != '-' && strcspn(*at, "IsS") < strlen(*at))
            return false;
        if ((*at)[1] != '-' && strchr(*at, 'E') != NULL)
            no_user_site = NULL;
    }
    if (no_user_site != NULL && no_user_site[0] != '\0')
        return false;
    int n = snprintf(path, sizeof(path), "%s", arguments[0]);
    char *slash = strrchr(path, '/');
    if (n < 0 || slash == NULL || (size_t)(slash - path) + sizeof("/../pyvenv.cfg") > sizeof(path))
        return true;
    memcpy(slash, "/../pyvenv.cfg", sizeof("/../pyvenv.cfg"));
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return true;
    ssize_t got = read(file, text, sizeof(text) - 1);
    (void)close(file);
    text[got < 0 ? 0 : got] = '\0';
    const char *setting = strstr(text, "include-system-site-packages");
    return setting == NULL || strncmp(setting + strcspn(setting, "=\n"), "= true", 6) == 0;
}

/* Say whether the user's own site directory can be switched off: where his home has no .local it does not exist, and who
 * makes it later planted it. */
static bool lacks_user_site(char *const *environment) {
    char path[PATH_MAX];
    struct stat facts;
    const char *home = variable(environment, "HOME");
    if (home == NULL) {
        const struct passwd *user = getpwuid(getuid());
        home = user == NULL ? "/" : user->pw_dir;
    }
    int n = snprintf(path, sizeof(path), "%s/.local", home);
    return n > 0 && (size_t)n < sizeof(path) && stat(path, &facts) != 0 && errno == ENOENT;
}

static int plan_arguments(struct launch_plan *plan, const struct zygote_launch *launch, struct fault *fault) {
    static char no_user_site[] = "-s";
    size_t n = 0;
    plan->arguments[n++] = launch->arguments[0];
    if (launch_has_user_site(launch->arguments, launch->environment) && lacks_user_site(launch->environment)) {
        plan->arguments[n++] = no_user_site;
        plan->n_options = 1;
    }
    for (char *const *at = launch->arguments + 1; *at != NULL; at++) {
        if (n > LAUNCH_MAX_ARGUMENTS)
            return fault_set(fault, "the command line has more than %d arguments", LAUNCH_MAX_ARGUMENTS);
        plan->arguments[n++] = *at;
    }
    plan->arguments[n] = NULL;
    return 0;
}

static int plan_variables(struct launch_plan *plan, const struct zygote_launch *launch, struct fault *fault) {
    const char *platform = variable(launch->environment, "AWS_LAMBDA_RUNTIME_API");
    const char *metadata = variable(launch->environment, METADATA_VARIABLE);
    /* Where the Runtime API's server is the metadata endpoint too, the supervisor asks it in the function's name. */
    bool is_shared = metadata != NULL && platform != NULL && strcmp(metadata, platform) == 0;
    plan->path_before = variable(launch->environment, "LD_LIBRARY_PATH");
    for (char *const *at = launch->environment; *at != NULL; at++) {
        bool is_replaced = false;
        for (size_t i = 0; i < COUNT(replaced); i++)
            is_replaced |= begins(*at, replaced[i]);
        if (is_replaced || (is_shared && begins(*at, METADATA_VARIABLE "=")))
            continue;
        if (plan->n_variables == LAUNCH_MAX_VARIABLES)
            return fault_set(fault, "the environment has more than %d variables", LAUNCH_MAX_VARIABLES);
        plan->variables[plan->n_variables++] = *at;
    }
    (void)snprintf(plan->address, sizeof(plan->address), "AWS_LAMBDA_RUNTIME_API=%s", launch->address);
    plan->variables[plan->n_variables++] = plan->address;
    if (is_shared) {
        (void)snprintf(plan->metadata, sizeof(plan->metadata), METADATA_VARIABLE "=%s", launch->address);
        plan->variables[plan->n_variables++] = plan->metadata;
    }
    plan->variables[plan->n_variables++] = plan->marker;
    plan->variables[plan->n_variables++] = plan->executed;
    plan->variables[plan->n_variables] = NULL;
    return 0;
}

int launch_plan(struct launch_plan *plan, const struct zygote_launch *launch, int channel, int lifeline, struct fault *fault) {
    plan->n_variables = plan->n_options = 0;
    int n = snprintf(plan->marker, sizeof(plan->marker), "%s=%d:%d,%s", launch->role, channel, lifeline, launch->options);
    if (n < 0 || (size_t)n >= sizeof(plan->marker))
        return fault_set(fault, "its options are too long");
    return plan_arguments(plan, launch, fault) == 0 ? plan_variables(plan, launch, fault) : -1;
}

_Noreturn void launch_execute(struct launch_plan *plan, const struct zygote_launch *launch, const struct procfs *procfs,
                              int channel, int lifeline) {
    struct proc_stat self;
    struct fault fault;
    if (launch->leave != NULL)
        launch->leave(launch->context);
    (void)fcntl(channel, F_SETFD, 0);
    (void)fcntl(lifeline, F_SETFD, 0);
    long long started = procfs_stat(procfs, getpid(), &self) == 1 ? (long long)self.started : -1;
    (void)snprintf(plan->executed, sizeof(plan->executed),
                   "_DAYFLY_EXECUTED=%d,%lld" FIELD "%s" FIELD "%zu" FIELD "%s%s", (int)getpid(),
                   started, launch->interpreter.way == CLOSED_NOT ? launch->interpreter.why : "", plan->n_options,
                   plan->path_before == NULL ? "" : "=", plan->path_before == NULL ? "" : plan->path_before);
    (void)closed_exec(&launch->interpreter, plan->arguments, plan->variables, &fault);
    (void)dprintf(STDERR_FILENO, "dayfly: error: %s\n", fault.text);
    _exit(127);
}
