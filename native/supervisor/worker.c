#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sweep.h"

enum {
    /* What one look at its channel takes, more than any answer has and than a dead one can have left there: who never
     * stops sending what nobody wants would keep the supervisor from its clock. */
    PULL_BYTES = 16 << 20,
    /* Threads of a worker that is to pause. */
    MANY_STOPPED = 512,
    /* Looks that find a process running whose stop was taken: a listing ends early where a thread of it ends meanwhile. */
    MANY_IN_VAIN = 2,
};

/* A stop takes effect within 0.1 ms where a processor is free. A busy machine may take some time, and one that gives a quarter of
 * a processor stops everybody for 75 ms in between: a window that ended for that would cost its next event a new worker. */
#define PAUSE_LIMIT_NS (250 * NS_PER_MS)

void worker_clear(struct worker *worker) {
    *worker = (struct worker){.pidfd = -1, .channel = -1};
}

int process_open(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

void worker_born(struct worker *worker, pid_t pid) {
    worker->pid = pid;
    worker->pidfd = process_open(pid);
}

bool worker_push(struct worker *worker, struct delivery *delivery) {
    while (delivery->head.n + delivery->body.n > 0) {
        struct iovec parts[2] = {{(void *)(uintptr_t)delivery->head.at, delivery->head.n},
                                 {(void *)(uintptr_t)delivery->body.at, delivery->body.n}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t sent = sendmsg(worker->channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            if (errno != EPIPE && errno != ECONNRESET)
                /* No room; or ENOBUFS, ENOMEM: given up, it would be waited for until the platform's patience ends. */
                return false;
            *delivery = (struct delivery){0};
            return true;
        }
        size_t n = (size_t)sent < delivery->head.n ? (size_t)sent : delivery->head.n;
        delivery->head.at += n;
        delivery->head.n -= n;
        delivery->body.at += (size_t)sent - n;
        delivery->body.n -= (size_t)sent - n;
    }
    return true;
}

enum pulled worker_pull(struct worker *worker, struct answer_reader *reader, struct buffer *room, struct fault *fault) {
    for (size_t taken = 0; taken < PULL_BYTES;) {
        ssize_t n = recv(worker->channel, room->at, room->size, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return PULLED_NOTHING;
        if (n <= 0)
            return PULLED_END;
        taken += (size_t)n;
        if (answer_feed(reader, (struct bytes){room->at, (size_t)n}, fault) != 0)
            return PULLED_OFFENCE;
        if (reader->is_whole)
            return PULLED_ANSWER;
        if ((size_t)n < room->size)
            /* A short read emptied the socket, or nearly: asking again costs a call. */
            return PULLED_NOTHING;
    }
    return PULLED_NOTHING;
}

bool worker_is_running(const struct worker *worker, const struct procfs *procfs) {
    if (worker->pid <= 0)
        return false;
    if (worker->pidfd < 0)
        return procfs_is_dead(procfs, worker->pid) == 0;
    struct pollfd look = {worker->pidfd, POLLIN, 0};
    return poll(&look, 1, 0) <= 0;
}

bool worker_has_spoken(const struct worker *worker) {
    struct pollfd look = {worker->channel, POLLIN, 0};
    return poll(&look, 1, 0) > 0;
}

/* ---- a pause -------------------------------------------------------------------------------- */

struct threads {
    const struct procfs *procfs;
    pid_t pid;
    pid_t stopped[MANY_STOPPED]; /* that were seen stopped; of more than fit the time alone tells */
    size_t n_before, n;          /* at the looks before, and now */
    bool runs, is_continued, is_stopped;
};

static int look_at_thread(void *context, pid_t thread) {
    struct threads *threads = context;
    struct proc_stat stat;
    char path[64];
    char text[PROCFS_RECORD_BYTES];
    (void)snprintf(path, sizeof(path), "%d/task/%d/stat", (int)threads->pid, (int)thread);
    ssize_t n = procfs_read(threads->procfs, path, text, sizeof(text));
    if (n < 0)
        return procfs_is_gone(errno) ? 0 : -1;
    if (!procfs_parse_stat(text, (size_t)n, &stat) || stat.is_exiting || stat.state == 'Z' || stat.state == 'X')
        return 0;
    size_t at = 0;
    while (at < threads->n && threads->stopped[at] != thread)
        at++;
    if (stat.state != 'T') {
        threads->runs = true;
        /* One that is killed leaves its stop to end. */
        threads->is_continued |= at < threads->n_before && !stat.is_killed;
        return 0;
    }
    threads->is_stopped = true;
    if (at == threads->n && at < MANY_STOPPED)
        threads->stopped[threads->n++] = thread;
    return 0;
}

/* Say whether SIGSTOP waits for the first thread of a process to get a processor, or we cannot look. */
static bool may_have_pending_stop(const struct procfs *procfs, pid_t pid) {
    char path[32];
    char text[PROCFS_RECORD_BYTES];
    (void)snprintf(path, sizeof(path), "%d/status", (int)pid);
    if (procfs_read(procfs, path, text, sizeof(text)) < 0)
        return true;
    const char *at = strstr(text, "\nShdPnd:");
    return at != NULL && (strtoull(at + 8, NULL, 16) >> (SIGSTOP - 1) & 1) != 0;
}

enum rest worker_pause(const struct worker *worker, const struct procfs *procfs) {
    struct threads threads = {.procfs = procfs, .pid = worker->pid};
    int64_t until = now_ns() + PAUSE_LIMIT_NS;
    worker_signal(worker, SIGSTOP);
    for (int in_vain = 0; in_vain < MANY_IN_VAIN; (void)sched_yield()) {
        bool is_over = now_ns() > until;
        /* Before the look: a signal is taken and its thread stopped under one lock, so one that waits no longer has stopped
         * somebody whom the look meets. The other way round, it may be taken in between. */
        bool may_wait = is_over && may_have_pending_stop(procfs, worker->pid);
        threads.runs = threads.is_stopped = false;
        threads.n_before = threads.n;
        if (procfs_each_thread(procfs, worker->pid, look_at_thread, &threads) != 0)
            return REST_LATE;
        if (!threads.runs)
            return REST_PAUSED;
        if (threads.is_continued)
            return REST_CONTINUED;
        if (is_over && (may_wait || threads.is_stopped))
            return REST_LATE;
        in_vain += is_over;
    }
    return REST_CONTINUED;
}

void worker_signal(const struct worker *worker, int number) {
    if (worker->pid > 1)
        (void)process_signal(worker->pid, worker->pidfd, number);
}

void worker_close(struct worker *worker) {
    if (worker->channel >= 0)
        (void)close(worker->channel);
    if (worker->pidfd >= 0)
        (void)close(worker->pidfd);
    worker->channel = -1;
    worker->pidfd = -1;
    worker->pid = 0;
}
