/* The reader of what the clerk sends, which reads events: the answer's length, the answer, and the log lines made of it. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* There is no such process. */
static int kill_nobody(pid_t pid, int number) {
    return pid > 0 && number > 0 ? 0 : -1;
}

static pid_t wait_for_nobody(pid_t pid, int *status, int options) {
    return status == NULL && options == 0 ? pid : -1;
}

#define kill kill_nobody
#define waitpid wait_for_nobody
#include "../supervisor/clerk.c"
#undef kill
#undef waitpid
#include "../supervisor/invocation_metrics.c"

#include "logged.h"

int fuzz_one(const uint8_t *data, size_t size);

static struct supervisor s;
static struct lane lane;

int fuzz_one(const uint8_t *data, size_t size) {
    static int file = -1;
    static const char *path[] = {"/var/task"};
    int channel[2];
    if (file < 0) {
        file = log_begin(&s.output, &s.report);
        if (file < 0 || clerk_init(&s.clerk, NULL) < 0)
            return 1;
        s.signals.descriptor = -1;
        s.settings.log_invocations = true;
    }
    if (size < 1 || log_empty(file) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, channel) < 0)
        return 0;
    s.clerk.pid = 1 << 30;
    s.clerk.failures = 0;
    s.clerk.channel = channel[0];
    s.invocation_metrics.has_told_missing = s.invocation_metrics.has_told_path = false;
    s.ready.n_path = data[0] & 1;
    s.ready.path[0] = path[0];
    lane.ending = ENDING_UNREADABLE;
    /* No other is started in its place: there is no time for one. */
    lane.until = 0;
    /* Its end is behind it: nothing is waited for. */
    (void)!send(channel[1], data + 1, size - 1, MSG_NOSIGNAL);
    (void)shutdown(channel[1], SHUT_WR);
    invocation_metrics_tell(&s, &lane);
    if (s.clerk.pid > 0)
        clerk_end(&s);
    (void)close(channel[1]);
    log_check(file);
    return 0;
}
