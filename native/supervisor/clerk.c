#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"

#define ROLE "_DAYFLY_CLERK"

enum { LENGTH_BYTES = 4 };

int clerk_init(struct clerk *clerk, struct fault *fault) {
    clerk->channel = -1;
    return arena_reserve(&clerk->reply, LENGTH_BYTES + CLERK_MAX_REPLY, fault);
}

void clerk_end(struct supervisor *s) {
    struct clerk *clerk = &s->clerk;
    if (clerk->pid <= 0)
        return;
    (void)kill(clerk->pid, SIGKILL);
    (void)close(clerk->channel);
    while (waitpid(clerk->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    sweep_forget(&s->sweep, clerk->pid);
    clerk->pid = 0;
    clerk->channel = -1;
}

/* ---- start ---------------------------------------------------------------------------------- */

/* Its variables: without those of the platform, among which are the function's credentials. */
static void filter(char *const *environment, char **out, size_t size) {
    size_t n = 0;
    for (; *environment != NULL && n + 1 < size; environment++)
        if (strncmp(*environment, "AWS_", 4) != 0 && strncmp(*environment, "_LAMBDA_", 8) != 0)
            out[n++] = *environment;
    out[n] = NULL;
}

/* In the child: it writes nowhere, and becomes the interpreter. */
static _Noreturn void become(struct launch_plan *plan, const struct zygote_launch *launch, const struct procfs *procfs,
                             int channel) {
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        (void)dup2(nowhere, i);
    launch_execute(plan, launch, procfs, channel, channel);
}

static int start(struct supervisor *s, struct fault *fault) {
    static struct launch_plan plan;
    static char *environment[LAUNCH_MAX_VARIABLES + 1];
    struct zygote_launch launch = s->launch;
    int channel[2];
    filter(s->environment, environment, COUNT(environment));
    launch.role = ROLE;
    launch.environment = environment;
    launch.options = launch.address = "";
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
        return fault_set(fault, "no sockets can be made: %s", strerror(errno));
    pid_t pid = launch_plan(&plan, &launch, channel[1], channel[1], fault) == 0 ? fork() : -1;
    if (pid == 0)
        become(&plan, &launch, &s->procfs, channel[1]);
    (void)close(channel[1]);
    if (pid < 0) {
        (void)close(channel[0]);
        return fault_set(fault, "no process can be started: %s", strerror(errno));
    }
    s->clerk.pid = pid;
    s->clerk.channel = channel[0];
    (void)sweep_spare(&s->sweep, pid);
    return 0;
}

/* ---- questions ------------------------------------------------------------------------------ */

static int await(struct supervisor *s, short events, int64_t until, struct fault *fault) {
    for (;;) {
        struct pollfd each[] = {{s->signals.descriptor, POLLIN, 0}, {s->clerk.channel, events, 0}};
        int64_t now = now_ns();
        /* What is there counts, however late this process is let look. */
        (void)poll(each, COUNT(each), now < until ? poll_ms(until, now) : 0);
        if (each[0].revents != 0)
            loop_heed(s);
        if (each[1].revents != 0)
            return 0;
        if (now >= until)
            return fault_set(fault, "it did not answer in time");
    }
}

static int send_all(struct supervisor *s, struct iovec *parts, size_t n, int64_t until, struct fault *fault) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (__typeof__(message.msg_iovlen))n};
    while (message.msg_iovlen > 0) {
        ssize_t sent = sendmsg(s->clerk.channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return fault_set(fault, "it takes no question: %s", strerror(errno));
        if (sent < 0 && await(s, POLLOUT, until, fault) != 0)
            return -1;
        for (size_t left = sent < 0 ? 0 : (size_t)sent; message.msg_iovlen > 0;) {
            struct iovec *first = message.msg_iov;
            if (left < first->iov_len) {
                first->iov_base = (uint8_t *)first->iov_base + left;
                first->iov_len -= left;
                break;
            }
            left -= first->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
    }
    return 0;
}

static uint32_t length_of(const struct buffer *reply) {
    uint32_t n;
    memcpy(&n, reply->at, sizeof(n));
    return n;
}

static int receive(struct supervisor *s, int64_t until, struct bytes *reply, struct fault *fault) {
    struct buffer *all = &s->clerk.reply;
    all->n = 0;
    while (all->n < LENGTH_BYTES || all->n < LENGTH_BYTES + length_of(all)) {
        ssize_t got = recv(s->clerk.channel, all->at + all->n, all->size - all->n, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return fault_set(fault, "it ended");
        if (got < 0 && await(s, POLLIN, until, fault) != 0)
            return -1;
        all->n += got > 0 ? (size_t)got : 0;
        if (all->n >= LENGTH_BYTES && length_of(all) > CLERK_MAX_REPLY)
            return fault_set(fault, "its answer is too long");
    }
    *reply = (struct bytes){all->at + LENGTH_BYTES, length_of(all)};
    return 0;
}

static int ask(struct supervisor *s, char kind, const struct bytes *parts, size_t n, int64_t until, struct fault *fault) {
    struct iovec out[2 + 2 * CLERK_MAX_PARTS];
    uint32_t lengths[CLERK_MAX_PARTS + 1];
    size_t used = 0, count = n < CLERK_MAX_PARTS ? n : CLERK_MAX_PARTS;
    lengths[0] = (uint32_t)count;
    out[used++] = (struct iovec){&kind, 1};
    out[used++] = (struct iovec){&lengths[0], LENGTH_BYTES};
    for (size_t i = 0; i < count; i++) {
        lengths[i + 1] = (uint32_t)parts[i].n;
        out[used++] = (struct iovec){&lengths[i + 1], LENGTH_BYTES};
        out[used++] = (struct iovec){(void *)(uintptr_t)parts[i].at, parts[i].n};
    }
    return send_all(s, out, used, until, fault);
}

/* Ask the clerk; start one first if none runs. */
static int ask_once(struct supervisor *s, int64_t left, char kind, const struct bytes *parts, size_t n, struct bytes *reply,
                    struct fault *fault) {
    struct clerk *clerk = &s->clerk;
    bool is_new = clerk->pid <= 0;
    int64_t limit = is_new ? CLERK_START_NS : CLERK_LIMIT_NS;
    limit = left < limit ? left : limit;
    limit = limit < CLERK_LEAST_NS ? CLERK_LEAST_NS : limit;
    int64_t until = now_ns() + limit;
    struct bytes names = {clerk->names, clerk->n_names};
    if (clerk->failures >= CLERK_MANY_FAILURES && ++clerk->passed_over % CLERK_PAUSE != 0)
        return fault_set(fault, "it failed before");
    if (is_new && left < CLERK_LIMIT_NS)
        return fault_set(fault, "there was no time to start it");
    if ((!is_new || (start(s, fault) == 0 && ask(s, 'K', &names, 1, until, fault) == 0)) &&
        ask(s, kind, parts, n, until, fault) == 0 && receive(s, until, reply, fault) == 0) {
        clerk->failures = 0;
        return 0;
    }
    /* One that served before was perhaps ended by a worker: that one, and who sends it thrice, is not to silence the next. */
    clerk->failures += is_new;
    clerk_end(s);
    return -1;
}

int clerk_ask(struct supervisor *s, int64_t left, char kind, const struct bytes *parts, size_t n, struct bytes *reply,
              struct fault *fault) {
    bool was_there = s->clerk.pid > 0;
    int64_t began = now_ns();
    if (ask_once(s, left, kind, parts, n, reply, fault) == 0)
        return 0;
    /* A worker that ended it must not hide its own event. */
    return was_there ? ask_once(s, left - (now_ns() - began), kind, parts, n, reply, fault) : -1;
}
