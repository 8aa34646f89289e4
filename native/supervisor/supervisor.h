/* One supervisor: everything that it holds, in one struct that is passed down, and what each of its parts does.
 *
 * boot.c starts an environment, pool.c keeps zygote and spares, lane.c serves events, loop.c waits for all of them.
 */
#ifndef DAYFLY_SUPERVISOR_H
#define DAYFLY_SUPERVISOR_H

#include "common.h"

#include "announce.h"
#include "answers.h"
#include "clerk.h"
#include "contents.h"
#include "codefile.h"
#include "event.h"
#include "flight.h"
#include "held.h"
#include "kernel.h"
#include "process_limits.h"
#include "lane.h"
#include "invocation_metrics.h"
#include "output.h"
#include "pairs.h"
#include "writable_paths.h"
#include "private.h"
#include "procfs.h"
#include "ready.h"
#include "renewal.h"
#include "report.h"
#include "routes.h"
#include "scope.h"
#include "settings.h"
#include "signals.h"
#include "sweep.h"
#include "tenants.h"
#include "timers.h"
#include "upstream.h"
#include "watch.h"
#include "invocation_findings.h"
#include "worker.h"
#include "zygote.h"

enum {
    /* One outstanding poll and one worker each; Managed Instances will have AWS_LAMBDA_MAX_CONCURRENCY. */
    LANES = 1,
    /* Workers forked ahead. With one, events that follow each other closely wait for the fork and for the first page
     * faults of the new process; the second costs page tables and what a worker touches. */
    SPARES = 2,
    /* Those, each lane's own, and one in the making. */
    WORKERS = LANES + SPARES + 1,
    /* What a worker's socket is read into at once. */
    SUPERVISOR_PIECE = 256 * 1024,
    /* Of a fleet's key. */
    KEY_BYTES = 32,
    EXIT_NO_EVENTS = 1,
    EXIT_BAD_INPUT = 2,
    /* Without arguments: it can be executed here (src/dayfly/runtime/native.py). */
    EXIT_RUNS = 93,
};

struct supervisor {
    char **arguments; /* PYTHON -m dayfly.runtime app.handler */
    char **environment;
    const char *task_root;
    struct settings settings;
    bool tells_tenants;
    struct tenant_source tenants;
    struct scope_decision scope;
    enum api_lock lock; /* whose responses are held open; not LOCK_AUTO */
    bool was_held;      /* the platform has agreed to that before */
    unsigned unheld;    /* events since for which it has not */
    int64_t began;

    struct procfs procfs;
    struct pairs pairs;
    struct sweep sweep;
    struct process_limits process_limits;
    struct timers timers;
    struct signals signals;
    struct writable_paths writable_paths;
    struct writable_paths
        outside; /* what else this user may write, compared with what the image and init left there */
    struct code_places code;
    struct held held;
    struct contents contents;
    struct kernel kernel;
    bool owns_kernel_objects;
    struct private_directory temporary; /* scope descendants: the only directory that is ours to empty */
    bool had_tmpdir;                    /* TMPDIR was set before it named that */
    struct watch watch;
    struct flight flight;
    cpu_set_t processors; /* that the platform gave */
    cpu_set_t elsewhere;  /* those without the supervisor's own, empty where there is one */
    uint32_t zombies;     /* as the last sweep counted them */

    struct output output;
    struct report report;
    struct invocation_findings invocation_findings;
    struct invocation_metrics invocation_metrics;
    struct clerk clerk;
    bool has_key; /* the fleet's, which proves lines */
    uint8_t key[KEY_BYTES];
    char key_holder[64]; /* a process whose variables show it, "" without */
    struct limits limits;
    struct earlier_life earlier;
    long memory_mb; /* the function's, 0 where not told */
    const char *memory; /* why memory is open to workers, "" where it is closed */
    char memory_why[256];
    char stranger[64]; /* a foreign process whose memory can be written */

    struct routes routes;
    char options[LAUNCH_MAX_OPTIONS];
    struct zygote_launch launch;
    struct zygote zygote;
    struct zygote former; /* waits beside an init that may fail; nobody else */
    struct ready ready, ready_before;
    struct renewal renewal;
    bool is_restored; /* from a snapshot */
    /* What holds of workers: no network, confined system calls, a guard where one was asked for. */
    bool is_offline, is_confined, is_guarded;
    int64_t init_ns;  /* how long the last init took */

