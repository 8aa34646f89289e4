/* The routes of extensions: requests of the function's process on three connections, and what the platform answers, on sockets
 * that lead nowhere else. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

static int give_platform(void);
static int give_peer(int listener);

static int fuzz_accept(int listener, struct sockaddr *address, socklen_t *size, int flags) {
    return address == NULL && size == NULL && flags != 0 ? give_peer(listener) : -1;
}

static int fuzz_socket(int family, int kind, int protocol) {
    return family == AF_INET && kind != 0 && protocol == 0 ? give_platform() : -1;
}

static int fuzz_bind(int fd, const struct sockaddr *address, socklen_t size) {
    return fd >= 0 && address != NULL && size > 0 ? 0 : -1;
}

static int fuzz_listen(int fd, int many) {
    return fd >= 0 && many > 0 ? 0 : -1;
}

static int fuzz_getsockname(int fd, struct sockaddr *address, socklen_t *size) {
    return fd >= 0 && address != NULL && *size > 0 ? 0 : -1;
}

/* Nothing comes later. */
static int fuzz_poll(struct pollfd *fds, nfds_t n, int ms) {
    return poll(fds, n, ms > 0 ? 0 : ms);
}

#define accept4 fuzz_accept
#define socket fuzz_socket
#define connect fuzz_bind
#define bind fuzz_bind
#define listen fuzz_listen
#define getsockname fuzz_getsockname
#define poll fuzz_poll
#include "../supervisor/routes.c"
#undef socket
#undef poll

int fuzz_one(const uint8_t *data, size_t size);

enum { MANY_PEERS = 3, LISTENER = 1 << 20 };

static struct bytes spoken[MANY_PEERS + 1];
static size_t met;
static int far_ends[64];
static size_t n_far;

/* One end of a pair whose other end has said all that it will say. */
static int give_saying(struct bytes said) {
    int pair[2];
    if (n_far == COUNT(far_ends) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    (void)!send(pair[1], said.at, said.n, MSG_NOSIGNAL);
    (void)shutdown(pair[1], SHUT_WR);
    far_ends[n_far++] = pair[1];
    return pair[0];
}

static int give_peer(int listener) {
    return listener == LISTENER && met < MANY_PEERS ? give_saying(spoken[met++]) : -1;
}

static int give_platform(void) {
    return give_saying(spoken[MANY_PEERS]);
}

/* What goes to the platform is one request, on a route that it may have. */
static void check_sent(struct bytes sent) {
    static const char *const starts[] = {"POST /2020-01-01/extension/", "GET /2020-01-01/extension/", "PUT /2022-07-01/telemetry ",
                                         "PUT /2020-08-15/logs "};
    bool is_known = sent.n == 0;
    for (size_t i = 0; i < COUNT(starts); i++)
        is_known |= bytes_begin(sent, bytes_of(starts[i]));
    const uint8_t *end = sent.n > 0 ? memmem(sent.at, sent.n, "\r\n\r\n", 4) : sent.at;
    if (!is_known && !bytes_begin(sent, LITERAL("HTTP/1.1 ")))
        abort();
    if (end == NULL)
        abort();
    for (const uint8_t *at = sent.at; at < end; at++)
        if (*at == '\n' && at[-1] != '\r')
            abort();
}

int fuzz_one(const uint8_t *data, size_t size) {
    static struct routes routes;
    static uint8_t received[1 << 18];
    struct pollfd polled[ROUTES_MAX_FDS];
    if (size < 1 || size > 32768)
        return 0;
    if (routes.memory == NULL) {
        if (routes_init(&routes, "127.0.0.1:9001", NULL) != 0)
            return 1;
        routes.listener = LISTENER;
    }
    routes.is_init_over = (data[0] & 1) != 0;
    routes.extension_count = 0;
    met = n_far = 0;
    struct bytes rest = {data + 1, size - 1};
    for (size_t i = 0; i <= MANY_PEERS; i++) {
        const uint8_t *end = rest.n > 0 ? memchr(rest.at, 0xff, rest.n) : NULL;
        size_t n = end != NULL ? (size_t)(end - rest.at) : rest.n;
        spoken[i] = (struct bytes){rest.at, n};
        rest = end != NULL ? (struct bytes){end + 1, rest.n - n - 1} : (struct bytes){rest.at + n, 0};
    }
    for (size_t i = 0; i < MANY_PEERS; i++)
        routes_serve(&routes, routes.listener);
    for (int turn = 0; turn < 8; turn++) {
        size_t n = routes_fds(&routes, polled);
        for (size_t i = 1; i < n; i++)
            routes_serve(&routes, polled[i].fd);
        if (turn == 3)
            routes_end_init(&routes, ROUTES_LIMIT_NS);
        (void)routes_settled(&routes, (data[0] & 2) != 0);
    }
    if ((data[0] & 4) != 0)
        routes_take_over(&routes);
    routes_end_invocation(&routes);
    routes_drop_peers(&routes);
    for (size_t i = 0; i < routes.extension_count; i++)
        close_poll(&routes.extensions[i]);
    for (size_t i = 0; i < n_far; i++) {
        ssize_t n = recv(far_ends[i], received, sizeof(received), MSG_DONTWAIT);
        check_sent((struct bytes){received, n > 0 ? (size_t)n : 0});
        (void)close(far_ends[i]);
    }
    return 0;
}
