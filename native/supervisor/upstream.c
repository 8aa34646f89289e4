#include "upstream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "findings.h" /* generated */
#include "json.h"

#define BASE "/2018-06-01/runtime"
/* Of an event that is given back; what small ones take is needed again at once. */
#define KEPT ((size_t)65536)
/* Trailers: an error's type, and its body in base64. */
#define MAX_TAIL ((size_t)4096)
#define STATE_BEGINS LITERAL("State transition from ")
#define STATE_ENDS LITERAL(" to ")
/* Where in a refusal the state stands. */
#define STATE_WITHIN 512

enum { IDLE, CONNECTING, SENDING, WAITING, HELD, REPLIED, LOST };

int upstream_split(const char *address, char *host, size_t size, uint16_t *port) {
    const char *colon = strrchr(address, ':');
    unsigned long number = 0;
    size_t digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    bool has_port =
        colon != NULL && colon > address && digits > 0 && digits <= 5 && colon[1 + digits] == '\0';
    for (size_t i = 0; has_port && i < digits; i++)
        number = number * 10 + (unsigned long)(colon[1 + i] - '0');
    has_port = has_port && number < 65536;
    size_t n = has_port ? (size_t)(colon - address) : strlen(address);
    if (n >= size)
        return -1;
    memcpy(host, address, n);
    host[n] = '\0';
    *port = has_port ? (uint16_t)number : 80;
    return 0;
}

int upstream_resolve(const char *address, struct sockaddr_in *out, struct fault *fault) {
    char host[256];
    uint16_t port = 0;
    if (upstream_split(address, host, sizeof(host), &port) < 0)
        return fault_set(fault, "the Runtime API at %s cannot be reached: the name is too long", address);
    memset(out, 0, sizeof(*out));
    out->sin_family = AF_INET;
    out->sin_port = htons(port);
    if (inet_pton(AF_INET, host, &out->sin_addr) == 1)
        return 0;
    struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int error = getaddrinfo(host, NULL, &wanted, &found);
    if (error != 0)
        return fault_set(fault, "the Runtime API at %s cannot be reached: %s", address, gai_strerror(error));
    struct sockaddr_in first;
    memcpy(&first, found->ai_addr, sizeof(first));
    out->sin_addr = first.sin_addr;
    freeaddrinfo(found);
    return 0;
}

static int reserve(struct upstream *up, struct fault *fault) {
    size_t events = HTTP_REPLY_SPACE(HTTP_MAX_BODY), replies = HTTP_REPLY_SPACE(UPSTREAM_MAX_REPLY);
    size_t size = events + replies + UPSTREAM_MAX_HEAD + MAX_TAIL;
    uint8_t *at =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return fault_set(fault, "no memory for events: %s", strerror(errno));
    up->fd = up->left_fd = -1;
    reply_begin(&up->events, at, HTTP_MAX_BODY);
    reply_begin(&up->replies, at + events, UPSTREAM_MAX_REPLY);
    up->head = (struct buffer){at + events + replies, 0, UPSTREAM_MAX_HEAD};
    up->tail = (struct buffer){up->head.at + UPSTREAM_MAX_HEAD, 0, MAX_TAIL};
    return 0;
}

int upstream_init(struct upstream *up, const char *address, struct fault *fault) {
    memset(up, 0, sizeof(*up));
    bytes_copy(up->host, sizeof(up->host), bytes_of(address));
    return upstream_resolve(address, &up->peer, fault) < 0 ? -1 : reserve(up, fault);
}

int upstream_sibling(struct upstream *up, const struct upstream *of, struct fault *fault) {
    memset(up, 0, sizeof(*up));
    memcpy(up->host, of->host, sizeof(up->host));
    up->peer = of->peer;
    return reserve(up, fault);
}

/* What a reply says of itself in words stands beside it. */
static void aim(struct reply_reader *reader) {
    if (reader->reply.defect != NULL)
        reader->reply.defect = reader->complaint;
}

void upstream_swap(struct upstream *a, struct upstream *b) {
    struct upstream other = *a;
    *a = *b;
    *b = other;
    aim(&a->events);
    aim(&a->replies);
    aim(&b->events);
    aim(&b->replies);
}

