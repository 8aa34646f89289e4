/* Starts an environment: an emptied environment first, then closed memory, then the function, then the loop. */
#include "supervisor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "earlier_life.h"
#include "host.h"
#include "writable.h"

#define API_VARIABLE "AWS_LAMBDA_RUNTIME_API"
#define TELEMETRY_VARIABLE "_LAMBDA_TELEMETRY_LOG_FD"
/* Says to Python that a zygote cannot begin; why, the zygote has said. */
#define INSTEAD_VARIABLE "_DAYFLY_INSTEAD"
/* What of its patience a supervisor may wait for the platform at once: it tells its dead-man's timer in between. */
#define ROUTES_SHARE 3
/* Between options of a zygote; see core/handshake.py. */
#define OPTION "\x1f"

/* The temporary directories that begin with an environment. */
static const char *const scratch[] = {"/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue"};

enum {
    GUARD_KEY_BYTES = 16,
    LAMBDA_SIGNALLED = 128,
    /* What a zygote ends with that cannot take part; see src/dayfly/attach/enter.py. */
    EXIT_UNFIT = 70,
    /* As a shell exits where there is no such program. */
    EXIT_NOT_FOUND = 127,
};

/* ---- without Dayfly --------------------------------------------------------------------------- */

/* The zygote's files are unfit for it, which it has said: end what was started here, give back what this process was given, and
 * have Python decide whether the function may run without Dayfly. */
static _Noreturn void hand_over(struct supervisor *s) {
    /* What was started here would be taken for an earlier life's. */
    struct swept swept;
    (void)sweep_run(&s->sweep, NULL, 0, &swept);
    if (s->temporary.path[0] != '\0') {
        char parent[sizeof(s->temporary.path)];
        memcpy(parent, s->temporary.path, sizeof(parent));
        *strrchr(parent, '/') = '\0';
        cleaner_end(s);
        if (s->had_tmpdir)
            (void)setenv("TMPDIR", parent, 1);
        else
            (void)unsetenv("TMPDIR");
    }
    key_read(s);
    key_give_back(s);
    signals_leave();
    if (CPU_COUNT(&s->processors) > 0)
        (void)sched_setaffinity(0, sizeof(s->processors), &s->processors);
    if (s->output.telemetry >= 0)
        /* Out of the function's sight until now; the number is the platform's word. */
        (void)dup2(s->output.fds[OUTPUT_TELEMETRY], s->output.telemetry);
    if (s->earlier.killed > 0)
        (void)setenv(WRAPPERS_VARIABLE, "met", 1);
    if (setenv(INSTEAD_VARIABLE, "", 1) == 0 && unsetenv(EARLIER_LIFE_VARIABLE) == 0 &&
        unsetenv(SETTINGS_FLAT) == 0)
        (void)execvp(s->arguments[0], s->arguments);
    print_error("Python cannot be executed", strerror(errno));
    exit(EXIT_NO_EVENTS);
}

/* ---- first acts ------------------------------------------------------------------------------- */

/* Tell the platform that init failed, and exit with `status`. */
static _Noreturn void fail(struct supervisor *s, const char *type, const char *message, const char *hint, int status) {
    struct upstream *up = &s->lanes[0].upstream;
    struct failure failure;
    struct fault fault;
    char text[2048];
    char name[64];
    print_error(message, hint);
    (void)snprintf(text, sizeof(text), "%s (%s)", message, hint);
    (void)snprintf(name, sizeof(name), "Dayfly.%s", type);
    answers_fail(&failure, name, bytes_of(text));
    (void)snprintf(name, sizeof(name), "Runtime.%s", type);
    if (upstream_init(up, getenv(API_VARIABLE), &fault) == 0) {
        upstream_post(up, "/init/error", bytes_of(name), (struct bytes){(uint8_t *)failure.body, failure.n});
        if (upstream_wait(up, NEVER) == UPSTREAM_LOST)
            print_error(up->fault.text, "check " API_VARIABLE);
    }
    exit(status);
}

_Noreturn void boot_refuse(struct supervisor *s, const char *type, const char *message, const char *hint) {
    fail(s, type, message, hint, EXIT_BAD_INPUT);
}

static _Noreturn void give_up(const char *what, const struct fault *fault) {
    print_error(fault->text, what);
    exit(EXIT_NO_EVENTS);
}

