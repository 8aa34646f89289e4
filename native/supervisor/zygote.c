#include "zygote.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "sweep.h"

/* How often a zygote is looked at: one that somebody stopped says nothing and closes nothing. */
#define LOOK_NS (100 * NS_PER_MS)
/* A stop takes effect within 0.1 ms where a processor is free; a busy machine may take its time. */
#define REST_LIMIT_NS (1 * NS_PER_S)
/* Bytes of one read. */
enum { RECEIVE_BYTES = 65536 };

int zygote_reserve(struct zygote *zygote, const struct procfs *procfs, struct fault *fault) {
    *zygote = (struct zygote){.procfs = procfs, .pidfd = -1, .channel = -1, .lifeline = -1, .status = -1};
    if (pipes_reserve(&zygote->pipes, fault) != 0)
        return -1;
    return arena_reserve(&zygote->received, CONTROL_HEAD_BYTES + MAX_CONTROL_BYTES + RECEIVE_BYTES, fault);
}

/* ---- start ---------------------------------------------------------------------------------- */

static void close_pair(const int pair[2]) {
    if (pair[0] >= 0)
        (void)close(pair[0]);
    if (pair[1] >= 0)
        (void)close(pair[1]);
}

int zygote_start(struct zygote *zygote, struct zygote_launch *launch, struct output *output, bool tidies,
                 struct fault *fault) {
    struct launch_plan plan;
    int channel[2] = {-1, -1};
    int life[2] = {-1, -1};
    pid_t pid = -1;
    if (pipes_open(output, &zygote->pipes, fault) != 0)
        goto failed;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, life) != 0) {
        (void)fault_set(fault, "no sockets can be made: %s", strerror(errno));
        (void)output_finish(output, &zygote->pipes);
        goto failed;
    }
    if (launch_plan(&plan, launch, channel[1], life[1], fault) != 0) {
        (void)output_finish(output, &zygote->pipes);
        goto failed;
    }
    pid = fork();
    if (pid == 0) {
        (void)dup2(zygote->pipes.write_ends[OUTPUT_STDOUT], STDOUT_FILENO);
        (void)dup2(zygote->pipes.write_ends[OUTPUT_STDERR], STDERR_FILENO);
        if (output->telemetry >= 0)
            (void)dup2(zygote->pipes.write_ends[OUTPUT_TELEMETRY], output->telemetry);
        launch_execute(&plan, launch, zygote->procfs, channel[1], life[1]);
    }
    pipes_close_write_ends(&zygote->pipes);
    if (pid < 0) {
        (void)fault_set(fault, "no process can be started for the function: %s", strerror(errno));
        (void)output_finish(output, &zygote->pipes);
        goto failed;
    }
    (void)close(channel[1]);
    (void)close(life[1]);
    zygote->pid = pid;
    zygote->pidfd = process_open(pid);
    zygote->channel = channel[0];
    zygote->lifeline = life[0];
    zygote->received.n = 0;
    zygote->used = 0;
    zygote->asked = NULL;
    zygote->trial = zygote->tried = 0;
    zygote->n_dead = 0;
    zygote->awaited = 0;
    zygote->has_spoken = zygote->is_ready = zygote->serves = false;
    zygote->tidies = tidies;
    zygote->tidyings = 0;
    zygote->was_asked_to_print = zygote->has_printed = zygote->learns = false;
    zygote->frames_taken = 0;
    zygote->look_at = 0;
    zygote->stops = 0;
    zygote->is_resting = false;
    zygote->has_run = true;
    zygote->is_known_to_stop = false;
    zygote->status = -1;
    return 0;
failed:
    close_pair(channel);
    close_pair(life);
    return -1;
}

/* ---- stops ---------------------------------------------------------------------------------- */

/* Say whether it has stopped, or was continued, since this was last asked: 1 for a stop, all threads of which are over, -1 for
 * another change, 0 for none. The kernel keeps that for its parent, also where others sent the signals: wait_task_stopped and
 * wait_task_continued in kernel/exit.c. */
static int take_change(const struct zygote *zygote) {
    siginfo_t told = {0};
    if (waitid(P_PID, (id_t)zygote->pid, &told, WSTOPPED | WCONTINUED | WNOHANG) != 0 || told.si_pid == 0)
        return 0;
    return told.si_code == CLD_STOPPED ? 1 : -1;
}