static struct reply_reader *reader_of(struct upstream *up) {
    return up->is_next ? &up->events : &up->replies;
}

const struct reply *upstream_event(const struct upstream *up) { return &up->events.reply; }

const struct reply *upstream_reply(const struct upstream *up) {
    return up->is_next ? &up->events.reply : &up->replies.reply;
}

static void close_left(struct upstream *up) {
    if (up->left_fd >= 0)
        (void)close(up->left_fd);
    up->left_fd = -1;
    memset(&up->left_own, 0, sizeof(up->left_own));
}

/* Use another connection from the next request on, but close this one only once that is answered: a platform
 * that sees its runtime's last connection go may give up the event that is still to be answered. */
static void leave(struct upstream *up) {
    if (up->fd < 0)
        return;
    close_left(up);
    up->left_fd = up->fd;
    up->left_own = up->own;
    up->fd = -1;
    memset(&up->own, 0, sizeof(up->own));
}

static void drop(struct upstream *up) {
    if (up->fd < 0)
        return;
    const struct reply_reader *reader = reader_of(up);
    up->is_unheard = !reply_has_started(reader) && !reader->whole && reader->interim == 0;
    (void)close(up->fd);
    up->fd = -1;
    memset(&up->own, 0, sizeof(up->own));
}

void upstream_close(struct upstream *up) {
    close_left(up);
    drop(up);
    up->state = IDLE;
}

static enum upstream_progress lose(struct upstream *up, const char *how, const char *why) {
    drop(up);
    (void)fault_set(&up->fault, "the Runtime API at %s %s%s%s", up->host, how, why[0] != '\0' ? ": " : "",
                    why);
    up->state = LOST;
    return UPSTREAM_LOST;
}

static enum upstream_progress be_unreachable(struct upstream *up) {
    const char *why = strerror(errno);
    enum upstream_progress lost = lose(up, "cannot be reached", why);
    up->is_unheard = false;
    return lost;
}

/* Give up a connection that the platform has closed since its last reply: nothing of what comes was sent over
 * it. A server may close a connection that is kept alive at any time (RFC 9112, 9.3.1), and AWS's own client,
 * which is curl's, then takes another one. */
static void leave_closed(struct upstream *up) {
    if (up->fd < 0)
        return;
    char byte;
    /* With MSG_PEEK: what is more than an end is for whoever judges it. */
    ssize_t n = recv(up->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        drop(up);
}

static int tell_own(struct upstream *up) {
    socklen_t size = sizeof(up->own);
    return getsockname(up->fd, (struct sockaddr *)&up->own, &size);
}

/* Have a connection, or one under way. */
static int connect_to(struct upstream *up) {
    up->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (up->fd < 0)
        return -1;
    int one = 1;
    int result = connect(up->fd, (const struct sockaddr *)&up->peer, sizeof(up->peer));
    if (result < 0 && errno != EINPROGRESS && errno != EINTR)
        return -1;
    up->state = result == 0 ? SENDING : CONNECTING;
    return setsockopt(up->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0 ? -1 : tell_own(up);
}

static void release(struct reply_reader *reader) {
    size_t used = reader->end;
    reply_begin(reader, reader->at, reader->max_body);
    if (used > KEPT)
        (void)madvise(reader->at + KEPT, used - KEPT, MADV_DONTNEED);
}

/* A reply to nothing: taken for the answer to what is sent next, it would shift all that follow. */
static void leave_shifted(struct upstream *up) {
    const struct reply_reader *reader = reader_of(up);
    if (reader->end > reader->start)
        leave(up);
}

void upstream_give_back(struct upstream *up) {
    if (up->is_next)
        leave_shifted(up);
    release(&up->events);
}

static void add(struct upstream *up, struct bytes text) {
    /* What is passed in is bounded far below the buffer; see UPSTREAM_MAX_HEAD. */
    (void)buffer_add(&up->head, text);
}

static void add_header(struct upstream *up, const char *name, struct bytes value) {
    if (value.n == 0)
        return;
    add(up, bytes_of(name));
    add(up, LITERAL(": "));
    add(up, value);
    add(up, LITERAL("\r\n"));
}

/* Begin a request: its first line, and whom it is for. */
static void open_request(struct upstream *up, const char *method, struct bytes path, struct bytes request_id,
                         const char *rest) {
    leave_shifted(up);
    up->is_next = up->is_hold = up->is_cut = up->is_repeated = false;
    up->tries = 0;
    up->head.n = up->tail.n = 0;
    add(up, bytes_of(method));
    add(up, LITERAL(" " BASE));
    add(up, path);
    add(up, request_id);
    add(up, bytes_of(rest));
    add(up, LITERAL(" HTTP/1.1\r\n"));
    add_header(up, "Host", bytes_of(up->host));
    add(up, LITERAL("User-Agent: dayfly/" DAYFLY_VERSION "\r\n"));
}

static void set_parts(struct upstream *up, struct bytes first, struct bytes body, struct bytes last) {
    const struct bytes parts[] = {first, body, last};
    up->part = up->part_count = 0;
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].n > 0)
            up->parts[up->part_count++] = (struct iovec){(void *)(uintptr_t)parts[i].at, parts[i].n};
}