/* Have Python read the settings: it executes this program again with them. */
static _Noreturn void have_read(struct supervisor *s) {
    /* In case that Python goes on by itself. */
    key_read(s);
    key_give_back(s);
    if (setenv(SETTINGS_WANTED, "1", 1) == 0)
        (void)execvp(s->arguments[0], s->arguments);
    print_error("the settings cannot be read by Python", strerror(errno));
    exit(EXIT_NO_EVENTS);
}

/* Read settings and decide the scope. */
static void read_settings(struct supervisor *s) {
    struct host host;
    char here[PATH_MAX];
    const char *root = getenv("LAMBDA_TASK_ROOT");
    if (root == NULL || root[0] == '\0')
        root = getcwd(here, sizeof(here)) == NULL ? "/" : strdup(here);
    s->task_root = root;
    bool is_read = settings_load(&s->settings, s->environment) == 0;
    if (settings_are_pythons(&s->settings, s->environment, root) || (!is_read && getenv(SETTINGS_FLAT) == NULL))
        have_read(s);
    if (!is_read || s->settings.fault.n > 0) {
        char message[1024] = "the settings cannot be read", hint[512] = "name fewer or shorter paths in keep and scrub (64 each at most)";
        if (s->settings.fault.n > 0) {
            bytes_copy(message, sizeof(message), s->settings.fault);
            bytes_copy(hint, sizeof(hint), s->settings.hint);
        }
        boot_refuse(s, "InvalidSetting", message, hint);
    }
    /* Tenants are told apart where events of several may meet in a worker. */
    s->tells_tenants = s->settings.isolation == ISOLATION_WINDOW && s->settings.tenant.n > 0;
    if (s->tells_tenants && tenants_parse(&s->tenants, s->settings.tenant) != 0)
        boot_refuse(s, "InvalidSetting", "the path in tenant is too long", "name a claim that is nested less deeply");
    host_observe(&host, &s->procfs);
    s->scope = scope_decide(s->settings.scope, &host.facts);
    s->lock = scope_lock(s->settings.api_lock, s->scope.platform);
}

/* Rule 1: what runs or lies here already may be the work of an earlier, poisoned life. Processes go first, and this program
 * executes itself anew where its memory is open: nothing may be there that could reach into it. */
static void end_processes(struct supervisor *s, char **argv) {
    struct fault fault;
    earlier_life_take(&s->earlier);
    if (sweep_begin(&s->sweep, &s->procfs, &s->pairs, s->scope.is_environment ? SWEEP_ENVIRONMENT : SWEEP_DESCENDANTS,
                    &fault) != 0)
        give_up("recycle this environment", &fault);
    if (s->scope.is_environment)
        earlier_life_end(s);
    earlier_life_hand_on(&s->earlier);
    struct fault why = {""};
    (void)closed_self(argv, environ, s->settings.close_memory, &why);
    memcpy(s->memory_why, why.text, sizeof(s->memory_why));
    (void)unsetenv(EARLIER_LIFE_VARIABLE);
    s->environment = environ;
}

static bool is_within(const char *path, const char *place) {
    char inner[PATH_MAX], outer[PATH_MAX];
    return realpath(path, inner) != NULL && realpath(place, outer) != NULL && path_is_within(inner, outer);
}

/* Refuse to empty a directory that holds the function's code, the interpreter or Dayfly. */
static void refuse_code(struct supervisor *s, char **argv, const char *place) {
    char prefix[PATH_MAX], own[PATH_MAX], message[512];
    struct fault fault;
    bytes_copy(prefix, sizeof(prefix), bytes_of(s->arguments[0]));
    for (int up = 0; up < 2 && strrchr(prefix, '/') != NULL; up++)
        *strrchr(prefix, '/') = '\0';
    if (!is_within(s->task_root, place) && !is_within(s->arguments[0], place) && !is_within(prefix, place) &&
        (closed_place(argv, own, &fault) != 0 || !is_within(own, place)))
        return;
    (void)snprintf(message, sizeof(message), "scrub contains %.400s, the directory of the function's code", place);
    boot_refuse(s, "InvalidSetting", message, "use a data directory");
}