    struct worker workers[WORKERS];
    struct worker *spares[SPARES];
    size_t n_spares;
    unsigned workers_made;
    bool is_forking;        /* false in process isolation, asked for or because the function cannot be forked */
    bool serves_once;       /* process isolation that somebody may have forced: no process serves a second event */
    unsigned rebuilds;       /* of the zygote, since it forked a worker */
    struct fault fork_fault; /* why the last fork could not be asked for */
    uint32_t killed_spares; /* that ended by themselves, which none does */

    struct buffer piece; /* scratch: what was read from a worker's socket */
    struct lane lanes[LANES];
};

/* Say whether a worker serves further events, for as long as its window allows. */
static inline bool serves_windows(const struct supervisor *s) {
    return s->is_forking && s->settings.isolation == ISOLATION_WINDOW;
}

/* ---- boot.c ---- */

/* Start an environment and serve for ever. `arguments` are the interpreter's command line. */
_Noreturn void boot(struct supervisor *s, char **arguments, char **environment);

/* Tell the platform that init failed, and why; then exit. */
_Noreturn void boot_refuse(struct supervisor *s, const char *type, const char *message, const char *hint);

/* Initialise the function again, in an emptied environment, `until` at most; with a limit, its failure is not the platform's
 * to act on. -1 with a fault where that fails or what was promised holds no longer: then there is no zygote. */
int boot_rebuild(struct supervisor *s, int64_t until, struct fault *fault);

/* ---- promises.c ---- */

/* The first zygote's init has ended: does not return where what it said forbids to serve. */
void promises_check(struct supervisor *s);

/* Write the first log record. */
void promises_tell(struct supervisor *s);

/* Say what was promised of the first zygote and does not hold of this one; NULL where all does. */
const char *promises_broken(struct supervisor *s, struct fault *fault);

/* ---- key.c ---- */

/* Take the fleet's key out of the variables: executes this program anew without it. Says why it cannot be used in `wrong`. */
void key_take(struct supervisor *s, char **argv, struct fault *wrong);

/* Read what `key_take` has handed on, once this program runs as it will. */
void key_read(struct supervisor *s);

/* Make of it what is needed here, and look for another process that shows it. */
void key_use(struct supervisor *s);

/* Put it back into the variables, for the interpreter that is executed next. */
void key_give_back(const struct supervisor *s);

/* ---- init.c ---- */

/* Start a zygote and wait for the end of its init, `until` at most, serving its calls; with a limit its failure is not the
 * platform's to act on. -1 with a fault where it ends first: `zygote.status` is how. */
int init_zygote(struct supervisor *s, int64_t until, struct fault *fault);

/* ---- pool.c ---- */

/* Take over a zygote that has finished its init, in an environment where nothing else is. */
void pool_adopt(struct supervisor *s);

/* Take what the zygote has said; a lost one is given up, and reported. */
void pool_settle(struct supervisor *s);

/* Say whether a live worker is ready, once dead ones are given up. */
bool pool_has_spare(struct supervisor *s);

/* The next worker; it is no longer spared by sweeps. There must be one. */
struct worker *pool_take(struct supervisor *s);

/* Make the zygote itself the worker (process isolation), NULL where it is lost. */
struct worker *pool_serve(struct supervisor *s);

/* Ask for one more worker, unless enough are there or on their way. `is_alone`: no worker has an event, and what the last
 * one left is gone. */
void pool_fork_ahead(struct supervisor *s, bool is_alone);

/* Give up whoever an invocation changed for good; true with why where the environment must retire. */
bool pool_keep(struct supervisor *s, struct fault *why);

/* Give up those that ended while a dead worker closed its files, and say so in the name of its request. */
void pool_settle_losses(struct supervisor *s);

/* Have the zygote wait for a worker that is proved dead. */
void pool_bury(struct supervisor *s, pid_t pid);

/* Have it wait for all of them now, not with the next fork. */
void pool_bury_all(struct supervisor *s);

