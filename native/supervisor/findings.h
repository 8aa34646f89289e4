/* What Dayfly can find: written by `python native/build.py --findings` from dayfly/core/findings.py. */
#ifndef DAYFLY_FINDINGS_H
#define DAYFLY_FINDINGS_H

#define DAYFLY_VERSION "0.1.0"
#define DAYFLY_OCSF_VERSION "1.6.0"
#define DAYFLY_ATTACK_VERSION "18.1"

enum finding {
    FINDING_ENVIRONMENT_STARTED,
    FINDING_ENVIRONMENT_PACKAGES,
    FINDING_EARLIER_LIFE,
    FINDING_PROCESS_LEFT,
    FINDING_FILE_LEFT,
    FINDING_IPC_LEFT,
    FINDING_LIMITS_CHANGED,
    FINDING_SIGNALLED,
    FINDING_KEPT_FILE_CHANGED,
    FINDING_CODE_CHANGED,
    FINDING_WORKER_DIED,
    FINDING_WORKER_TIMED_OUT,
    FINDING_WORK_DISCARDED,
    FINDING_NOT_DELIVERED,
    FINDING_WORKER_HOSTILE,
    FINDING_LOG_DROPPED,
    FINDING_NOT_FORKABLE,
    FINDING_ZYGOTE_LOST,
    FINDING_INFECTED,
    FINDING_NOT_CLEAN,
    FINDING_RENEWED,
    FINDING_NOT_RENEWED,
    FINDING_ZOMBIES,
    FINDING_MEMORY_CHANGED,
    FINDING_SERVED_AFTERWARDS,
    FINDING_GUARD_REFUSED,
    FINDING_GUARD_OBSERVED,
    FINDING_GUARD_CAPABILITY,
    FINDING_GUARD_UNKNOWN,
    FINDING_GUARD_COMPUTED,
    FINDING_GUARD_FAULT,
    FINDING_CANNOT_CHECK,
    FINDING_COUNT,
};

/* `attack` and `attack_name` are NULL where no technique of ATT&CK is meant; `severity` is OCSF's, 1 to 5. */
struct finding_kind {
    const char *uid, *title, *meaning;
    int severity;
    const char *attack, *attack_name;
};