/* The head is complete: send it and the body. */
static void begin(struct upstream *up, struct bytes body) {
    add(up, LITERAL("\r\n"));
    up->body = body;
    set_parts(up, buffer_bytes(&up->head), body, (struct bytes){NULL, 0});
    release(reader_of(up));
    leave_closed(up);
    up->state = SENDING;
}

void upstream_next(struct upstream *up) {
    open_request(up, "GET", LITERAL("/invocation/next"), LITERAL(""), "");
    up->is_next = true;
    up->tries = UPSTREAM_TRIES - 1;
    begin(up, LITERAL(""));
}

void upstream_hold(struct upstream *up, struct bytes request_id, struct bytes echo) {
    open_request(up, "POST", LITERAL("/invocation/"), request_id, "/response");
    add(up, LITERAL("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
                    "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"));
    add_header(up, http_name(HTTP_INVOCATION_ID), echo);
    up->is_hold = true;
    up->tries = UPSTREAM_HOLD_TRIES - 1;
    begin(up, LITERAL(""));
}

bool upstream_go_ahead(struct upstream *up) {
    if (up->state != WAITING)
        return false;
    up->state = HELD;
    up->tries = 0;
    return true;
}

void upstream_finish(struct upstream *up, struct bytes body, const char *error_type) {
    int n = body.n > 0 ? snprintf(up->chunk, sizeof(up->chunk), "%zx\r\n", body.n) : 0;
    up->tail.n = 0;
    (void)buffer_print(&up->tail, body.n > 0 ? "\r\n0\r\n" : "0\r\n");
    if (error_type != NULL) {
        (void)buffer_print(&up->tail, "Lambda-Runtime-Function-Error-Type: %s\r\n", error_type);
        if (body.n <= UPSTREAM_MAX_TRAILED) {
            (void)buffer_print(&up->tail, "Lambda-Runtime-Function-Error-Body: ");
            (void)json_base64(&up->tail, body);
            (void)buffer_print(&up->tail, "\r\n");
        }
    }
    (void)buffer_print(&up->tail, "\r\n");
    set_parts(up, (struct bytes){(const uint8_t *)up->chunk, (size_t)n}, body, buffer_bytes(&up->tail));
    up->is_hold = up->is_repeated = false;
    up->state = SENDING;
}

static void add_length(struct upstream *up, struct bytes body) {
    (void)buffer_print(&up->head, "Content-Length: %zu\r\n", body.n);
}

void upstream_respond(struct upstream *up, struct bytes request_id, struct bytes echo,
                      struct bytes content_type, struct bytes body) {
    open_request(up, "POST", LITERAL("/invocation/"), request_id, "/response");
    add_length(up, body);
    add_header(up, "Content-Type", content_type);
    add_header(up, http_name(HTTP_INVOCATION_ID), echo);
    up->tries = UPSTREAM_SEND_TRIES - 1;
    begin(up, body);
}