/* Which of the temporary directories are ours to empty; a container may share the host's. */
static size_t own_roots(struct supervisor *s, char **argv, const char **out) {
    size_t n = 0;
    for (size_t i = 0; s->scope.is_environment && i < COUNT(scratch); i++) {
        bool is_ours = s->scope.platform == PLATFORM_LAMBDA || strcmp(scratch[i], "/tmp") == 0;
        if (!is_ours)
            is_ours = host_began_here(&s->procfs, scratch[i]) &&
                      (s->owns_kernel_objects || strncmp(scratch[i], "/dev/", 5) != 0);
        if (is_ours)
            out[n++] = scratch[i];
    }
    if (!s->scope.is_environment)
        out[n++] = s->temporary.path;
    for (size_t i = 0; s->scope.is_environment && i < s->settings.scrub.count; i++) {
        struct bytes place = s->settings.scrub.items[i];
        char *path = strndup((const char *)place.at, place.n);
        if (path == NULL)
            continue;
        refuse_code(s, argv, path);
        out[n++] = path;
    }
    return n;
}

/* Scope descendants: a directory of our own, which the function finds in TMPDIR. */
static void make_temporary(struct supervisor *s) {
    struct fault fault;
    const char *parent = getenv("TMPDIR");
    s->had_tmpdir = parent != NULL && parent[0] != '\0';
    if (private_make(&s->temporary, parent == NULL || parent[0] == '\0' ? "/tmp" : parent, &fault) != 0)
        boot_refuse(s, "InvalidSetting", fault.text, "set TMPDIR to a writable directory");
    (void)setenv("TMPDIR", s->temporary.path, 1);
    s->environment = environ;
}

/* Compare what else this user may write from now on. */
static void cover_places(struct supervisor *s) {
    struct writable_in in = {s->task_root, s->arguments[0], &s->writable_paths, !s->sweep.is_first_life,
                             &s->procfs};
    struct fault fault;
    struct young young;
    char not_compared[1024];
    if (writable_find(&s->outside, &s->code, &in, &young, not_compared, sizeof(not_compared), &fault) != 0)
        give_up("recycle this environment", &fault);
    if (not_compared[0] != '\0')
        limits_add(&s->limits, "writable, but not checked for changes: %s", not_compared);
    s->earlier.removed += young.removed;
    s->earlier.young_code = young.code;
    s->earlier.young_data = young.data;
}

static void refuse_files(struct supervisor *s, int64_t n, const char *what, const char *hint) {
    char message[192];
    struct field fields[] = {FIELD_OF_NUMBER("files", n)};
    if (n == 0)
        return;
    (void)snprintf(message, sizeof(message), "the environment does not start: %lld %s", (long long)n, what);
    report_find(&s->report, FINDING_NOT_CLEAN, message, fields, COUNT(fields));
    fail(s, "NotClean", strstr(message, ": ") + 2, hint, EXIT_NO_EVENTS);
}

/* Begin no life with what an earlier one left: do not load it, and do not take it for what init will have made. */
static void refuse_leftovers(struct supervisor *s) {
    if (!s->settings.runs_changed_code)
        refuse_files(s, s->earlier.young_code, "files of the function's code changed since this environment started",
                     "recycle this environment; if init creates these files itself, add their directory to `scrub`");
    if (!s->sweep.is_first_life)
        refuse_files(s, s->earlier.stays, "files of an earlier life could not be removed", "recycle this environment");
    else if (s->earlier.stays > 0)
        limits_add(&s->limits, "%lld temporary files cannot be removed", (long long)s->earlier.stays);
}

static void empty_places(struct supervisor *s, const char *const *roots, size_t n) {
    struct fault fault;
    struct cleaned done = {0};
    uint32_t objects = 0;
    if (writable_paths_begin(&s->writable_paths, roots, n, &fault) != 0)
        give_up("recycle this environment", &fault);
    s->writable_paths.keep = &s->settings.keep;
    s->writable_paths.held = &s->held;
    if (contents_begin(&s->contents, &fault) != 0)
        give_up("give the function more memory", &fault);
    s->writable_paths.contents = &s->contents;
    held_look(&s->held, &s->sweep);
    if (s->settings.scrubs_tmp)
        writable_paths_clear(&s->writable_paths, NEVER, &done);
    s->earlier.removed = (int64_t)done.files + done.directories;
    s->earlier.stays = done.failed;
    if (s->settings.scrubs_tmp && s->scope.is_environment)
        cover_places(s);
    if (s->owns_kernel_objects && kernel_begin(&s->kernel, &s->procfs, s->sweep.is_first_life || s->sweep.n_extensions > 0,
                                               &objects, &fault) != 0)
        limits_add(&s->limits, "System V objects are not cleared: %s", fault.text);
    s->earlier.objects = objects;
    s->kernel.has_neighbours = s->scope.platform != PLATFORM_LAMBDA && host_shares_users();
}

