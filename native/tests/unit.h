/* What the C unit tests share: checks that name themselves, waiting with a deadline, and namespaces to be a
 * supervisor in. */
#ifndef DAYFLY_TESTS_UNIT_H
#define DAYFLY_TESTS_UNIT_H

#include "../supervisor/common.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/stat.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Any user that owns no files and runs nothing else on a machine with tests. */
#define UNIT_UID 1051
#define UNIT_LIMIT_S 120
/* What a claim is waited for, however busy the machine. */
#define UNIT_PATIENCE_NS (60 * NS_PER_S)

/* End the test with the place and the words where a claim does not hold. */
#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim)) {                                                                                      \
            fprintf(stderr, "%s:%d: %s (errno: %s)\n", __FILE__, __LINE__, #claim, strerror(errno));         \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

/* Check that two numbers are equal, and tell both where not. */
#define CHECK_EQUAL(a, b)                                                                                    \
    do {                                                                                                     \
        long long unit_a = (long long)(a), unit_b = (long long)(b);                                          \
        if (unit_a != unit_b) {                                                                              \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld (%s)\n", __FILE__, __LINE__, #a, unit_a, unit_b,    \
                    #b);                                                                                     \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

/* Wait until a claim holds; ends the test where it does not in time. */
#define AWAIT(claim)                                                                                         \
    do {                                                                                                     \
        int64_t unit_until = now_ns() + UNIT_PATIENCE_NS;                                                    \
        while (!(claim)) {                                                                                   \
            if (now_ns() > unit_until) {                                                                     \
                fprintf(stderr, "%s:%d: in vain: %s\n", __FILE__, __LINE__, #claim);                         \
                _exit(1);                                                                                    \
            }                                                                                                \
            (void)usleep(1000);                                                                              \
        }                                                                                                    \
    } while (0)

static inline void unit_write(const char *path, const char *text) {
    int descriptor = open(path, O_WRONLY);
    CHECK(descriptor >= 0);
    CHECK(write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(descriptor);
}

/* Start a process that does nothing. */
static inline pid_t start_sleeper(void) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        for (;;)
            (void)pause();
    return pid;
}

/* Lower the priority of a process by one step, 0 this one; false where it is the lowest already. */
static inline bool lower_priority(pid_t pid) {
    errno = 0;
    int nice_value = getpriority(PRIO_PROCESS, (id_t)pid);
    CHECK(errno == 0);
    return setpriority(PRIO_PROCESS, (id_t)pid, nice_value + 1) == 0 &&
           getpriority(PRIO_PROCESS, (id_t)pid) == nice_value + 1;
}

/* Run `act` in a forked child and end the test where it failed. */
static inline void forked(void (*act)(void)) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        act();
        _exit(0);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQUAL(status, 0);
}

static void (*unit_before)(void);
static void (*unit_act)(void);

static inline void unit_drop(void) {
    if (geteuid() != 0)
        return;
    CHECK(setgroups(0, NULL) == 0);
    CHECK(setresgid(UNIT_UID, UNIT_UID, UNIT_UID) == 0);
    CHECK(setresuid(UNIT_UID, UNIT_UID, UNIT_UID) == 0);
    /* As after the start of a program. */
    CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
}

static inline void unit_enter(void) {
    int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET;
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(uid == 0 ? flags : flags | CLONE_NEWUSER) != 0) {
        fprintf(stderr, "no namespaces here: %s\n", strerror(errno));
        _exit(77);
    }
    if (uid != 0) {
        char line[64];
        unit_write("/proc/self/setgroups", "deny");
        (void)snprintf(line, sizeof(line), "%u %u 1", uid, uid);
        unit_write("/proc/self/uid_map", line);
        (void)snprintf(line, sizeof(line), "%u %u 1", gid, gid);
        unit_write("/proc/self/gid_map", line);
    }
    pid_t init = fork();
    CHECK(init >= 0);
    if (init == 0) {
        CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
        CHECK(mount("proc", "/proc", "proc", 0, NULL) == 0);
        CHECK(mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777") == 0);
        if (unit_before != NULL)
            unit_before();
        pid_t supervisor = fork();
        CHECK(supervisor >= 0);
        if (supervisor == 0) {
            (void)alarm(UNIT_LIMIT_S);
            if (uid == 0)
                unit_drop();
            unit_act();
            _exit(0);
        }
        int status = -1;
        CHECK(waitpid(supervisor, &status, 0) == supervisor);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    int status = -1;
    CHECK(waitpid(init, &status, 0) == init);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Run `act` as an unprivileged child of PID 1 of new PID, mount, IPC and network namespaces with an empty
 * /tmp. PID 1 reaps nobody, like Lambda's emulator. `before` runs in PID 1, still privileged. */
static inline void in_namespace(void (*before)(void), void (*act)(void)) {
    unit_before = before;
    unit_act = act;
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        unit_enter();
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        _exit(77);
    CHECK_EQUAL(status, 0);
}

/* Say which test runs and run it. */
#define RUN(test)                                                                                            \
    do {                                                                                                     \
        fprintf(stderr, "%s\n", #test);                                                                      \
        test;                                                                                                \
    } while (0)

#endif
