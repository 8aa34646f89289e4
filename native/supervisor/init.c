/* Starts a zygote and serves the calls of its init, until it says that it is ready. */
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

/* What an init phase may ask for; whole paths. */
static const struct {
    const char *method;
    const char *path;
} calls[] = {
    {"TELL", "/findings"},      {"GET", "/restore/next"},   {"DROP", "/extensions"},
    {"POST", "/init/error"},    {"POST", "/restore/error"},
};

/* How often a zygote is looked at. */
#define LOOK_NS (100 * NS_PER_MS)
/* How long the interpreter's own end may take after the socket is closed: exit handlers run in it. */
#define END_LIMIT_NS (2 * NS_PER_S)
/* Of a program that could not be executed, or whose loader found no library. */
enum { EXIT_NOT_STARTED = 127 };
enum { HTTP_OK = 200, HTTP_ACCEPTED = 202, HTTP_NOT_FOUND = 404, HTTP_BAD_GATEWAY = 502 };

/* Cut `from` at the first `end`; returns what is before it and leaves what is behind it; false where there is none. */
static bool cut(struct bytes *from, char end, struct bytes *before) {
    const uint8_t *at = from->n > 0 ? memchr(from->at, end, from->n) : NULL;
    if (at == NULL)
        return false;
    *before = (struct bytes){from->at, (size_t)(at - from->at)};
    from->n -= before->n + 1;
    from->at = at + 1;
    return true;
}

static int reply_platform(struct supervisor *s, struct fault *fault) {
    if (upstream_wait(&s->lanes[0].upstream, NEVER) != UPSTREAM_REPLIED)
        return zygote_reply(&s->zygote, HTTP_BAD_GATEWAY, bytes_of(""), fault);
    const struct reply *reply = upstream_reply(&s->lanes[0].upstream);
    return zygote_reply(&s->zygote, reply->status, reply->body, fault);
}

/* Wait for the snapshot to be restored: many environments begin there, and each has an identity of its own. */
static int restore(struct supervisor *s, struct fault *fault) {
    if (s->is_restored)
        /* A zygote that is initialised again: the platform restores an environment once. */
        return zygote_reply(&s->zygote, HTTP_OK, bytes_of(""), fault);
    upstream_get(&s->lanes[0].upstream, "/restore/next");
    if (reply_platform(s, fault) != 0)
        return -1;
    if (upstream_reply(&s->lanes[0].upstream)->status == HTTP_OK) {
        s->is_restored = true;
        s->began = now_ns();
        if (report_renew(&s->report, fault) != 0)
            return -1;
    }
    return 0;
}

/* Make a call of the init phase for the zygote: "method\npath\nerror type\nbody". */
static int make_call(struct supervisor *s, struct bytes packed, bool quietly, struct fault *fault) {
    struct bytes method;
    struct bytes path;
    struct bytes error_type;
    size_t which = COUNT(calls);
    if (cut(&packed, '\n', &method) && cut(&packed, '\n', &path) && cut(&packed, '\n', &error_type))
        for (size_t i = 0; i < COUNT(calls); i++)
            if (bytes_equal(method, bytes_of(calls[i].method)) && bytes_equal(path, bytes_of(calls[i].path)))
                which = i;
    switch (which) {
    case 0:
        invocation_findings_init_said(&s->invocation_findings, packed);
        return zygote_reply(&s->zygote, HTTP_OK, bytes_of(""), fault);
    case 1:
        return restore(s, fault);
    case 2:
        /* Whoever would wait for an event there would wait in the zygote for ever. */
        routes_drop_peers(&s->routes);
        return zygote_reply(&s->zygote, s->routes.extension_count > 0 ? HTTP_OK : HTTP_NOT_FOUND, bytes_of(""), fault);
    case 3:
    case 4:
        if (quietly)
            return zygote_reply(&s->zygote, HTTP_ACCEPTED, bytes_of(""), fault);
        if (!is_header_value(error_type))
            error_type.n = 0;
        upstream_post(&s->lanes[0].upstream, calls[which].path, error_type, packed);
        return reply_platform(s, fault);
    default:
        return fault_set(fault, "it made an unsupported control call");
    }
}

/* Wait for the end of init. */
static int wait_until_ready(struct supervisor *s, int64_t until, struct fault *fault) {
    struct pollfd each[1 + ZYGOTE_MAX_FDS + ROUTES_MAX_FDS];
    int64_t began = now_ns();
    for (;;) {
        struct bytes payload;
        if (now_ns() >= until)
            return fault_set(fault, "its init did not end within %g s", (double)(until - began) / (double)NS_PER_S);
        switch (zygote_take(&s->zygote, &payload, fault)) {
        case ZYGOTE_CALLS:
            if (make_call(s, payload, until != NEVER, fault) != 0)
                return -1;
            continue;
        case ZYGOTE_READY:
            ready_unpack(&s->ready, payload);
            return 0;
        case ZYGOTE_LOST:
            return -1;
        case ZYGOTE_FORKED:
        case ZYGOTE_SERVING:
        case ZYGOTE_REAPED:
        case ZYGOTE_TRIES:
            return fault_set(fault, "it sent an unexpected message");
        case ZYGOTE_SILENT:
            break;
        }
        each[0] = (struct pollfd){s->signals.descriptor, POLLIN, 0};
        size_t n_zygote = zygote_fds(&s->zygote, each + 1);
        size_t n_routes = routes_fds(&s->routes, each + 1 + n_zygote);
        size_t n = 1 + n_zygote + n_routes;
        int64_t now = now_ns();
        int64_t due = until - now < LOOK_NS ? until : now + LOOK_NS;
        if (poll(each, (nfds_t)n, poll_ms(due, now)) < 0)
            continue;
        if (each[0].revents != 0)
            loop_heed(s);
        for (size_t i = 1 + n_zygote; i < n; i++)
            if (each[i].revents != 0)
                routes_serve(&s->routes, each[i].fd);
        zygote_attend(&s->zygote, &s->output, each + 1, n_zygote);
    }
}

int init_zygote(struct supervisor *s, int64_t until, struct fault *fault) {
    int64_t began = now_ns();
    for (;;) {
        s->launch.context = s;
        if (zygote_start(&s->zygote, &s->launch, &s->output, s->settings.huge_pages || s->settings.immortal, fault) != 0)
            return -1;
        if (wait_until_ready(s, until, fault) == 0)
            break;
        zygote_end(&s->zygote, &s->output, until == NEVER ? END_LIMIT_NS : 0);
        /* An interpreter that did not start may start from another file. */
        bool has_started = s->zygote.has_spoken || !WIFEXITED(s->zygote.status) ||
                           WEXITSTATUS(s->zygote.status) != EXIT_NOT_STARTED;
        if (s->zygote.status < 0 || has_started || !closed_next(&s->launch.interpreter, fault->text))
            return -1;
    }
    s->init_ns = now_ns() - began;
    return 0;
}