int zygote_rest(struct zygote *zygote, struct fault *fault) {
    const int64_t until = now_ns() + REST_LIMIT_NS;
    if (zygote->pid <= 0 || zygote->is_resting)
        return 0;
    (void)process_signal(zygote->pid, zygote->pidfd, SIGSTOP);
    do {
        if (take_change(zygote) > 0) {
            /* This stop is nobody else's, and its end will be no news. */
            zygote->is_resting = zygote->is_known_to_stop = true;
            return 0;
        }
        (void)sched_yield();
    } while (now_ns() < until);
    return fault_set(fault, "it could not be stopped while a worker is running");
}

int zygote_resume(struct zygote *zygote, struct fault *fault) {
    const bool was_resting = zygote->is_resting;
    zygote->is_resting = false;
    zygote->has_run |= was_resting;
    if (was_resting && take_change(zygote) != 0)
        return fault_set(fault, "it was continued while a worker was running");
    (void)process_signal(zygote->pid, zygote->pidfd, SIGCONT);
    return 0;
}

/* Say whether it was stopped by a signal, and perhaps resumed, since this was last asked; resume it. */
static bool undo_stop(struct zygote *zygote) {
    const int change = zygote->pid <= 0 || zygote->is_resting ? 0 : take_change(zygote);
    if (change == 0)
        return false;
    const bool was_known = zygote->is_known_to_stop;
    zygote->is_known_to_stop = change > 0;
    if (zygote->is_known_to_stop)
        (void)zygote_resume(zygote, NULL);
    /* The end of a stop that was told already is no news. */
    return zygote->is_known_to_stop || !was_known;
}

void zygote_undo_stop(struct zygote *zygote) {
    zygote->stops += undo_stop(zygote) ? 1 : 0;
}

unsigned zygote_take_stops(struct zygote *zygote) {
    zygote_undo_stop(zygote);
    unsigned stops = zygote->stops;
    zygote->stops = 0;
    return stops;
}

/* ---- what it says --------------------------------------------------------------------------- */

size_t zygote_fds(const struct zygote *zygote, struct pollfd *out) {
    size_t n = 0;
    int ends[OUTPUT_STREAMS];
    if (zygote->pid <= 0)
        return 0;
    out[n++] = (struct pollfd){zygote->channel, POLLIN, 0};
    if (zygote->pidfd >= 0)
        out[n++] = (struct pollfd){zygote->pidfd, POLLIN, 0};
    size_t pipes = pipes_fds(&zygote->pipes, ends);
    for (size_t i = 0; i < pipes; i++)
        out[n++] = (struct pollfd){ends[i], POLLIN, 0};
    return n;
}

void zygote_attend(struct zygote *zygote, struct output *output, const struct pollfd *polled, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (polled[i].revents != 0 && polled[i].fd != zygote->channel && polled[i].fd != zygote->pidfd)
            output_forward(output, &zygote->pipes, polled[i].fd);
    zygote->frames_taken = 0;
    /* By the clock, since a child of it may write for ever into the pipes that are waited for too. */
    int64_t now = now_ns();
    if (now >= zygote->look_at) {
        zygote->look_at = now + LOOK_NS;
        zygote_undo_stop(zygote);
    }
}

/* A worker is born: it must be a child of the zygote, or it would be ended in another's place. */
static int take_worker(struct zygote *zygote, struct bytes payload, struct fault *fault) {
    struct proc_stat stat;
    int pid = control_number(payload);
    if (pid <= 1)
        return fault_set(fault, "it did not send the expected number");
    if (procfs_stat(zygote->procfs, pid, &stat) != 1 || stat.parent != zygote->pid)
        return fault_set(fault, "it named a process that is not its child");
    worker_born(zygote->asked, pid);
    zygote->asked = NULL;
    return 0;
}

