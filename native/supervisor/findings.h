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
    FINDING_RESTARTED,
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
    FINDING_UNPROTECTED,
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
        {"environment.started", "Dayfly is active",
         "the first log record of an environment: the active protections and their limits",
         1, NULL, NULL},
    [FINDING_ENVIRONMENT_PACKAGES] =
        {"environment.packages", "Packages of the function",
         "the distributions in the function's package, as `name==version`; written with `log_invocations` or a fleet key, and split into several records if necessary",
         1, NULL, NULL},
    [FINDING_EARLIER_LIFE] =
        {"environment.earlier-life", "Leftovers from before a runtime restart",
         "the runtime restarted in this environment, and before function code ran Dayfly removed what an invocation had left: processes (`programs` as they called themselves, `api_connections` of theirs to the Runtime API), kernel objects, or changed files. The last request before it in the log stream is the last that was served",
         3, "T1543", "Create or Modify System Process"},
    [FINDING_RESTARTED] =
        {"environment.restarted", "Runtime restarted",
         "the runtime restarted in this environment, and no process of an invocation was left: the platform does so after an init of more than ten seconds, a timeout or a crash. Before function code ran, Dayfly ended processes of the init or removed files",
         1, NULL, NULL},
    [FINDING_PROCESS_LEFT] =
        {"residue.process", "Invocation left processes running",
         "processes outlived their invocation; Dayfly ended them before the next one",
         3, "T1543", "Create or Modify System Process"},
    [FINDING_FILE_LEFT] =
        {"residue.file", "Invocation left files",
         "Dayfly removed files in temporary directories or in other directories that the function can write, or put back what it changed of init's",
         2, "T1074.001", "Local Data Staging"},
    [FINDING_IPC_LEFT] =
        {"residue.ipc", "Invocation left System V objects or kernel keys",
         "Dayfly removed shared memory, semaphores, message queues or kernel keys",
         3, "T1559", "Inter-Process Communication"},
    [FINDING_LIMITS_CHANGED] =
        {"residue.limits", "Invocation changed limits or priorities of Dayfly's processes",
         "resource limits, CPU affinity or scheduling of the supervisor, the zygote or a spare worker were changed; Dayfly restored them or replaced the process",
         4, "T1499", "Endpoint Denial of Service"},
    [FINDING_SIGNALLED] =
        {"residue.signals", "Dayfly's processes received signals",
         "a process of the function's user stopped, killed or signalled the supervisor, the zygote or a spare worker",
         4, "T1489", "Service Stop"},
    [FINDING_KEPT_FILE_CHANGED] =
        {"residue.kept-file", "Invocation changed a file created at init",
         "the file may have influenced init, so Dayfly rebuilt the zygote from the deployed code",
         4, "T1565.001", "Stored Data Manipulation"},
    [FINDING_CODE_CHANGED] =
        {"residue.code", "Invocation changed the function's code",
         "files that Python can execute were changed or removed in a directory that the function can write; see `changed_code`",
         5, "T1554", "Compromise Host Software Binary"},
    [FINDING_WORKER_DIED] =
        {"worker.died", "A worker ended before it answered",
         "the caller received Lambda's standard error; the next event gets a fresh worker",
         2, NULL, NULL},
    [FINDING_WORKER_TIMED_OUT] =
        {"worker.timed-out", "A worker timed out",
         "`on_timeout = answer`: Dayfly ended the worker before the platform's timeout; the caller received Lambda's standard error, and the next event gets a fresh worker",
         2, NULL, NULL},
    [FINDING_WORK_DISCARDED] =
        {"worker.work-discarded", "Background work was discarded",
         "threads or tasks of the invocation were still running after its response and ended with the worker; wait for them in the handler",
         2, NULL, NULL},
    [FINDING_NOT_DELIVERED] =
        {"worker.not-delivered", "Buffered telemetry was not sent in time",
         "spans, metrics or log records that a library had buffered were lost with the worker; see `fork.deliver`",
         2, NULL, NULL},
    [FINDING_WORKER_HOSTILE] =
        {"worker.hostile", "A worker violated the protocol",
         "its answer did not come from Dayfly's client; Dayfly ended it and the caller received an error",
         4, "T1557", "Adversary-in-the-Middle"},
    [FINDING_LOG_DROPPED] =
        {"worker.log-dropped", "A worker wrote invalid log frames",
         "Dayfly dropped bytes that are not a valid telemetry frame",
         3, "T1562.006", "Indicator Blocking"},
    [FINDING_NOT_FORKABLE] =
        {"zygote.not-forkable", "The function cannot be forked and runs in process isolation",
         "init left resources that processes must not share; the finding names each one with its fix",
         3, NULL, NULL},
    [FINDING_ZYGOTE_LOST] =
        {"zygote.lost", "The zygote failed and is rebuilt",
         "the zygote ended or stopped answering; a new interpreter initialises the function again",
         4, "T1499", "Endpoint Denial of Service"},
    [FINDING_INFECTED] =
        {"environment.infected", "A worker took over the Runtime API",
         "a worker connected to the Runtime API, or the platform received an answer that the supervisor did not send; Dayfly ended the worker, which may have served requests of this environment until then",
         5, "T1557", "Adversary-in-the-Middle"},
    [FINDING_NOT_CLEAN] =
        {"environment.not-clean", "The environment could not be cleaned and retires",
         "a leftover survived every attempt to remove it; this environment serves no further event",
         5, "T1543", "Create or Modify System Process"},
    [FINDING_RENEWED] =
        {"environment.renewed", "Environment renewed at its maximum age",
         "`environment_max_age` or `zygote.max_age` was reached, or credentials were about to expire: a new interpreter initialised the function between two invocations",
         1, NULL, NULL},
    [FINDING_NOT_RENEWED] =
        {"environment.not-renewed", "Environment could not be renewed",
         "a maximum age was reached, but init failed or takes longer than an invocation allows; if possible, the previous zygote keeps serving, and Dayfly tries again later",
         3, NULL, NULL},
    [FINDING_ZOMBIES] =
        {"environment.zombies", "Zombie processes accumulate",
         "PID 1 does not reap dead processes; recycle the environment before it reaches the process limit",
         3, "T1499.001", "OS Exhaustion Flood"},
    [FINDING_MEMORY_CHANGED] =
        {"residue.memory", "Invocation modified the function's memory",
         "memory differs from the initialised function: new code that does not come from the deployment, or any other change after the guard saw code in the event. Unless `retire_on` excludes it, the finding ends a window, and a process that is not forked is initialised again",
         5, "T1574", "Hijack Execution Flow"},
    [FINDING_SERVED_AFTERWARDS] =
        {"residue.served", "Request served by a modified worker",
         "`source_request` is the request that caused the finding `residue.memory`; one such finding for each later request of that worker lists the affected requests",
         5, "T1565.002", "Transmitted Data Manipulation"},
    [FINDING_GUARD_REFUSED] =
        {"guard.refused", "Guard refusal (block mode)",
         "`guard = block`: data of the event was about to become code, a command, part of a statement's structure, a path outside its directory or a destination. The guard refused it; the caller received an error, or one record of a batch failed. The finding names the rule's ATT&CK technique",
         4, "T1190", "Exploit Public-Facing Application"},
    [FINDING_GUARD_OBSERVED] =
        {"guard.observed", "Guard detection (observe mode)",
         "as `guard.refused`, but the operation WAS EXECUTED: `guard = observe`, or it was detected only afterwards",
         4, "T1190", "Exploit Public-Facing Application"},
    [FINDING_GUARD_CAPABILITY] =
        {"guard.capability", "A capability was used",
         "a use that `[policy]` does not allow, in observe mode (`verdict` observed, with the ATT&CK technique); with `guard_learn`, each use that is new to the environment (`verdict` used)",
         3, NULL, NULL},
    [FINDING_GUARD_UNKNOWN] =
        {"guard.unknown", "Code or command of unknown origin",
         "code or a command came from a database, a file or another service, perhaps stored there by an earlier event. It was not refused. Each worker reports it once per place in the code",
         2, NULL, NULL},
    [FINDING_GUARD_COMPUTED] =
        {"guard.computed", "Arithmetic expression evaluated",
         "an expression of literals and operators of limited size (`49.90 * 2`), which can only compute a value; every guard mode allows it",
         1, NULL, NULL},
    [FINDING_GUARD_FAULT] =
        {"guard.fault", "Guard fault",
         "the guard failed to check an operation; `guard_on_fault` decides whether the operation continued",
         3, NULL, NULL},
    [FINDING_CANNOT_CHECK] =
        {"environment.cannot-check", "A protection is not active",
         "the host does not permit a requested protection; the finding gives the reason",
         2, NULL, NULL},
    [FINDING_UNPROTECTED] =
        {"environment.unprotected", "The function runs WITHOUT Dayfly",
         "Dayfly cannot run here, and `DAYFLY_ON_FAILURE` is run: NOTHING protects this environment. The finding gives the reason; it is written once, at the environment's first start",
         5, NULL, NULL},
};

#endif