static void add_error(struct upstream *up, struct bytes error_type, struct bytes body) {
    add_length(up, body);
    add(up, LITERAL("Content-Type: application/json\r\n"));
    add_header(up, "Lambda-Runtime-Function-Error-Type", error_type);
}

void upstream_fail(struct upstream *up, struct bytes request_id, struct bytes echo, const char *error_type,
                   struct bytes cause, struct bytes body) {
    open_request(up, "POST", LITERAL("/invocation/"), request_id, "/error");
    add_error(up, error_type != NULL ? bytes_of(error_type) : LITERAL(""), body);
    add_header(up, http_name(HTTP_INVOCATION_ID), echo);
    if (cause.n <= UPSTREAM_MAX_CAUSE)
        add_header(up, "Lambda-Runtime-Function-XRay-Error-Cause", cause);
    up->tries = UPSTREAM_SEND_TRIES - 1;
    begin(up, body);
}

/* Send what was begun once more, over another connection where there is none. */
static void send_again(struct upstream *up) {
    up->is_repeated = true;
    up->is_cut = false;
    set_parts(up, buffer_bytes(&up->head), up->body, (struct bytes){NULL, 0});
    up->state = SENDING;
}

void upstream_repeat(struct upstream *up) {
    leave_shifted(up);
    up->tries = 0;
    release(&up->replies);
    leave_closed(up);
    send_again(up);
}

void upstream_get(struct upstream *up, const char *path) {
    open_request(up, "GET", bytes_of(path), LITERAL(""), "");
    begin(up, LITERAL(""));
}

void upstream_post(struct upstream *up, const char *path, struct bytes error_type, struct bytes body) {
    open_request(up, "POST", bytes_of(path), LITERAL(""), "");
    add_error(up, error_type, body);
    begin(up, body);
}

bool upstream_wants(const struct upstream *up, struct pollfd *out) {
    *out = (struct pollfd){.fd = -1};
    if (up->fd < 0 || up->state == IDLE || up->state >= HELD)
        return false;
    out->fd = up->fd;
    /* A refusal may come before all was sent. */
    out->events = up->state == CONNECTING ? POLLOUT : up->state == SENDING ? POLLIN | POLLOUT : POLLIN;
    return true;
}

static enum upstream_progress replied(struct upstream *up) {
    bool closes = reader_of(up)->reply.closes || up->is_cut;
    if (up->fd >= 0)
        close_left(up);
    if (closes)
        leave(up);
    up->state = REPLIED;
    return UPSTREAM_REPLIED;
}