static const struct finding_kind finding_kinds[FINDING_COUNT] = {
    [FINDING_ENVIRONMENT_STARTED] =
        {"environment.started", "Dayfly is in force",
         "the first line of an environment: what is promised here and what is not",
         1, NULL, NULL},
    [FINDING_ENVIRONMENT_PACKAGES] =
        {"environment.packages", "What the function carries",
         "the distributions beside the function's code, as `name==version`: with `log_invocations` or a fleet's key, and in several lines where they do not fit into one",
         1, NULL, NULL},
    [FINDING_EARLIER_LIFE] =
        {"environment.earlier-life", "An earlier life of this environment left something",
         "at start, before any function code, processes were ended or files removed",
         3, "T1543", "Create or Modify System Process"},
    [FINDING_PROCESS_LEFT] =
        {"residue.process", "An invocation left processes running",
         "processes outlived their invocation and were ended before the next one",
         3, "T1543", "Create or Modify System Process"},
    [FINDING_FILE_LEFT] =
        {"residue.file", "An invocation left files",
         "files written to temporary directories, or to other places that the function may write, were removed",
         2, "T1074.001", "Local Data Staging"},
    [FINDING_IPC_LEFT] =
        {"residue.ipc", "An invocation left System V objects or keys",
         "shared memory, semaphores, message queues or kernel keys were removed",
         3, "T1559", "Inter-Process Communication"},
    [FINDING_LIMITS_CHANGED] =
        {"residue.limits", "An invocation changed limits or priorities of Dayfly's processes",
         "resource limits, processors or scheduling of the supervisor, the zygote or a worker forked ahead: put back, or who has them is given up",
         4, "T1499", "Endpoint Denial of Service"},
    [FINDING_SIGNALLED] =
        {"residue.signals", "Dayfly's processes were sent signals",
         "somebody of the function's user stopped, killed or signalled the supervisor, the zygote or a worker forked ahead",
         4, "T1489", "Service Stop"},
    [FINDING_KEPT_FILE_CHANGED] =
        {"residue.kept-file", "An invocation changed a file made at init",
         "the zygote was rebuilt from the deployed code, since what it read at init may have been changed",
         4, "T1565.001", "Stored Data Manipulation"},
    [FINDING_CODE_CHANGED] =
        {"residue.code", "An invocation changed the function's code",
         "files that Python may execute were changed or removed in a directory that the function may write; see `changed_code`",
         5, "T1554", "Compromise Host Software Binary"},
    [FINDING_WORKER_DIED] =
        {"worker.died", "A worker ended before it answered",
         "the caller got Lambda's own error; the next event gets a fresh worker",
         2, NULL, NULL},
    [FINDING_WORKER_TIMED_OUT] =
        {"worker.timed-out", "A worker took too long",
         "`on_timeout = answer`: it was ended ahead of the platform's timeout; the caller got Lambda's own error, and the next event gets a fresh worker",
         2, NULL, NULL},
    [FINDING_WORK_DISCARDED] =
        {"worker.work-discarded", "Work that was to go on after the answer was discarded",
         "threads or tasks started by the invocation still ran when its answer was in, and ended with the worker; wait for them in the handler",
         2, NULL, NULL},
    [FINDING_NOT_DELIVERED] =
        {"worker.not-delivered", "What a library had recorded was not sent in time",
         "spans, metrics or records that a library holds back for a batch ended with the worker; see `fork.deliver`",
         2, NULL, NULL},
    [FINDING_WORKER_HOSTILE] =
        {"worker.hostile", "A worker broke the protocol",
         "what it sent was no answer of Dayfly's client; it was ended and the caller got an error",
         4, "T1557", "Adversary-in-the-Middle"},
    [FINDING_LOG_DROPPED] =
        {"worker.log-dropped", "A worker wrote broken log frames",
         "bytes that were no telemetry frame were dropped",
         3, "T1562.006", "Indicator Blocking"},
    [FINDING_NOT_FORKABLE] =
        {"zygote.not-forkable", "The function cannot be forked and runs in process isolation",
         "init left something that two processes must not share; each culprit is named with its fix",
         3, NULL, NULL},
    [FINDING_ZYGOTE_LOST] =
        {"zygote.lost", "The zygote was lost and is rebuilt",
         "it ended or stopped answering; a fresh interpreter initialises the function again",
         4, "T1499", "Endpoint Denial of Service"},
    [FINDING_INFECTED] =
        {"environment.infected", "A worker took the runtime's place",
         "it was seen at the Runtime API, or the platform had an answer that the supervisor did not send; it was ended, and whoever was served from this environment meanwhile may have been served by it",
         5, "T1557", "Adversary-in-the-Middle"},
    [FINDING_NOT_CLEAN] =
        {"environment.not-clean", "The environment could not be cleaned and retires",
         "something survived every attempt to remove it; no further event is served from this environment",
         5, "T1543", "Create or Modify System Process"},
    [FINDING_RENEWED] =
        {"environment.renewed", "The environment reached its age and was renewed",
         "`environment_max_age`, `zygote.max_age` or credentials about to end: the function was initialised anew in a fresh interpreter, between two invocations",
         1, NULL, NULL},
    [FINDING_NOT_RENEWED] =
        {"environment.not-renewed", "The environment is older than it should be",
         "an age was reached, and the init failed or does not fit into an invocation's time; where it could be kept, the function that was initialised before goes on serving, and it is tried again later",
         3, NULL, NULL},
    [FINDING_ZOMBIES] =
        {"environment.zombies", "Dead processes pile up",
         "PID 1 does not reap them; when the process limit is near, recycle the environment",
         3, "T1499.001", "OS Exhaustion Flood"},
    [FINDING_MEMORY_CHANGED] =
        {"residue.memory", "An invocation planted something in the function's memory",
         "compared with the initialised function: code that is neither the deployment's nor made by it, or, after the guard saw code come with the event, whatever else changed. It ends a window, and a process that is not forked is initialised anew, unless `retire_on` says otherwise",
         5, "T1574", "Hijack Execution Flow"},
    [FINDING_SERVED_AFTERWARDS] =
        {"residue.served", "A request was served by a worker that had been changed",
         "`patient_zero` is the request that planted what `residue.memory` tells of; with one of these for each later request of that worker they are the blast radius",
         5, "T1565.002", "Transmitted Data Manipulation"},
    [FINDING_GUARD_REFUSED] =
        {"guard.refused", "The guard refused what an event tried",
         "`guard = block`: what the event brought was about to become code, a command, a statement's structure, a path out of its directory or a destination; the caller got an error, or one record of a batch failed. The rule's own technique is given",
         4, "T1190", "Exploit Public-Facing Application"},
    [FINDING_GUARD_OBSERVED] =
        {"guard.observed", "The guard saw what it would refuse",
         "as `guard.refused`, but it HAPPENED: `guard = observe`, or it was only seen afterwards",
         4, "T1190", "Exploit Public-Facing Application"},
    [FINDING_GUARD_CAPABILITY] =
        {"guard.capability", "A capability was used",
         "what `[policy]` does not allow, while it is observed (`verdict` observed, with the technique it would be); with `guard_learn`, each use that is new to the environment (`verdict` used)",
         3, NULL, NULL},
    [FINDING_GUARD_UNKNOWN] =
        {"guard.unknown", "Code or a command came from neither the event nor the function",
         "from a database, a file or another service, perhaps stored there by an earlier event; it was not refused. Told once for each place in the code by each worker",
         2, NULL, NULL},
    [FINDING_GUARD_COMPUTED] =
        {"guard.computed", "Plain arithmetic was evaluated",
         "an expression of literals and operators alone, of bounded size (`49.90 * 2`): it can do nothing but compute a value, and passes in every mode",
         1, NULL, NULL},
    [FINDING_GUARD_FAULT] =
        {"guard.fault", "The guard failed to judge",
         "a fault of its own; whether the operation went on is `guard_on_fault`",
         3, NULL, NULL},
    [FINDING_CANNOT_CHECK] =
        {"environment.cannot-check", "A protection is not in force here",
         "the host does not allow it; the reason is named",
         2, NULL, NULL},
};

#endif
