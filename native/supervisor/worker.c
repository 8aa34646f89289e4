#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sweep.h"

enum {
    /* What one look at its channel takes, more than any answer has and than a dead one can have left there: who never
     * stops sending what nobody wants would keep the supervisor from its clock. */
    PULL_BYTES = 16 << 20,
};

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