/* Read a fingerprint of hexadecimal digits; -1 for what is none. */
static int take_print(struct zygote *zygote, struct bytes text) {
    enum { MANY_DIGITS = 16 };
    zygote->code = 0;
    for (size_t i = 0; i < text.n && i < MANY_DIGITS; i++) {
        char c = (char)text.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return -1;
        zygote->code = zygote->code << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    zygote->has_printed = true;
    return text.n > 0 && text.n <= MANY_DIGITS ? 0 : -1;
}

static int take_status(struct zygote *zygote, struct bytes payload, struct fault *fault) {
    const uint8_t *space = payload.n > 0 ? memchr(payload.at, ' ', payload.n) : NULL;
    if (space == NULL)
        return fault_set(fault, "it did not send the expected number");
    size_t n = (size_t)(space - payload.at);
    int pid = control_number((struct bytes){payload.at, n});
    int status = control_number((struct bytes){space + 1, payload.n - n - 1});
    if (pid <= 0 || status < 0)
        return fault_set(fault, "it did not send the expected number");
    if (pid != zygote->awaited)
        return fault_set(fault, "it sent an unexpected message");
    zygote->awaited = 0;
    zygote->status_of_dead = status;
    return 0;
}

static enum zygote_said judge(struct zygote *zygote, const struct control_frame *frame, struct bytes *payload,
                              struct fault *fault) {
    *payload = frame->payload;
    zygote->has_spoken = true;
    if (++zygote->frames_taken > ZYGOTE_MANY_FRAMES) {
        (void)fault_set(fault, "it sends too much data");
        return ZYGOTE_LOST;
    }
    switch (frame->kind) {
    case CONTROL_CALL:
        if (!zygote->is_ready)
            return ZYGOTE_CALLS;
        break;
    case CONTROL_READY:
        if (!zygote->is_ready) {
            zygote->is_ready = true;
            return ZYGOTE_READY;
        }
        break;
    case CONTROL_SERVING:
        if (zygote->asked != NULL && zygote->serves && control_number(frame->payload) == zygote->pid) {
            worker_born(zygote->asked, zygote->pid);
            zygote->asked = NULL;
            return ZYGOTE_SERVING;
        }
        break;
    case CONTROL_FORKED:
        if (zygote->asked != NULL && !zygote->serves)
            return take_worker(zygote, frame->payload, fault) == 0 ? ZYGOTE_FORKED : ZYGOTE_LOST;
        break;
    case CONTROL_REAPED:
        return take_status(zygote, frame->payload, fault) == 0 ? ZYGOTE_REAPED : ZYGOTE_LOST;
    case CONTROL_TIDIED:
        if (zygote->tidyings > 0) {
            zygote->tidyings--;
            zygote->tidies = false;
            return ZYGOTE_SILENT;
        }
        break;
    case CONTROL_PRINTED:
        if (zygote->was_asked_to_print && !zygote->has_printed && take_print(zygote, frame->payload) == 0)
            return ZYGOTE_SILENT;
        break;
    case CONTROL_LEARNED:
        if (zygote->learns) {
            zygote->learns = false;
            return ZYGOTE_SILENT;
        }
        break;
    case CONTROL_TRIES:
        zygote->tried = zygote->trial;
        if (zygote->is_ready && (zygote->trial = control_number(frame->payload)) >= 0)
            return ZYGOTE_TRIES;
        zygote->trial = 0;
        break;
    default:
        break;
    }
    (void)fault_set(fault, "it sent an unexpected message");
    return ZYGOTE_LOST;
}

enum zygote_said zygote_take(struct zygote *zygote, struct bytes *payload, struct fault *fault) {
    struct buffer *received = &zygote->received;
    for (;;) {
        buffer_drop(received, zygote->used);
        zygote->used = 0;
        struct control_frame frame;
        int whole = control_first(received, &frame, fault);
        if (whole < 0)
            return ZYGOTE_LOST;
        if (whole > 0) {
            zygote->used = CONTROL_HEAD_BYTES + frame.payload.n;
            enum zygote_said said = judge(zygote, &frame, payload, fault);
            if (said == ZYGOTE_SILENT)
                continue;
            return said;
        }
        size_t room = received->size - received->n;
        ssize_t n = recv(zygote->channel, received->at + received->n, room < RECEIVE_BYTES ? room : RECEIVE_BYTES, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd look = {zygote->pidfd, POLLIN, 0};
            if (zygote->pidfd >= 0 && poll(&look, 1, 0) > 0) {
                (void)fault_set(fault, "it ended");
                return ZYGOTE_LOST;
            }
            return ZYGOTE_SILENT;
        }
        if (n <= 0) {
            (void)fault_set(fault, n == 0 ? "it closed its socket" : "%s", strerror(errno));
            return ZYGOTE_LOST;
        }
        received->n += (size_t)n;
    }
}

/* ---- what it is told ------------------------------------------------------------------------ */

static int send_all(struct zygote *zygote, struct bytes data, const int *descriptors, size_t n, struct fault *fault) {
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(4 * sizeof(int))];
    } control = {.space = {0}};
    while (data.n > 0) {
        struct iovec part = {(void *)(uintptr_t)data.at, data.n};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        if (n > 0) {
            message.msg_control = control.space;
            message.msg_controllen = (socklen_t)CMSG_SPACE(n * sizeof(int));
            struct cmsghdr *passed = CMSG_FIRSTHDR(&message);
            passed->cmsg_level = SOL_SOCKET;
            passed->cmsg_type = SCM_RIGHTS;
            passed->cmsg_len = (socklen_t)CMSG_LEN(n * sizeof(int));
            memcpy(CMSG_DATA(passed), descriptors, n * sizeof(int));
        }
        /* It may wait: a zygote takes what it is told at once, unless it was stopped. */
        ssize_t sent = sendmsg(zygote->channel, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return fault_set(fault, "it does not accept requests: %s", strerror(errno));
        n = 0;
        data.at += sent;
        data.n -= (size_t)sent;
    }
    return 0;
}

