/* The connection to the Runtime API never waits, whatever the platform does with it;
 * tests/native/test_upstream.py compares what is said over it. */
#include "../supervisor/upstream.h"
#include "unit.h"

#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/socket.h>

static struct upstream up;
static int listener, platform;

static void begin(void) {
    struct fault fault = {""};
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(own);
    char address[64];
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&own, size) == 0 && listen(listener, 8) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&own, &size) == 0);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)ntohs(own.sin_port));
    CHECK_EQUAL(upstream_init(&up, address, &fault), 0);
}

static void take(void) {
    platform = accept(listener, NULL, NULL);
    CHECK(platform >= 0);
}

static void say(const char *text) { CHECK(write(platform, text, strlen(text)) == (ssize_t)strlen(text)); }

static void hear(const char *expected) {
    char text[65536];
    ssize_t n = read(platform, text, sizeof(text) - 1);
    CHECK(n > 0);
    text[n] = '\0';
    CHECK(strstr(text, expected) != NULL);
}

static void an_event_is_waited_for_without_waiting(void) {
    struct pollfd wanted;
    begin();
    CHECK(!upstream_wants(&up, &wanted) && upstream_step(&up) == UPSTREAM_PENDING);
    upstream_next(&up);
    CHECK(upstream_step(&up) == UPSTREAM_PENDING);
    take();
    hear("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n");
    CHECK(upstream_step(&up) == UPSTREAM_PENDING);
    CHECK(upstream_wants(&up, &wanted) && wanted.events == POLLIN);
    say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nLambda-Runtime-Aws-Request-Id: a\r\n");
    AWAIT(poll(&wanted, 1, 0) == 1);
    CHECK(upstream_step(&up) == UPSTREAM_PENDING);
    say("\r\nevent");
    CHECK(upstream_wait(&up, NEVER) == UPSTREAM_REPLIED);
    CHECK(upstream_step(&up) == UPSTREAM_REPLIED && !upstream_wants(&up, &wanted));
    CHECK(bytes_equal(upstream_reply(&up)->body, LITERAL("event")));
}

