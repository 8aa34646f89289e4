/* Stopping a worker: who stops late is not taken for one that was continued, and who was is. */
#include "unit.h"

#include "../supervisor/worker.h"

/* Longer than a stop is waited for. */
#define LONG_NS (100 * NS_PER_MS)

static struct procfs procfs;
static struct worker worker;

static void begin(void) {
    struct fault fault;
    CHECK_EQUAL(procfs_open(&procfs, &fault), 0);
    worker_clear(&worker);
    worker_born(&worker, start_sleeper());
}

static void end(void) {
    CHECK(kill(worker.pid, SIGKILL) == 0);
    CHECK(waitpid(worker.pid, NULL, 0) == worker.pid);
    worker_close(&worker);
}

static void who_stops_is_paused(void) {
    begin();
    AWAIT(worker_pause(&worker, &procfs) == REST_PAUSED);
    CHECK_EQUAL(procfs_is_stopped(&procfs, worker.pid), 1);
    end();
}

static void who_is_continued_again_and_again_is_caught(void) {
    begin();
    pid_t other = fork();
    CHECK(other >= 0);
    if (other == 0)
        for (;;)
            (void)kill(worker.pid, SIGCONT);
    AWAIT(worker_pause(&worker, &procfs) == REST_CONTINUED);
    CHECK(kill(other, SIGKILL) == 0 && waitpid(other, NULL, 0) == other);
    end();
}

/* ---- a busy machine, as /proc shows it */

static void make(const char *name, const char *text) {
    int descriptor = openat(procfs.root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(descriptor >= 0);
    CHECK(write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(descriptor);
}

/* The worker has not been given a processor when we look, and has stopped a moment later. */
static void stop_while_nobody_looks(const char *stat, char *record) {
    char *state = strrchr(record, ')') + 2;
    int descriptor = openat(procfs.root, stat, O_WRONLY | O_CLOEXEC);
    CHECK(descriptor >= 0);
    for (int64_t until = now_ns() + LONG_NS; now_ns() < until;)
        (void)usleep(1000);
    *state = 'T';
    make("stopped", record);
    make("status", "Name:\tx\nShdPnd:\t0000000000000000\n");
    CHECK(renameat(procfs.root, "stopped", procfs.root, stat) == 0);
    *state = 'R';
    CHECK(write(descriptor, record, strlen(record)) == (ssize_t)strlen(record));
    _exit(0);
}

static void who_stops_between_two_looks_was_late_and_not_continued(void) {
    char stat[64], record[PROCFS_RECORD_BYTES];
    begin();
    (void)snprintf(stat, sizeof(stat), "%d/stat", (int)worker.pid);
    CHECK(procfs_read(&procfs, stat, record, sizeof(record)) > 0);
    procfs.root = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(procfs.root >= 0);
    /* PID/task/PID/stat and PID/status: PID is a link to the folder, and so is its thread. */
    (void)snprintf(stat, sizeof(stat), "%d", (int)worker.pid);
    CHECK(mkdirat(procfs.root, "task", 0700) == 0);
    CHECK(symlinkat(".", procfs.root, stat) == 0);
    (void)snprintf(stat, sizeof(stat), "task/%d", (int)worker.pid);
    CHECK(mkdirat(procfs.root, stat, 0700) == 0);
    (void)snprintf(stat, sizeof(stat), "task/%d/stat", (int)worker.pid);
    CHECK(mkfifoat(procfs.root, stat, 0600) == 0);
    make("status", "Name:\tx\nShdPnd:\t0000000000040000\n");
    pid_t kernel = fork();
    CHECK(kernel >= 0);
    if (kernel == 0)
        stop_while_nobody_looks(stat, record);
    CHECK_EQUAL(worker_pause(&worker, &procfs), REST_PAUSED);
    int status = -1;
    CHECK(waitpid(kernel, &status, 0) == kernel);
    CHECK_EQUAL(status, 0);
    end();
}

int main(void) {
    RUN(in_namespace(NULL, who_stops_is_paused));
    RUN(in_namespace(NULL, who_is_continued_again_and_again_is_caught));
    RUN(in_namespace(NULL, who_stops_between_two_looks_was_late_and_not_continued));
    return 0;
}
