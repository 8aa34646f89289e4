/* What the kernel does for a supervisor that is stopped, held down or killed. */
#include "unit.h"

#include "../supervisor/procfs.h"
#include "../supervisor/timers.h"

#include <sys/mman.h>
#include <sys/socket.h>

static struct procfs procfs;
static struct timers timers;
static struct fault fault;

/* What the supervisor under test counts, seen by the test. */
struct shared {
    volatile long turns;
    volatile int is_ready;
};
static struct shared *shared;
static int64_t dead_man;

/* Fork a supervisor that turns in its loop. */
static pid_t start_supervisor(void (*prepare)(void)) {
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(timers_begin(&timers, &fault) == 0);
        if (prepare != NULL)
            prepare();
        shared->is_ready = 1;
        for (;;) {
            timers_rewind(&timers);
            shared->turns++;
            (void)usleep(1000);
        }
    }
    AWAIT(shared->is_ready);
    return pid;
}

static bool has_ended(pid_t pid, int *status) { return waitpid(pid, status, WNOHANG) == pid; }

static void finish(pid_t pid) {
    int status;
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
}

static void arm(void) { timers_arm(&timers, dead_man); }

static void a_stop_does_not_last(void) {
    dead_man = 0;
    pid_t pid = start_supervisor(arm);
    for (int i = 0; i < 20; i++) {
        CHECK(kill(pid, SIGSTOP) == 0);
        long turns = shared->turns;
        /* One more may have been on its way. */
        AWAIT(shared->turns > turns + 1);
    }
    finish(pid);
}

static void a_storm_of_stops_does_not_last(void) {
    dead_man = 0;
    pid_t pid = start_supervisor(arm);
    for (int i = 0; i < 2000; i++) {
        CHECK(kill(pid, SIGSTOP) == 0);
        (void)usleep(100);
    }
    long turns = shared->turns;
    AWAIT(shared->turns > turns + 1);
    finish(pid);
}

static void without_timers_it_would(void) {
    pid_t pid = start_supervisor(NULL);
    CHECK(procfs_open(&procfs, &fault) == 0);
    CHECK(kill(pid, SIGSTOP) == 0);
    AWAIT(procfs_is_stopped(&procfs, pid) == 1);
    long turns = shared->turns;
    (void)usleep(100000);
    CHECK_EQUAL(shared->turns, turns);
    finish(pid);
}

static void whoever_is_held_down_ends(void) {
    dead_man = 40 * NS_PER_MS;
    pid_t pid = start_supervisor(arm);
    int status = 0;
    int64_t until = now_ns() + UNIT_PATIENCE_NS;
    while (!has_ended(pid, &status)) {
        CHECK(now_ns() < until);
        (void)kill(pid, SIGSTOP);
    }
    CHECK(WIFSIGNALED(status));
    CHECK_EQUAL(WTERMSIG(status), SIGKILL);
}

static void arm_and_disarm(void) {
    timers_arm(&timers, 20 * NS_PER_MS);
    CHECK(timers_every(&timers) < 20 * NS_PER_MS);
    timers_disarm(&timers);
    CHECK_EQUAL(timers_every(&timers), NEVER);
}

static void whoever_is_disarmed_lives(void) {
    pid_t pid = start_supervisor(arm_and_disarm);
    int status;
    CHECK(procfs_open(&procfs, &fault) == 0);
    CHECK(kill(pid, SIGSTOP) == 0);
    AWAIT(procfs_is_stopped(&procfs, pid) == 1);
    (void)usleep(100000);
    CHECK(!has_ended(pid, &status));
    /* Nor is it resumed: whoever stops it is not a worker. */
    CHECK_EQUAL(procfs_is_stopped(&procfs, pid), 1);
    finish(pid);
}

/* ---- the leash */

static pid_t worker;

static void guard_the_worker(void) { timers_guard(&timers, worker, -1); }

static void a_worker_ends_with_its_supervisor(void) {
    int status = 0;
    worker = start_sleeper();
    pid_t pid = start_supervisor(guard_the_worker);
    CHECK(!has_ended(worker, &status));
    finish(pid);
    AWAIT(has_ended(worker, &status));
    CHECK_EQUAL(WTERMSIG(status), SIGKILL);
}

static void let_go_of_the_worker(void) {
    timers_guard(&timers, worker, -1);
    timers_guard(&timers, 0, -1);
}

static void a_worker_that_is_let_go_lives(void) {
    int status;
    worker = start_sleeper();
    finish(start_supervisor(let_go_of_the_worker));
    (void)usleep(50000);
    CHECK(!has_ended(worker, &status));
    finish(worker);
}

static void a_worker_ends_with_the_zygote(void) {
    int ends[2], status = 0;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    CHECK(timers_begin(&timers, &fault) == 0);
    CHECK(timers_watch(ends[0]) == 0);
    pid_t zygote = start_sleeper();
    (void)close(ends[1]);
    worker = fork();
    CHECK(worker >= 0);
    if (worker == 0)
        for (;;)
            (void)pause();
    timers_guard(&timers, worker, ends[0]);
    CHECK(!has_ended(worker, &status));
    finish(zygote);
    AWAIT(has_ended(worker, &status));
}

static void patience_grows_as_the_processor_shrinks(void) {
    CHECK_EQUAL(timers_patience(0), 500 * NS_PER_MS);
    CHECK_EQUAL(timers_patience(10240), 500 * NS_PER_MS);
    CHECK_EQUAL(timers_patience(128) / NS_PER_MS, 6910);
    CHECK_EQUAL(timers_patience(1), 8 * NS_PER_S);
}

int main(void) {
    RUN(forked(a_stop_does_not_last));
    RUN(forked(a_storm_of_stops_does_not_last));
    RUN(forked(without_timers_it_would));
    RUN(forked(whoever_is_held_down_ends));
    RUN(forked(whoever_is_disarmed_lives));
    RUN(forked(a_worker_ends_with_its_supervisor));
    RUN(forked(a_worker_that_is_let_go_lives));
    RUN(forked(a_worker_ends_with_the_zygote));
    RUN(forked(patience_grows_as_the_processor_shrinks));
    return 0;
}