/* The wait status of a worker that is proved dead, ANSWERS_NO_STATUS where it does not come in time. */
int pool_status(struct supervisor *s, pid_t pid);

/* The zygote ended or no longer answers: say so and give it up. */
void pool_lose(struct supervisor *s, const struct fault *why);
/* Give up a zygote that a sweep ended with the rest; a finding tells of it where the sweep killed nothing else. */
void pool_settle_sweep(struct supervisor *s, const struct swept *swept);

/* End the workers that have seen no event; false where one is in the making for too long. */
bool pool_drop_spares(struct supervisor *s);

/* End the zygote and its spares. */
void pool_drop(struct supervisor *s);

/* Have the fingerprint of the function's code for the records of invocations, off the way of the first. */
void pool_print(struct supervisor *s);
/* Have it import what it tried beside workers, `until` at most: now none serves, and its files are gone. */
void pool_learn(struct supervisor *s, int64_t until);

/* Let the zygote spend a moment on its memory's layout, in an environment that has served many events. */
void pool_tidy(struct supervisor *s);

/* ---- renewal.c ---- */

/* A zygote has finished its init: another life of the environment begins. */
void renewal_begin(struct supervisor *s);

/* Say whether an age is reached, the environment's or `share` per cent of what the zygote may reach, and `left` (ns) is enough
 * to renew the environment. */
bool renewal_is_time(struct supervisor *s, int64_t left, int share);

/* How long the environment may go on, NEVER where it has no age to reach. */
int64_t renewal_left(const struct supervisor *s);

/* Say whether an init fits into `left` (ns). */
bool renewal_fits(const struct supervisor *s, int64_t left);

/* Initialise the function anew, in `left` (ns) at most; if that fails, leave it for later. No process may live that has seen
 * an event, and what they left must be cleared. */
void renewal_run(struct supervisor *s, int64_t left);

/* Initialise the function anew however long it takes; -1 with a fault where that fails. */
int renewal_replace(struct supervisor *s, struct fault *fault);

/* ---- cleaner.c ---- */

/* Take what is there now as made by init. */
void cleaner_remember(struct supervisor *s);

/* Remove what an invocation left, `until` at most (NEVER: all of it), with a finding for each kind. Returns true with why
 * where the environment must retire; drops the zygote where it may have read what was changed. */
bool cleaner_clean(struct supervisor *s, int64_t until, struct fault *why);

/* Say whether there is something to remove, while its worker is stopped. */
bool cleaner_has_more(struct supervisor *s);
/* Say whether there are files of which it is known that somebody wrote to them once he has closed them, and whether any was closed. */
bool cleaner_hears_late(const struct supervisor *s);
bool cleaner_has_news(const struct supervisor *s);

/* Say whether no kernel keys are left that the dead hold: a dead process keeps its session's keyring until it was waited for,
 * and a process that knows the name may join it. Beyond a limit the environment retires, where nobody else can have made them. */
bool cleaner_keys_are_gone(struct supervisor *s);

/* Remove everything, before the function is initialised again, `until` at most; returns how much refuses to go. */
uint32_t cleaner_empty(struct supervisor *s, int64_t until);

/* Say whether files were left for lack of time: nothing may be served before they are gone. */
static inline bool cleaner_is_pending(const struct supervisor *s) {
    return s->writable_paths.is_pending || s->outside.is_pending;
}

/* Say whether init left neither files nor objects: then the environment is empty between invocations. */
bool cleaner_is_bare(const struct supervisor *s);

/* Empty and remove the private directory, at the end of everything. */
void cleaner_end(struct supervisor *s);

/* ---- loop.c ---- */

/* Serve events for ever. */
_Noreturn void loop_run(struct supervisor *s);

/* Serve nothing more from here: the platform starts the runtime anew, and its first act is to clean. */
_Noreturn void loop_retire(struct supervisor *s, const char *why);

/* End every process started from here and exit. */
_Noreturn void loop_end(struct supervisor *s, int status);

/* Take signals; does not return where the platform ends the supervisor. */
void loop_heed(struct supervisor *s);

/* Write an error and what to do about it to standard error. */
void print_error(const char *message, const char *hint);

#endif
