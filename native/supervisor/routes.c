#include "routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "upstream.h"

#define NEXT "/2020-01-01/extension/event/next"
#define REGISTER "/2020-01-01/extension/register"
/* https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html: behind the date of a version. */
#define METADATA "/metadata/"
/* Questions about it that an invocation may have passed on to the platform, each with another token or path: there is one of
 * each, and a few tries of who asked too soon. Each takes the supervisor's time. */
#define METADATA_MOST 8
#define FORBIDDEN 403
/* Connections that wait to be accepted are as many again at most. */
#define MANY_WAITING (2 * ROUTES_MAX_PEERS)

/* What is passed on at init besides register and next. Whole paths: what a server makes of others, `//` say, is its
 * own. */
static const struct {
    const char *method, *path;
    bool subscribes;
} forwarded[] = {
    {"POST", "/2020-01-01/extension/init/error", false},
    {"POST", "/2020-01-01/extension/exit/error", false},
    {"PUT", "/2022-07-01/telemetry", true},
    {"PUT", "/2020-08-15/logs", true},
};

int routes_init(struct routes *routes, const char *upstream, struct fault *fault) {
    bytes_clear(routes, sizeof(*routes));
    if (upstream_resolve(upstream, &routes->upstream, fault) < 0)
        return -1;
    bytes_copy(routes->host, sizeof(routes->host), bytes_of(upstream));
    routes->limit = ROUTES_LIMIT_NS;
    uint8_t *at =
        mmap(NULL, ROUTES_SPACE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    routes->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(own);
    if (at == MAP_FAILED || routes->listener < 0 ||
        bind(routes->listener, (struct sockaddr *)&own, length) < 0 ||
        listen(routes->listener, ROUTES_MAX_PEERS) < 0 ||
        getsockname(routes->listener, (struct sockaddr *)&own, &length) < 0)
        return fault_set(fault, "extensions of the function's process cannot be served: %s", strerror(errno));
    (void)snprintf(routes->address, sizeof(routes->address), "127.0.0.1:%u", (unsigned)ntohs(own.sin_port));
    routes->memory = at;
    for (size_t i = 0; i < ROUTES_MAX_PEERS; i++) {
        routes->peers[i].fd = -1;
        routes->peers[i].reader.at = at + i * HTTP_REQUEST_SPACE;
    }
    at += ROUTES_MAX_PEERS * HTTP_REQUEST_SPACE;
    for (size_t i = 0; i < ROUTES_MAX_EXTENSIONS; i++)
        routes->extensions[i].space = at + i * ROUTES_REPLY_SPACE;
    routes->reply_space = at + ROUTES_MAX_EXTENSIONS * ROUTES_REPLY_SPACE;
    routes->head = (struct buffer){at + (ROUTES_MAX_EXTENSIONS + 1) * ROUTES_REPLY_SPACE, 0, ROUTES_MAX_HEAD};
    return 0;
}

/* Wait until `fd` is ready for `events`; false once `until` is past. */
static bool wait_ready(int fd, short events, int64_t until) {
    for (;;) {
        int64_t now = now_ns();
        struct pollfd one = {.fd = fd, .events = events};
        int ready = now < until ? poll(&one, 1, poll_ms(until, now)) : 0;
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return ready > 0;
        if (ready == 0)
            return false;
    }
}

/* Connect to the platform within the limit; -1 where it is not there. */
static int connect_to(const struct routes *routes, int64_t until) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1, error = 0;
    socklen_t size = sizeof(error);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&routes->upstream, sizeof(routes->upstream)) < 0 &&
        (errno != EINPROGRESS || !wait_ready(fd, POLLOUT, until) ||
         getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0)) {
        (void)close(fd);
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static bool send_all(int fd, struct bytes data, int64_t until) {
    while (data.n > 0) {
        ssize_t n = send(fd, data.at, data.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN && wait_ready(fd, POLLOUT, until))
            continue;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data.at += n;
        data.n -= (size_t)n;
    }
    return true;
}

static const char *reason_of(int status) {
    return status == 200         ? "OK"
           : status == 202       ? "Accepted"
           : status == FORBIDDEN ? "Forbidden"
           : status == 404       ? "Not Found"
                                 : "Other";
}

static void add_header(struct buffer *out, struct bytes name, struct bytes value) {
    (void)(buffer_add(out, name) | buffer_add(out, LITERAL(": ")) | buffer_add(out, value) |
           buffer_add(out, LITERAL("\r\n")));
}

static bool is_passed(struct bytes name) {
    struct bytes start = LITERAL("lambda-extension-");
    return http_same(name, LITERAL("content-type")) ||
           (name.n > start.n && http_same((struct bytes){name.at, start.n}, start));
}

/* A peer that does not take a reply at once is dropped when it is next read. */
static void answer(struct routes *routes, const struct route_peer *peer, struct bytes body) {
    (void)buffer_print(&routes->head, "Content-Length: %zu\r\n\r\n", body.n);
    struct iovec parts[] = {{routes->head.at, routes->head.n}, {(void *)(uintptr_t)body.at, body.n}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = COUNT(parts)};
    (void)sendmsg(peer->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void begin_answer(struct routes *routes, int status) {
    routes->head.n = 0;
    (void)buffer_print(&routes->head, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
}

/* Begin an answer as the platform's; of its headers go what is passed on, and the one that is named `also`. */
static void begin_passing(struct routes *routes, const struct reply *reply, struct bytes also) {
    struct bytes name, value;
    size_t at = 0;
    begin_answer(routes, reply->status);
    while (http_each(reply->head, &at, &name, &value))
        if (is_passed(name) || http_same(name, also))
            add_header(&routes->head, name, value);
}

static void pass_back(struct routes *routes, const struct route_peer *peer, const struct reply *reply) {
    begin_passing(routes, reply, (struct bytes){NULL, 0});
    answer(routes, peer, reply->body);
}

static void refuse(struct routes *routes, const struct route_peer *peer, const char *type,
                   const char *words) {
    char body[256];
    (void)snprintf(body, sizeof(body), "{\"errorMessage\":\"%s\",\"errorType\":\"%s\"}\n", words, type);
    begin_answer(routes, FORBIDDEN);
    add_header(&routes->head, LITERAL("Content-Type"), LITERAL("application/json"));
    answer(routes, peer, bytes_of(body));
}

/* Say whether this asks for metadata: GET /2026-01-15/metadata/execution-environment, or another version or name. */
static bool is_metadata(const struct request *request) {
    static const char version[] = "/dddd-dd-dd" METADATA;
    const size_t start = sizeof(version) - 1;
    struct bytes path = request->path;
    if (!bytes_equal(request->method, LITERAL("GET")) || path.n <= start)
        return false;
    for (size_t i = 0; i < path.n; i++)
        if (i >= start ? (path.at[i] < 'a' || path.at[i] > 'z') && path.at[i] != '-'
            : version[i] == 'd' && i < sizeof("/dddd-dd-dd") - 1 ? path.at[i] < '0' || path.at[i] > '9'
                                                               : path.at[i] != (uint8_t)version[i])
            return false;
    return true;
}

/* Pass a request on and wait for its reply, which the platform gives at once; NULL if it does not. The reply
 * stays until the next. */
static const struct reply *forward(struct routes *routes, const struct request *request) {
    int64_t until = now_ns() + routes->limit;
    struct reply_reader *reader = &routes->reply;
    struct bytes name, value;
    size_t at = 0;
    reply_begin(reader, routes->reply_space, ROUTES_MAX_REPLY);
    routes->head.n = 0;
    (void)buffer_print(&routes->head, "%.*s %.*s HTTP/1.1\r\nHost: %s\r\n", (int)request->method.n,
                       (const char *)request->method.at, (int)request->path.n, (const char *)request->path.at,
                       routes->host);
    /* What is kept of an answer about metadata is every worker's: nothing else of one is to decide what it is. */
    bool is_shared = is_metadata(request);
    struct bytes body = is_shared ? (struct bytes){NULL, 0} : request->body;
    while (http_each(request->head, &at, &name, &value))
        if (http_same(name, LITERAL("authorization")) || (!is_shared && (is_passed(name) || http_same(name, LITERAL("accept")))))
            add_header(&routes->head, name, value);
    (void)buffer_print(&routes->head, "Content-Length: %zu\r\n\r\n", body.n);
    int fd = connect_to(routes, until);
    if (fd < 0)
        return NULL;
    bool is_fine = send_all(fd, buffer_bytes(&routes->head), until) && send_all(fd, body, until);
    while (is_fine && !reader->whole && wait_ready(fd, POLLIN, until)) {
        size_t room = 0;
        uint8_t *to = reply_room(reader, &room);
        ssize_t n = recv(fd, to, room, 0);
        if (n < 0)
            is_fine = errno == EAGAIN || errno == EINTR;
        else
            is_fine = n > 0 ? reply_took(reader, (size_t)n) == 0 : reply_ended(reader) == 0 && reader->whole;
    }
    (void)close(fd);
    return is_fine && reader->whole ? &reader->reply : NULL;
}

static void close_poll(struct route_extension *one) {
    if (one->fd >= 0)
        (void)close(one->fd);
    one->fd = -1;
    one->is_polling = false;
}

/* Ask the platform for an extension's next event; the reply is awaited elsewhere. */
static void poll_for(struct routes *routes, struct route_extension *one) {
    routes->head.n = 0;
    (void)buffer_print(&routes->head,
                       "GET " NEXT " HTTP/1.1\r\nHost: %s\r\nLambda-Extension-Identifier: %s\r\n\r\n",
                       routes->host, one->identifier);
    int64_t until = now_ns() + routes->limit;
    for (int tries = 0; tries < 2 && !one->is_polling; tries++) {
        if (one->fd < 0) {
            one->fd = connect_to(routes, until);
            reply_begin(&one->reader, one->space, ROUTES_MAX_REPLY);
            one->has_event = false;
        }
        if (one->fd >= 0 && send_all(one->fd, buffer_bytes(&routes->head), until))
            one->is_polling = true;
        else
            close_poll(one);
    }
}

static void drop(struct routes *routes, struct route_peer *peer) {
    for (size_t i = 0; i < routes->extension_count; i++)
        if (routes->extensions[i].waiting == peer - routes->peers)
            routes->extensions[i].waiting = -1;
    if (peer->fd >= 0)
        (void)close(peer->fd);
    peer->fd = -1;
}

/* Who waits for an event that nobody is asked for any more loses his connection, as at the platform itself: it is his to ask again. */
static void let_go(struct routes *routes, const struct route_extension *one) {
    if (one->waiting >= 0 && !one->has_event && !one->is_polling)
        drop(routes, &routes->peers[one->waiting]);
}

static void deliver(struct routes *routes, struct route_extension *one) {
    if (!one->has_event || one->waiting < 0)
        return;
    pass_back(routes, &routes->peers[one->waiting], &one->reader.reply);
    one->waiting = -1;
    one->has_event = false;
    one->is_at_work = true;
}

/* The platform says something to an extension's poll. */
static void receive(struct routes *routes, struct route_extension *one) {
    struct reply_reader *reader = &one->reader;
    if (!one->has_event && reader->whole)
        reply_release(reader);
    size_t room = 0;
    uint8_t *at = reply_room(reader, &room);
    ssize_t n = recv(one->fd, at, room, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    bool is_fine = n > 0 ? reply_took(reader, (size_t)n) == 0 : n == 0 && reply_ended(reader) == 0;
    if (n <= 0 || !is_fine)
        close_poll(one);
    if (!is_fine || !reader->whole) {
        let_go(routes, one);
        return;
    }
    if (reader->reply.closes)
        close_poll(one);
    one->is_polling = false;
    one->has_had_event = true;
    one->has_event = true;
    deliver(routes, one);
}

static int accept_peer(const struct routes *routes) {
    return accept4(routes->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static void take_peer(struct routes *routes) {
    int fd = accept_peer(routes);
    if (fd < 0)
        return;
    for (size_t i = 0; i < ROUTES_MAX_PEERS; i++) {
        struct route_peer *peer = &routes->peers[i];
        if (peer->fd < 0) {
            peer->fd = fd;
            request_begin(&peer->reader, peer->reader.at);
            return;
        }
    }
    (void)close(fd);
}

static struct route_extension *find_extension(struct routes *routes, struct bytes name, bool by_identifier) {
    for (size_t i = 0; i < routes->extension_count; i++) {
        struct route_extension *one = &routes->extensions[i];
        if (bytes_equal(name, bytes_of(by_identifier ? one->identifier : one->name)))
            return one;
    }
    return NULL;
}

/* Keep what registering was answered with. */
static void remember(struct routes *routes, struct bytes name, const struct request *request,
                     const struct reply *reply) {
    struct bytes identifier = reply->headers[HTTP_EXTENSION_ID];
    struct route_extension *one = &routes->extensions[routes->extension_count];
    if (reply->status != 200 || identifier.n == 0 || routes->extension_count == ROUTES_MAX_EXTENSIONS ||
        name.n >= sizeof(one->name) || identifier.n >= sizeof(one->identifier) ||
        reply->body.n > sizeof(one->registered) || memchr(identifier.at, 0, identifier.n) != NULL)
        return;
    routes->extension_count++;
    bytes_copy(one->name, sizeof(one->name), name);
    bytes_copy(one->identifier, sizeof(one->identifier), identifier);
    memcpy(one->registered, reply->body.at, reply->body.n);
    one->registered_n = reply->body.n;
    one->fd = one->waiting = -1;
    one->wants_events =
        request->body.n > 0 && memmem(request->body.at, request->body.n, "\"INVOKE\"", 8) != NULL;
}

static void register_extension(struct routes *routes, struct route_peer *peer,
                               const struct request *request) {
    struct bytes name = request_header(request, "lambda-extension-name");
    struct route_extension *known = find_extension(routes, name, false);
    if (known != NULL) {
        /* Registered at init, by the thread that this worker has started again. */
        begin_answer(routes, 200);
        add_header(&routes->head, LITERAL("Content-Type"), LITERAL("application/json"));
        add_header(&routes->head, LITERAL("Lambda-Extension-Identifier"), bytes_of(known->identifier));
        answer(routes, peer, (struct bytes){known->registered, known->registered_n});
        return;
    }
    if (routes->is_init_over) {
        refuse(routes, peer, "Extension.RegistrationClosed", "Extension registration closed already");
        return;
    }
    const struct reply *reply = forward(routes, request);
    if (reply == NULL) {
        drop(routes, peer);
        return;
    }
    remember(routes, name, request, reply);
    pass_back(routes, peer, reply);
}

static bool is_route(const struct request *request, const char *method, const char *path) {
    return bytes_equal(request->method, bytes_of(method)) && bytes_equal(request->path, bytes_of(path));
}

static void wait_for_event(struct routes *routes, struct route_peer *peer, const struct request *request) {
    struct route_extension *one =
        find_extension(routes, request_header(request, "lambda-extension-identifier"), true);
    if (one == NULL) {
        refuse(routes, peer, "Extension.UnknownExtensionIdentifier", "Unknown extension identifier");
        return;
    }
    one->waiting = (int)(peer - routes->peers);
    one->is_at_work = false;
    deliver(routes, one);
    if (!one->has_event && !one->is_polling)
        poll_for(routes, one);
    let_go(routes, one);
}

/* What an extension is known to have subscribed to by this route, or room to note it; NULL without either. */
static struct route_subscription *find_subscription(struct routes *routes, const struct request *request, size_t route) {
    struct route_extension *one = find_extension(routes, request_header(request, "lambda-extension-identifier"), true);
    struct route_subscription *found = NULL;
    for (size_t i = 0; one != NULL && i < ROUTES_MANY_SUBSCRIPTIONS; i++) {
        struct route_subscription *each = &one->subscriptions[i];
        if (each->status != 0 && each->route == route)
            return each;
        if (each->status == 0 && found == NULL)
            found = each;
    }
    return found;
}

static void subscribe_again(struct routes *routes, const struct route_peer *peer, const struct request *request, size_t route) {
    const struct route_subscription *known = find_subscription(routes, request, route);
    if (known == NULL || known->status == 0) {
        refuse(routes, peer, "InvalidStateTransition", "Dayfly passes on no subscription after init");
        return;
    }
    begin_answer(routes, known->status);
    answer(routes, peer, (struct bytes){known->body, known->n});
}

/* Pass a request of init's on. */
static void pass_on(struct routes *routes, struct route_peer *peer, const struct request *request, size_t route) {
    const struct reply *reply = forward(routes, request);
    if (reply == NULL) {
        drop(routes, peer);
        return;
    }
    struct route_subscription *known = forwarded[route].subscribes ? find_subscription(routes, request, route) : NULL;
    if (known != NULL && reply->status >= 200 && reply->status < 300) {
        *known = (struct route_subscription){.route = route, .status = reply->status};
        known->n = reply->body.n < sizeof(known->body) ? reply->body.n : 0;
        if (known->n > 0)
            memcpy(known->body, reply->body.at, known->n);
    }
    pass_back(routes, peer, reply);
}

/* Ask the platform about the environment, once for each token and path: a worker that asks again and again costs it nothing. */
static void serve_metadata(struct routes *routes, struct route_peer *peer, const struct request *request) {
    struct route_metadata *known = &routes->metadata;
    struct bytes token = request_header(request, "authorization");
    struct buffer question = {(uint8_t[sizeof(known->question)]){0}, 0, sizeof(known->question)};
    bool fits = buffer_add(&question, request->path) == 0 && buffer_add(&question, LITERAL(" ")) == 0 && buffer_add(&question, token) == 0;
    if (fits && known->n_question == question.n && memcmp(known->question, question.at, question.n) == 0) {
        routes->head.n = 0;
        (void)buffer_add(&routes->head, (struct bytes){known->head, known->n_head});
        answer(routes, peer, (struct bytes){known->body, known->n_body});
        return;
    }
    if (routes->is_init_over && routes->metadata_asked++ >= METADATA_MOST) {
        refuse(routes, peer, "TooManyRequests", "this invocation has asked for metadata too often with other tokens or paths");
        return;
    }
    const struct reply *reply = forward(routes, request);
    if (reply == NULL) {
        drop(routes, peer);
        return;
    }
    begin_passing(routes, reply, LITERAL("cache-control"));
    /* At init it is not kept: a snapshot is restored elsewhere. */
    if (routes->is_init_over && fits && reply->status == 200 && routes->head.n <= sizeof(known->head) &&
        reply->body.n <= sizeof(known->body)) {
        memcpy(known->question, question.at, question.n);
        memcpy(known->head, routes->head.at, routes->head.n);
        memcpy(known->body, reply->body.at, reply->body.n);
        known->n_question = question.n;
        known->n_head = routes->head.n;
        known->n_body = reply->body.n;
    }
    answer(routes, peer, reply->body);
}

static void handle(struct routes *routes, struct route_peer *peer, const struct request *request) {
    if (is_metadata(request)) {
        serve_metadata(routes, peer, request);
        return;
    }
    if (is_route(request, "GET", NEXT)) {
        wait_for_event(routes, peer, request);
        return;
    }
    if (is_route(request, "POST", REGISTER)) {
        register_extension(routes, peer, request);
        return;
    }
    for (size_t i = 0; i < COUNT(forwarded); i++) {
        if (!is_route(request, forwarded[i].method, forwarded[i].path))
            continue;
        if (!routes->is_init_over)
            pass_on(routes, peer, request, i);
        else if (forwarded[i].subscribes)
            subscribe_again(routes, peer, request, i);
        else
            refuse(routes, peer, "InvalidStateTransition",
                   "Dayfly lets no extension of the function's process end the environment after init");
        return;
    }
    refuse(routes, peer, "InvalidStateTransition",
           "Dayfly serves only the extension routes and the metadata endpoint to the function's process");
}

static void read_peer(struct routes *routes, struct route_peer *peer) {
    size_t room = 0;
    uint8_t *at = request_room(&peer->reader, &room);
    ssize_t n = recv(peer->fd, at, room, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || request_took(&peer->reader, (size_t)n) < 0) {
        drop(routes, peer);
        return;
    }
    const struct request *request = request_whole(&peer->reader);
    if (request == NULL)
        return;
    handle(routes, peer, request);
    /* A request of somebody whose connection was dropped is no longer there. */
    if (peer->fd >= 0)
        request_release(&peer->reader);
}

size_t routes_fds(const struct routes *routes, struct pollfd *out) {
    size_t n = 0;
    out[n++] = (struct pollfd){.fd = routes->listener, .events = POLLIN};
    for (size_t i = 0; i < ROUTES_MAX_PEERS; i++)
        if (routes->peers[i].fd >= 0)
            out[n++] = (struct pollfd){.fd = routes->peers[i].fd, .events = POLLIN};
    for (size_t i = 0; i < routes->extension_count; i++)
        if (routes->extensions[i].is_polling)
            out[n++] = (struct pollfd){.fd = routes->extensions[i].fd, .events = POLLIN};
    return n;
}

void routes_serve(struct routes *routes, int fd) {
    if (fd == routes->listener) {
        take_peer(routes);
        return;
    }
    for (size_t i = 0; i < ROUTES_MAX_PEERS; i++)
        if (fd >= 0 && routes->peers[i].fd == fd) {
            read_peer(routes, &routes->peers[i]);
            return;
        }
    for (size_t i = 0; i < routes->extension_count; i++)
        if (fd >= 0 && routes->extensions[i].fd == fd && routes->extensions[i].is_polling) {
            receive(routes, &routes->extensions[i]);
            return;
        }
}

void routes_drop_peers(struct routes *routes) {
    /* Also those that nobody has accepted yet: what they asked for would be done in a later invocation. */
    for (int i = 0; i < MANY_WAITING; i++) {
        int fd = accept_peer(routes);
        if (fd < 0)
            break;
        (void)close(fd);
    }
    for (size_t i = 0; i < ROUTES_MAX_PEERS; i++)
        if (routes->peers[i].fd >= 0)
            drop(routes, &routes->peers[i]);
}

bool routes_awaits_event(const struct routes *routes) {
    for (size_t i = 0; i < routes->extension_count; i++)
        if (routes->extensions[i].wants_events && routes->extensions[i].is_polling &&
            !routes->extensions[i].has_had_event)
            return true;
    return false;
}

bool routes_settled(const struct routes *routes, bool stays) {
    for (size_t i = 0; i < routes->extension_count; i++)
        if (routes->extensions[i].is_at_work || (stays && routes->extensions[i].has_event))
            return false;
    return !routes_awaits_event(routes);
}

void routes_end_invocation(struct routes *routes) {
    routes->metadata_asked = 0;
    for (size_t i = 0; i < routes->extension_count; i++)
        routes->extensions[i].has_had_event = false;
}

/* Ask for the next event in the name of each extension that has not asked itself. */
static void poll_ahead(struct routes *routes) {
    for (size_t i = 0; i < routes->extension_count; i++)
        if (!routes->extensions[i].is_polling)
            poll_for(routes, &routes->extensions[i]);
}

void routes_take_over(struct routes *routes) {
    routes_drop_peers(routes);
    for (size_t i = 0; i < routes->extension_count; i++)
        routes->extensions[i].has_event = routes->extensions[i].is_at_work = false;
    poll_ahead(routes);
}

void routes_end_init(struct routes *routes, int64_t limit) {
    routes->is_init_over = true;
    routes->limit = limit;
    poll_ahead(routes);
}