static enum upstream_progress send_parts(struct upstream *up) {
    while (up->part < up->part_count) {
        struct msghdr message = {.msg_iov = up->parts + up->part};
        /* C libraries differ in its type. */
        message.msg_iovlen = (__typeof__(message.msg_iovlen))(up->part_count - up->part);
        ssize_t sent = sendmsg(up->fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return UPSTREAM_PENDING;
        if (sent < 0 && errno != EPIPE && errno != ECONNRESET)
            /* What came of any other fault, for want of memory say, nobody would answer. */
            return lose(up, "closed the connection", strerror(errno));
        if (sent < 0) {
            /* A refusal (413) may come, with the connection closed behind it, before all was sent. */
            up->is_cut = true;
            break;
        }
        for (size_t n = (size_t)sent; n > 0;) {
            struct iovec *part = &up->parts[up->part];
            if (n < part->iov_len) {
                part->iov_base = (uint8_t *)part->iov_base + n;
                part->iov_len -= n;
                break;
            }
            n -= part->iov_len;
            up->part++;
        }
    }
    up->state = WAITING;
    return UPSTREAM_PENDING;
}

static enum upstream_progress judge(struct upstream *up) {
    struct reply_reader *reader = reader_of(up);
    if (up->is_hold && reader->interim > 0) {
        up->state = HELD;
        up->tries = 0;
        return UPSTREAM_CONTINUED;
    }
    if (!reader->whole)
        return UPSTREAM_PENDING;
    if (up->state == SENDING)
        up->is_cut = true;
    if (up->is_hold)
        /* The body that was announced will not come: whatever is sent next would be taken for it. */
        drop(up);
    return replied(up);
}

static enum upstream_progress receive(struct upstream *up) {
    struct reply_reader *reader = reader_of(up);
    size_t room = 0;
    uint8_t *at = reply_room(reader, &room);
    ssize_t n = recv(up->fd, at, room, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return UPSTREAM_PENDING;
    if (n < 0)
        return lose(up, "broke off", strerror(errno));
    if ((n > 0 ? reply_took(reader, (size_t)n) : reply_ended(reader)) < 0) {
        if (reader->reply.status == 0)
            return lose(up, "sent no valid reply", reader->complaint);
        leave(up);
        reply_give_up(reader);
    } else if (n == 0) {
        drop(up);
        if (!reader->whole)
            return lose(up, "closed the connection", "");
    }
    return judge(up);
}

static enum upstream_progress go_on(struct upstream *up) {
    if (up->fd < 0 && up->state == SENDING && connect_to(up) < 0)
        return be_unreachable(up);
    if (up->state == CONNECTING) {
        struct pollfd ready = {.fd = up->fd, .events = POLLOUT};
        if (poll(&ready, 1, 0) <= 0)
            return UPSTREAM_PENDING;
        int error = 0;
        socklen_t size = sizeof(error);
        if (getsockopt(up->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0 || tell_own(up) < 0) {
            errno = error != 0 ? error : errno;
            return be_unreachable(up);
        }
        up->state = SENDING;
    }
    if (up->state == SENDING) {
        if (send_parts(up) == UPSTREAM_LOST)
            return UPSTREAM_LOST;
        if (up->state == WAITING && !up->is_cut)
            /* What was only just asked for is not there yet. */
            return UPSTREAM_PENDING;
    }
    return receive(up);
}

enum upstream_progress upstream_step(struct upstream *up) {
    if (up->state == IDLE || up->state == HELD)
        return UPSTREAM_PENDING;
    if (up->state == REPLIED)
        return UPSTREAM_REPLIED;
    if (up->state == LOST)
        return UPSTREAM_LOST;
    enum upstream_progress progress = go_on(up);
    while (progress == UPSTREAM_LOST && up->is_unheard && up->tries > 0) {
        /* An event that was lost with a connection is delivered once more, since it was not answered; of an answer
         * that is to be held, nothing was sent; of two outcomes the platform takes one. */
        up->tries--;
        send_again(up);
        progress = go_on(up);
    }
    return progress;
}

enum upstream_progress upstream_wait(struct upstream *up, int64_t until) {
    for (;;) {
        enum upstream_progress progress = upstream_step(up);
        struct pollfd wanted;
        if (progress != UPSTREAM_PENDING || !upstream_wants(up, &wanted))
            return progress;
        int64_t now = now_ns();
        if (until <= now)
            return UPSTREAM_PENDING;
        (void)poll(&wanted, 1, poll_ms(until, now));
    }
}

struct bytes upstream_state(const struct reply *reply) {
    struct bytes body = {reply->body.at, reply->body.n < STATE_WITHIN ? reply->body.n : STATE_WITHIN},
                 none = {NULL, 0};
    if (reply->status != 403 || body.n == 0)
        return none;
    const uint8_t *begins = memmem(body.at, body.n, STATE_BEGINS.at, STATE_BEGINS.n);
    if (begins == NULL || begins == body.at)
        return none;
    struct bytes rest = {begins + STATE_BEGINS.n, body.n - (size_t)(begins - body.at) - STATE_BEGINS.n};
    const uint8_t *ends = memmem(rest.at, rest.n, STATE_ENDS.at, STATE_ENDS.n);
    if (ends == NULL || ends + STATE_ENDS.n == rest.at + rest.n)
        return none;
    return (struct bytes){rest.at, (size_t)(ends - rest.at)};
}

bool upstream_refuses(const struct reply *reply, const char *type) {
    struct json_keys keys;
    struct bytes key, value, name = bytes_of(type);
    if (reply->status < 300 || !json_keys_begin(&keys, reply->body))
        return false;
    while (json_keys_next(&keys, &key, &value))
        if (bytes_equal(key, LITERAL("errorType")))
            return value.n == name.n + 2 && bytes_equal((struct bytes){value.at + 1, name.n}, name);
    return false;
}