static void an_event_outlives_its_held_answer(void) {
    an_event_is_waited_for_without_waiting();
    struct pollfd wanted;
    struct reply event = *upstream_event(&up);
    upstream_hold(&up, event.headers[HTTP_REQUEST_ID], LITERAL("echo"));
    CHECK(upstream_step(&up) == UPSTREAM_PENDING);
    hear("POST /2018-06-01/runtime/invocation/a/response HTTP/1.1\r\n");
    say("HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(upstream_wait(&up, NEVER) == UPSTREAM_CONTINUED);
    /* Held: there is nothing to wait for. */
    CHECK(!upstream_wants(&up, &wanted) && upstream_step(&up) == UPSTREAM_PENDING);
    CHECK(bytes_equal(event.body, LITERAL("event")));
    upstream_finish(&up, event.body, NULL);
    CHECK(upstream_step(&up) == UPSTREAM_PENDING);
    hear("5\r\nevent\r\n0\r\n\r\n");
    say("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    CHECK(upstream_wait(&up, NEVER) == UPSTREAM_REPLIED);
    CHECK_EQUAL(upstream_reply(&up)->status, 202);
    CHECK(bytes_equal(upstream_event(&up)->body, LITERAL("event")));
}

static void a_platform_that_does_not_read_holds_up_nobody(void) {
    static uint8_t body[6 << 20], heard[65536];
    struct pollfd wanted;
    size_t total = 0;
    begin();
    upstream_respond(&up, LITERAL("a"), LITERAL(""), LITERAL("a/b"), (struct bytes){body, sizeof(body)});
    for (int i = 0; i < 100; i++)
        CHECK(upstream_step(&up) == UPSTREAM_PENDING);
    take();
    CHECK(upstream_wants(&up, &wanted) && (wanted.events & POLLOUT) != 0);
    while (total < sizeof(body)) {
        ssize_t n = read(platform, heard, sizeof(heard));
        CHECK(n > 0);
        total += (size_t)n;
        CHECK(upstream_step(&up) == UPSTREAM_PENDING);
    }
    say("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    CHECK(upstream_wait(&up, NEVER) == UPSTREAM_REPLIED);
}

static void a_limit_of_time_leaves_the_request_open(void) {
    begin();
    upstream_next(&up);
    CHECK(upstream_wait(&up, now_ns() + NS_PER_MS) == UPSTREAM_PENDING);
    take();
    hear("/next");
    say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(upstream_wait(&up, NEVER) == UPSTREAM_REPLIED);
}

static void count_pages(const uint8_t *at, size_t size, size_t *out) {
    static unsigned char there[(HTTP_REPLY_SPACE(HTTP_MAX_BODY)) / 4096];
    CHECK(mincore((void *)(uintptr_t)at, size, there) == 0);
    *out = 0;
    for (size_t i = 0; i < size / 4096; i++)
        *out += there[i] & 1;
}

static void memory_of_a_large_event_is_given_back(void) {
    static uint8_t body[6 << 20];
    size_t before, after;
    begin();
    upstream_next(&up);
    CHECK(upstream_step(&up) == UPSTREAM_PENDING);
    take();
    hear("/next");
    pid_t writer = fork();
    CHECK(writer >= 0);
    if (writer == 0) {
        char head[64];
        (void)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizeof(body));
        say(head);
        for (size_t n = 0; n < sizeof(body);) {
            ssize_t sent = write(platform, body + n, sizeof(body) - n);
            CHECK(sent > 0);
            n += (size_t)sent;
        }
        _exit(0);
    }
    CHECK(upstream_wait(&up, NEVER) == UPSTREAM_REPLIED);
    CHECK_EQUAL(upstream_event(&up)->body.n, sizeof(body));
    count_pages(up.events.at, sizeof(body), &before);
    upstream_give_back(&up);
    count_pages(up.events.at, sizeof(body), &after);
    CHECK(before >= sizeof(body) / 4096 - 1 && after <= 16);
    CHECK(waitpid(writer, NULL, 0) == writer);
}

static void addresses_are_split_at_their_port(void) {
    char host[64];
    uint16_t port = 0;
    CHECK(upstream_split("127.0.0.1:9001", host, sizeof(host), &port) == 0);
    CHECK(strcmp(host, "127.0.0.1") == 0 && port == 9001);
    CHECK(upstream_split("host", host, sizeof(host), &port) == 0);
    CHECK(strcmp(host, "host") == 0 && port == 80);
    CHECK(upstream_split("host:65536", host, sizeof(host), &port) == 0);
    CHECK(strcmp(host, "host:65536") == 0 && port == 80);
    CHECK(upstream_split(":80", host, sizeof(host), &port) == 0);
    CHECK(strcmp(host, ":80") == 0);
    CHECK(upstream_split("0123456789012345678901234567890123456789012345678901234567890123:80", host,
                         sizeof(host), &port) == -1);
}

static void the_state_is_read_out_of_a_refusal(void) {
    struct reply reply = {.status = 403};
    reply.body =
        LITERAL("{\"errorMessage\":\"State transition from Running to InitError failed for runtime.\"}");
    CHECK(bytes_equal(upstream_state(&reply), LITERAL("Running")));
    reply.status = 202;
    CHECK_EQUAL(upstream_state(&reply).n, 0);
    reply = (struct reply){.status = 403, .body = LITERAL("State transition from Running to X")};
    CHECK_EQUAL(upstream_state(&reply).n, 0);
}

static void the_type_of_a_refusal_is_read(void) {
    struct reply reply = {.status = 403, .body = LITERAL("{\"errorType\":\"InvalidStateTransition\",\"errorMessage\":\"Not Allowed\"}")};
    CHECK(upstream_refuses(&reply, "InvalidStateTransition"));
    CHECK(!upstream_refuses(&reply, "InvalidStateTransitio") && !upstream_refuses(&reply, "InvalidRequestID"));
    reply.status = 202;
    CHECK(!upstream_refuses(&reply, "InvalidStateTransition"));
    const struct bytes others[] = {LITERAL(""), LITERAL("{"), LITERAL("{\"errorType\":3}"), LITERAL("[]"), LITERAL("{\"errorType\":\"\"}")};
    for (size_t i = 0; i < COUNT(others); i++) {
        reply = (struct reply){.status = 403, .body = others[i]};
        CHECK(!upstream_refuses(&reply, "InvalidStateTransition"));
    }
}

int main(void) {
    (void)signal(SIGPIPE, SIG_IGN);
    RUN(forked(an_event_is_waited_for_without_waiting));
    RUN(forked(an_event_outlives_its_held_answer));
    RUN(forked(a_platform_that_does_not_read_holds_up_nobody));
    RUN(forked(a_limit_of_time_leaves_the_request_open));
    RUN(forked(memory_of_a_large_event_is_given_back));
    RUN(forked(addresses_are_split_at_their_port));
    RUN(forked(the_state_is_read_out_of_a_refusal));
    RUN(forked(the_type_of_a_refusal_is_read));
    return 0;
}