static int tell(struct zygote *zygote, enum control_kind kind, struct bytes payload, struct fault *fault) {
    uint8_t space[CONTROL_HEAD_BYTES + 64];
    struct buffer frame = {space, 0, sizeof(space)};
    (void)control_pack(&frame, kind, payload);
    return send_all(zygote, buffer_bytes(&frame), NULL, 0, fault);
}

int zygote_reply(struct zygote *zygote, int status, struct bytes body, struct fault *fault) {
    uint8_t space[CONTROL_HEAD_BYTES + 32];
    struct buffer head = {space, 0, sizeof(space)};
    char line[16];
    int n = snprintf(line, sizeof(line), "%d\n", status);
    if (body.n > MAX_CONTROL_BYTES - (size_t)n)
        body.n = MAX_CONTROL_BYTES - (size_t)n;
    (void)control_pack(&head, CONTROL_CALL_DONE, bytes_of(line));
    /* The announced length is that of line and body together. */
    uint64_t whole = (uint64_t)n + body.n;
    for (size_t i = 0; i < 4; i++)
        head.at[4 - i] = (uint8_t)(whole >> (8 * i));
    if (send_all(zygote, buffer_bytes(&head), NULL, 0, fault) != 0)
        return -1;
    return send_all(zygote, body, NULL, 0, fault);
}

/* Put a REAP for each worker that is proved dead in front of what is told next. */
static void pack_dead(struct zygote *zygote, struct buffer *out) {
    char text[16];
    for (size_t i = 0; i < zygote->n_dead; i++) {
        (void)snprintf(text, sizeof(text), "%d", (int)zygote->dead[i]);
        (void)control_pack(out, CONTROL_REAP, bytes_of(text));
    }
    zygote->n_dead = 0;
}

int zygote_ask(struct zygote *zygote, enum control_kind kind, struct worker *worker, struct output *output, bool *is_lost,
               struct fault *fault) {
    uint8_t space[(ZYGOTE_MANY_DEAD + 2) * (CONTROL_HEAD_BYTES + 8)];
    struct buffer request = {space, 0, sizeof(space)};
    int pair[2];
    zygote->has_run = true;
    *is_lost = zygote_resume(zygote, fault) != 0;
    if (*is_lost)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fault_set(fault, "no sockets can be made: %s", strerror(errno));
    if (pipes_open(output, &worker->pipes, fault) != 0) {
        close_pair(pair);
        return -1;
    }
    const int *ends = worker->pipes.write_ends;
    int descriptors[4] = {pair[1], ends[OUTPUT_STDOUT], ends[OUTPUT_STDERR], ends[OUTPUT_TELEMETRY]};
    pack_dead(zygote, &request);
    /* The environment's first worker is told that it is: libraries count cold starts. */
    (void)control_pack(&request, kind, bytes_of(kind == CONTROL_FORK && worker->number == 1 ? "first" : ""));
    int sent = send_all(zygote, buffer_bytes(&request), descriptors, ends[OUTPUT_TELEMETRY] >= 0 ? 4 : 3, fault);
    (void)close(pair[1]);
    pipes_close_write_ends(&worker->pipes);
    if (sent != 0) {
        *is_lost = true;
        (void)close(pair[0]);
        (void)output_finish(output, &worker->pipes);
        return -1;
    }
    worker->channel = pair[0];
    zygote->asked = worker;
    zygote->serves = kind == CONTROL_SERVE;
    return 0;
}