/* ---- memory ----------------------------------------------------------------------------------- */

/* Say what `end_processes` found by trying: why memory is open to workers, "" where it is closed. */
static void judge_memory(struct supervisor *s) {
    s->memory = s->memory_why;
    if (s->memory_why[0] == '\0')
        (void)host_open_stranger(&s->procfs, s->stranger, sizeof(s->stranger));
}

/* ---- the zygote's options ---------------------------------------------------------------------- */

static int add_text(struct buffer *out, struct bytes text) {
    return buffer_add(out, text) == 0 && buffer_add(out, LITERAL(OPTION)) == 0 ? 0 : -1;
}

/* Pack what a zygote is told before it initialises the function; see ZygoteOptions in core/handshake.py. */
static int pack_options(struct supervisor *s, const char *const *roots, size_t n_roots) {
    const struct settings *set = &s->settings;
    struct buffer out = {(uint8_t *)s->options, 0, sizeof(s->options) - 1};
    bool confines = set->confine && s->scope.platform != PLATFORM_LAMBDA;
    bool is_guarded = set->guard != GUARD_OFF;
    char key[2 * GUARD_KEY_BYTES + 1] = "";
    uint8_t random[GUARD_KEY_BYTES];
    /* Plain, the hash of a card number is the card number: nobody but this environment can compute these. */
    if (is_guarded && getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -1;
    for (size_t i = 0; is_guarded && i < sizeof(random); i++)
        (void)snprintf(key + 2 * i, 3, "%02x", random[i]);
    int failed = buffer_print(&out, "%s" OPTION "%d%d%d%d%d%d%d%d%d%d1%d%d" OPTION "%d" OPTION, isolation_name(set->isolation),
                              set->reseed, set->huge_pages, set->threads, set->immortal, confines,
                              set->network != NETWORK_SHARED, set->guard_closed, set->guard_learn, s->has_key || set->log_invocations,
                              set->log_invocations, launch_has_user_site(s->arguments, s->environment), set->warms,
                              s->output.telemetry);
    failed |= settings_seconds(&out, set->fork_deliver);
    const struct sockaddr_in *api = &s->lanes[0].upstream.peer;
    char host[INET_ADDRSTRLEN] = "";
    (void)inet_ntop(AF_INET, &api->sin_addr, host, sizeof(host));
    failed |= buffer_print(&out, OPTION "%s:%u" OPTION "%s" OPTION "%s" OPTION, host, (unsigned)ntohs(api->sin_port),
                           guard_name(set->guard), key);
    failed |= add_text(&out, set->policy) | add_text(&out, set->prime) | add_text(&out, set->events) | add_text(&out, set->fork_before);
    failed |= buffer_add(&out, set->fork_after);
    for (size_t i = 0; i < n_roots; i++)
        failed |= buffer_print(&out, OPTION "%s", roots[i]);
    s->options[out.n] = '\0';
    return failed;
}

/* In a child that is about to execute a zygote: give back what only the supervisor should have. */
static void leave(const void *context) {
    const struct supervisor *s = context;
    process_limits_leave(&s->process_limits);
    if (s->scope.is_environment)
        (void)setsid();
    signals_leave();
    if (CPU_COUNT(&s->processors) > 0)
        (void)sched_setaffinity(0, sizeof(s->processors), &s->processors);
}

/* ---- processors --------------------------------------------------------------------------------- */

/* Keep to one processor, where there are two or more: in a virtual machine the kernel takes a halted processor for one that
 * the host has taken away (vcpu_is_preempted), so it wakes a process on its waker's processor although another is idle. A
 * worker that ended there tore its memory down before the supervisor could go on. */
static void keep_to_one_processor(struct supervisor *s) {
    cpu_set_t one;
    if (sched_getaffinity(0, sizeof(s->processors), &s->processors) != 0) {
        CPU_ZERO(&s->processors);
        return;
    }
    if (CPU_COUNT(&s->processors) < 2)
        return;
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &s->processors)) {
            CPU_SET(i, &one);
            break;
        }
    if (sched_setaffinity(0, sizeof(one), &one) == 0)
        CPU_XOR(&s->elsewhere, &s->processors, &one);
}