int zygote_bury(struct zygote *zygote, pid_t pid, struct fault *fault) {
    zygote->dead[zygote->n_dead++] = pid;
    if (zygote->n_dead <= ZYGOTE_MANY_DEAD)
        return 0;
    return zygote_bury_all(zygote, fault);
}

int zygote_bury_all(struct zygote *zygote, struct fault *fault) {
    uint8_t space[(ZYGOTE_MANY_DEAD + 1) * (CONTROL_HEAD_BYTES + 8)];
    struct buffer request = {space, 0, sizeof(space)};
    if (zygote_resume(zygote, fault) != 0)
        return -1;
    pack_dead(zygote, &request);
    return request.n == 0 ? 0 : send_all(zygote, buffer_bytes(&request), NULL, 0, fault);
}

int zygote_ask_status(struct zygote *zygote, pid_t pid, struct fault *fault) {
    char text[16];
    if (zygote_resume(zygote, fault) != 0)
        return -1;
    zygote->awaited = pid;
    (void)snprintf(text, sizeof(text), "%d", (int)pid);
    return tell(zygote, CONTROL_REAP_AND_TELL, bytes_of(text), fault);
}

int zygote_ask_print(struct zygote *zygote, struct fault *fault) {
    if (zygote->was_asked_to_print)
        return 0;
    zygote->was_asked_to_print = true;
    return tell(zygote, CONTROL_PRINT, (struct bytes){0}, fault);
}

int zygote_ask_learn(struct zygote *zygote, int64_t left, struct fault *fault) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", (long long)(left / NS_PER_MS));
    zygote->learns = true;
    return tell(zygote, CONTROL_LEARN, bytes_of(text), fault);
}

int zygote_tidy(struct zygote *zygote, struct fault *fault) {
    if (!zygote->tidies)
        return 0;
    zygote->tidyings++;
    return tell(zygote, CONTROL_TIDY, (struct bytes){0}, fault);
}

/* ---- its end -------------------------------------------------------------------------------- */

void zygote_end(struct zygote *zygote, struct output *output, int64_t patience) {
    if (zygote->pid <= 0)
        return;
    int64_t until = now_ns() + patience;
    struct pollfd polled[ZYGOTE_MAX_FDS];
    while (patience > 0 && zygote->status < 0 && now_ns() < until) {
        int status;
        if (waitpid(zygote->pid, &status, WNOHANG) == zygote->pid) {
            zygote->status = status;
            break;
        }
        /* Its last words may fill the pipes. */
        size_t n = zygote_fds(zygote, polled);
        (void)poll(polled + 1, (nfds_t)(n - 1), 1);
        zygote_attend(zygote, output, polled + 1, n - 1);
    }
    /* Closed first: nobody else ends with a zygote that is given up. */
    (void)close(zygote->lifeline);
    /* Once it was waited for, its number may be anybody's. */
    if (zygote->status < 0) {
        (void)process_signal(zygote->pid, zygote->pidfd, SIGKILL);
        int status;
        pid_t waited;
        do
            waited = waitpid(zygote->pid, &status, 0);
        while (waited < 0 && errno == EINTR);
        zygote->status = waited == zygote->pid ? status : -1;
    }
    if (zygote->asked != NULL) {
        (void)output_finish(output, &zygote->asked->pipes);
        worker_close(zygote->asked);
        zygote->asked = NULL;
    }
    (void)output_finish(output, &zygote->pipes);
    (void)close(zygote->channel);
    if (zygote->pidfd >= 0)
        (void)close(zygote->pidfd);
    arena_empty(&zygote->received, RECEIVE_BYTES);
    zygote->pid = 0;
    zygote->pidfd = zygote->channel = zygote->lifeline = -1;
}