/* ---- the start ---------------------------------------------------------------------------------- */

/* What is not promised is told, and nothing else follows from it. */
static void tell_limit(struct supervisor *s, int result, const struct fault *fault) {
    if (result != 0)
        limits_add(&s->limits, "%s", fault->text);
}

/* Take a session of our own, as the zygote does later: where the kernel shares processors out among sessions (autogroups), who
 * lowers our priority gains little by it, since nobody but us is in ours, and what a worker starts in its own shares one part.
 * The platform's session would not do: its part goes to the processor where most of it runs. A leader of a group may begin no
 * session, so we join that of a child first; afterwards our group has our number again. */
static void be_alone(void) {
    if (setsid() >= 0)
        return;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            (void)pause();
    if (child < 0)
        return;
    if (setpgid(child, child) == 0 && setpgid(0, child) == 0)
        (void)setsid();
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

/* Take charge of this process, before the zygote is executed: what is made here it does not inherit. */
static void take_charge(struct supervisor *s) {
    struct fault fault;
    keep_to_one_processor(s);
    if (s->scope.is_environment)
        be_alone();
    tell_limit(s, pairs_begin(&s->pairs, &fault), &fault);
    tell_limit(s, timers_begin(&s->timers, &fault), &fault);
    /* After the timers: as the first handler is installed, musl lets through the signals that it keeps for itself (33, 34), and
     * either would end us. */
    tell_limit(s, signals_begin(&s->signals, !s->scope.is_environment, &fault), &fault);
    int zombies = sweep_zombies(&s->sweep);
    s->zombies = zombies < 0 ? 0 : (uint32_t)zombies;
    tell_limit(s,
               process_limits_begin(&s->process_limits, &s->procfs, &s->pairs, s->sweep.is_subreaper,
                                    s->zombies, &fault),
               &fault);
}

static void settle(void *context) {
    struct supervisor *s = context;
    /* One that was stopped in the middle of a fork would keep it pending. */
    zygote_undo_stop(&s->zygote);
    pool_settle(s);
}

static bool relieve(void *context) {
    struct supervisor *s = context;
    return process_limits_relieve(&s->process_limits);
}

/* Reserve all memory and descriptors of the environment's life. */
static int reserve(struct supervisor *s, const char *address, struct fault *fault) {
    const char *telemetry = getenv(TELEMETRY_VARIABLE);
    if (output_init(&s->output, telemetry == NULL ? -1 : atoi(telemetry), fault) != 0 ||
        report_init(&s->report, &s->output, fault) != 0 || clerk_init(&s->clerk, fault) != 0 || routes_init(&s->routes, address, fault) != 0 ||
        zygote_reserve(&s->zygote, &s->procfs, fault) != 0 ||
        zygote_reserve(&s->former, &s->procfs, fault) != 0 || arena_reserve(&s->piece, SUPERVISOR_PIECE, fault) != 0)
        return -1;
    for (size_t i = 0; i < LANES; i++)
        if (lane_init(&s->lanes[i], address, &s->report, fault) != 0)
            return -1;
    for (size_t i = 0; i < WORKERS; i++) {
        worker_clear(&s->workers[i]);
        if (pipes_reserve(&s->workers[i].pipes, fault) != 0)
            return -1;
    }
    invocation_findings_init(&s->invocation_findings, &s->report, s->settings.fork_deliver,
                             s->settings.guard_learn);
    s->report.notes_left = s->settings.log_invocations;
    key_use(s);
    s->output.relieve = relieve;
    s->output.relieve_of = s;
    return 0;
}

/* Init ended the process: end the same way, so that the platform words it as without Dayfly. */
static _Noreturn void end_like(struct supervisor *s) {
    int status = s->zygote.status;
    if (status < 0)
        loop_end(s, EXIT_NO_EVENTS);
    if (!WIFSIGNALED(status))
        loop_end(s, WEXITSTATUS(status));
    struct swept swept;
    (void)sweep_run(&s->sweep, NULL, 0, &swept);
    cleaner_end(s);
    signals_leave();
    (void)kill(getpid(), WTERMSIG(status));
    exit(LAMBDA_SIGNALLED + WTERMSIG(status));
}

/* Begin to watch the Runtime API, before code of the function's runs. */
static void begin_watch(struct supervisor *s) {
    struct endpoint api = {{0}, 0};
    const char *memory = getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
    s->memory_mb = memory == NULL ? 0 : atol(memory);
    (void)endpoint_from(&api, (const struct sockaddr *)&s->lanes[0].upstream.peer);
    flight_init(&s->flight, &s->procfs);
    watch_begin(&s->watch, &s->sweep, &api, s->scope.is_environment && s->sweep.sees_all_extensions,
                s->scope.platform == PLATFORM_LAMBDA, s->memory_mb);
}

_Noreturn void boot(struct supervisor *s, char **argv, char **environment) {
    struct fault fault = {""};
    char place[PATH_MAX];
    const char *roots[WRITABLE_PATHS_MANY_ROOTS];
    s->began = now_ns();
    s->arguments = argv + 1;
    s->environment = environment;
    s->output.telemetry = -1;
    const char *address = getenv(API_VARIABLE);
    if (address == NULL || address[0] == '\0') {
        print_error(API_VARIABLE " is not set", "start this command through Lambda, its emulator or `dayfly lab`");
        exit(EXIT_BAD_INPUT);
    }
    key_take(s, argv, &fault);
    s->environment = environ;
    if (fault.text[0] != '\0')
        boot_refuse(s, "InvalidSetting", fault.text, "use 64 hexadecimal digits, for example from `openssl rand -hex 32`");
    if (procfs_open(&s->procfs, &fault) != 0)
        give_up("it needs /proc", &fault);
    read_settings(s);
    s->owns_kernel_objects =
        s->scope.is_environment && (s->scope.platform == PLATFORM_LAMBDA || !host_shares_ipc());
    size_t n_roots = own_roots(s, argv, roots);
    end_processes(s, argv);
    key_read(s);
    if (!s->scope.is_environment)
        make_temporary(s);
    empty_places(s, roots, n_roots);
    judge_memory(s);
    if (closed_place(argv, place, &fault) != 0)
        give_up("it needs /proc", &fault);
    if (closed_find(&s->launch.interpreter, s->arguments[0], place, s->memory_why[0] == '\0', &fault) != 0) {
        print_error(fault.text, "check the command that starts the function");
        exit(EXIT_NOT_FOUND);
    }
    if (reserve(s, address, &fault) != 0)
        give_up("check " API_VARIABLE ", or free processes, descriptors or memory", &fault);
    refuse_leftovers(s);
    if (pack_options(s, roots, n_roots) != 0)
        boot_refuse(s, "InvalidSetting", "the settings are longer than 120 KiB",
                    "name directories in keep and scrub instead of single files");
    take_charge(s);
    s->sweep.settle = settle;
    s->sweep.relieve = relieve;
    s->sweep.context = s;
    s->launch.arguments = s->arguments;
    s->launch.environment = s->environment;
    s->launch.address = s->routes.address;
    s->launch.options = s->options;
    s->launch.role = "_DAYFLY_ZYGOTE";
    s->launch.leave = leave;
    begin_watch(s);
    if (init_zygote(s, NEVER, &fault) != 0) {
        if (s->zygote.status >= 0 && WIFEXITED(s->zygote.status) && WEXITSTATUS(s->zygote.status) == EXIT_UNFIT)
            hand_over(s);
        if (s->zygote.status < 0)
            print_error(fault.text, "see the log records above");
        end_like(s);
    }
    promises_check(s);
    promises_tell(s);
    pool_adopt(s);
    cleaner_remember(s);
    routes_end_init(&s->routes, timers_patience(s->memory_mb) / ROUTES_SHARE);
    loop_run(s);
}

int boot_rebuild(struct supervisor *s, int64_t until, struct fault *fault) {
    if (init_zygote(s, until, fault) != 0)
        return -1;
    const char *broken = promises_broken(s, fault);
    if (broken == NULL)
        return 0;
    zygote_end(&s->zygote, &s->output, 0);
    return broken == fault->text ? -1 : fault_set(fault, "%s", broken);
}
