/* The event after an infection: taken back from whoever is dead, served once, over whichever connection it
 * comes. */
#include "../supervisor/event_recovery.h"
#include "logged.h"

#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define EVENT(id) "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nLambda-Runtime-Aws-Request-Id: " id "\r\n\r\n"
#define RUNNING "HTTP/1.1 403 F\r\nContent-Length: 46\r\n\r\n{State transition from Running to InitError f}"
#define READY "HTTP/1.1 403 F\r\nContent-Length: 44\r\n\r\n{State transition from Ready to InitError f}"
#define REFUSED "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"

static struct upstream own;
static struct event_recovery event_recovery;
static struct infections infections;
static struct report report;
static struct output output;
static int listener, log_file;

static void begin(void) {
    struct fault fault = {""};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(at);
    char address[64];
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, 64) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&at, &size) == 0);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    CHECK_EQUAL(upstream_init(&own, address, &fault), 0);
    log_file = log_to_memory(&output, &report);
    infection_init(&infections, &report);
    event_recovery_init(&event_recovery, &infections);
    event_recovery.is_needed = true;
}

static enum upstream_progress step(void) { return event_recovery_step(&event_recovery, &own, now_ns()); }

/* The platform's side of the next connection. */
static int accepted(void) {
    int fd = -1;
    AWAIT((fd = accept(listener, NULL, NULL)) >= 0 || (step(), false));
    return fd;
}

/* Read a request that must begin so. */
static void hear(int fd, const char *expected) {
    char text[4096];
    ssize_t n = 0;
    AWAIT((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0 || (step(), false));
    text[n] = '\0';
    CHECK(strncmp(text, expected, strlen(expected)) == 0);
}

static void say(int fd, const char *text) { CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text)); }

static void take(const char *id) {
    AWAIT(step() == UPSTREAM_REPLIED);
    CHECK(bytes_equal(upstream_reply(&own)->headers[HTTP_REQUEST_ID], bytes_of(id)));
}

static size_t count_fds(void) {
    struct pollfd fds[EVENT_RECOVERY_MAX_FDS];
    return event_recovery_fds(&event_recovery, &own, fds);
}

static void an_event_that_went_to_somebody_dead_is_asked_for_again(void) {
    begin();
    event_recovery_begin(&event_recovery, &own);
    int first = accepted();
    hear(first, "GET /2018-06-01/runtime/invocation/next ");
    int probe = accepted();
    hear(probe, "POST /2018-06-01/runtime/init/error ");
    CHECK_EQUAL(count_fds(), 2);
    /* Nobody has it yet: it is asked about again. */
    say(probe, READY);
    hear(probe, "POST /2018-06-01/runtime/init/error ");
    say(probe, RUNNING);
    int second = accepted();
    hear(second, "GET /2018-06-01/runtime/invocation/next ");
    CHECK_EQUAL(event_recovery.count, 1);
    say(second, EVENT("a"));
    take("a");
    /* The request made before stays open, and may be given the event after that one. */
    infection_arrived(&infections, "a", 0);
    CHECK(event_recovery_is_due(&event_recovery));
    event_recovery_begin(&event_recovery, &own);
    hear(second, "GET /2018-06-01/runtime/invocation/next ");
    say(first, EVENT("b"));
    take("b");
    CHECK_EQUAL(event_recovery.count, 1);
    /* From now on the first connection is the one that is used. */
    infection_arrived(&infections, "b", 0);
    event_recovery_begin(&event_recovery, &own);
    hear(first, "GET /2018-06-01/runtime/invocation/next ");
    say(second, EVENT("c"));
    take("c");
}

static void an_event_that_comes_twice_is_served_once(void) {
    begin();
    infection_arrived(&infections, "a", 0);
    event_recovery_begin(&event_recovery, &own);
    int first = accepted();
    hear(first, "GET ");
    say(first, EVENT("a"));
    hear(first, "GET ");
    say(first, EVENT("b"));
    take("b");
}

static void a_refusal_between_two_states_passes(void) {
    begin();
    event_recovery_begin(&event_recovery, &own);
    int first = accepted();
    hear(first, "GET ");
    say(first, REFUSED);
    hear(first, "GET ");
    say(first, EVENT("a"));
    take("a");
}

/* Neither is heard a second time: not the one that was overtaken, nor one's own that an event came before. */
static void a_request_that_was_refused_waits_no_longer(void) {
    begin();
    event_recovery_begin(&event_recovery, &own);
    int first = accepted();
    hear(first, "GET ");
    int probe = accepted();
    hear(probe, "POST ");
    say(probe, RUNNING);
    int second = accepted();
    hear(second, "GET ");
    hear(probe, "POST ");
    say(probe, RUNNING);
    int third = accepted();
    hear(third, "GET ");
    CHECK_EQUAL(event_recovery.count, 2);
    say(second, REFUSED);
    AWAIT(step() == UPSTREAM_PENDING && event_recovery.count == 1);
    say(third, REFUSED);
    say(first, EVENT("a"));
    take("a");
    CHECK_EQUAL(event_recovery.count, 0);
    infection_arrived(&infections, "a", 0);
    event_recovery.is_needed = true;
    event_recovery_begin(&event_recovery, &own);
    hear(first, "GET ");
    CHECK(step() == UPSTREAM_PENDING && event_recovery.refusals == 0);
    say(first, EVENT("b"));
    take("b");
}

/* Refuse one more request where there is one; always true. */
static bool refuse_next(int fd, unsigned *n) {
    char text[4096];
    if (recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0) {
        say(fd, REFUSED);
        (*n)++;
    }
    return true;
}

/* A platform that has ended refuses for good: the lane learns it, and asks no more. */
static void a_refusal_that_stays_is_the_reply(void) {
    begin();
    event_recovery_begin(&event_recovery, &own);
    int first = accepted();
    unsigned n = 0;
    AWAIT(refuse_next(first, &n) && step() == UPSTREAM_REPLIED);
    CHECK_EQUAL(upstream_reply(&own)->status, EVENT_RECOVERY_REFUSED);
    CHECK(n > 1 && event_recovery_is_due(&event_recovery));
}

static void an_event_that_was_waited_for_ends_it(void) {
    begin();
    event_recovery_begin(&event_recovery, &own);
    int first = accepted();
    hear(first, "GET ");
    int probe = accepted();
    hear(probe, "POST ");
    say(probe, READY);
    hear(probe, "POST ");
    say(first, EVENT("a"));
    take("a");
    CHECK(!event_recovery.is_needed && !event_recovery_is_due(&event_recovery));
}

static void a_connection_that_is_lost_is_forgotten(void) {
    begin();
    event_recovery_begin(&event_recovery, &own);
    int first = accepted();
    hear(first, "GET ");
    int probe = accepted();
    hear(probe, "POST ");
    say(probe, RUNNING);
    int second = accepted();
    hear(second, "GET ");
    /* Half a reply: it is not asked for once more. */
    say(second, "HTTP/1.1 200");
    CHECK(close(second) == 0);
    AWAIT(step() == UPSTREAM_PENDING && event_recovery.count == 0);
    say(first, EVENT("a"));
    take("a");
}

static void a_platform_that_is_gone_is_told(void) {
    begin();
    event_recovery_begin(&event_recovery, &own);
    int first = accepted();
    hear(first, "GET ");
    CHECK(close(listener) == 0 && close(first) == 0);
    AWAIT(step() == UPSTREAM_LOST);
    CHECK(own.fault.text[0] != '\0');
}

static void read_log(char *out, size_t size) {
    ssize_t n = pread(log_file, out, size - 1, 0);
    CHECK(n >= 0);
    out[n] = '\0';
}

static void what_an_infection_did_is_told(void) {
    char text[16384];
    begin();
    bytes_copy(report.request_id, sizeof(report.request_id), LITERAL("first"));
    report.number = 1;
    infection_arrived(&infections, "first", wall_ms() + 3000);
    const struct reply accepted = {.status = 202}, too_long = {.status = 413},
                       unclear = {.status = 403, .body = LITERAL("{\"errorType\": \"Throttled\"}")},
                       asked = {.status = 400, .body = LITERAL("{\"errorMessage\":\"x\",\"errorType\":\"InvalidRequestID\"}\n")};
    CHECK(!infection_judge(&infections, &accepted, NULL, NULL) && !infection_judge(&infections, &too_long, NULL, NULL));
    CHECK(!infection_judge(&infections, &unclear, NULL, NULL));
    infection_worker_ended(&infections);
    CHECK(infection_judge(&infections, &asked, NULL, NULL));
    read_log(text, sizeof(text));
    CHECK(strstr(text, "how many it received is unknown") != NULL);
    CHECK(strstr(text, "\"answered_for_itself\":true,\"asked_for_more\":true") != NULL);
    /* The next event began before that worker was dead. */
    bytes_copy(report.request_id, sizeof(report.request_id), LITERAL("second"));
    report.number = 2;
    infection_arrived(&infections, "second", wall_ms() + 3000 - 1000);
    read_log(text, sizeof(text));
    CHECK(strstr(text, "\"events_taken_at_least\":1,\"seen\":\"event-in-progress\",\"taken_request\":\"second\"},\"invocation\":1,"
                       "\"request_id\":\"first\"") != NULL);
    CHECK(strcmp(report.request_id, "second") == 0 && report.number == 2);
    CHECK(infection_knows(&infections, LITERAL("first")) && !infection_knows(&infections, LITERAL("third")));
}

static void a_process_that_is_seen_between_two_events_names_those_it_has_served(void) {
    char text[16384];
    begin();
    for (int i = 0; i < 10; i++) {
        char id[2] = {(char)('a' + i), '\0'};
        report.number = (uint64_t)i + 1;
        bytes_copy(report.request_id, sizeof(report.request_id), bytes_of(id));
        infection_serves(&infections, id);
    }
    report.number = 11;
    bytes_copy(report.request_id, sizeof(report.request_id), LITERAL("k"));
    infection_between(&infections, "connection", "it connected");
    read_log(text, sizeof(text));
    CHECK(strstr(text, "{\"earlier_requests\":[\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"],\"events_taken_at_least\":0,\"seen\":\"connection\",\"served_before\":9},\"invocation\":10,"
                       "\"request_id\":\"j\"") != NULL);
    CHECK(strcmp(report.request_id, "k") == 0 && report.number == 11);
    infection_fresh(&infections);
    infection_serves(&infections, "k");
    const struct reply accepted = {.status = 202};
    CHECK(infection_judge(&infections, &accepted, "connection", "it connected"));
    read_log(text, sizeof(text));
    CHECK(strstr(text, "\"earlier_requests\":[],\"events_taken_at_least\":0,") != NULL);
    CHECK(strstr(text, "\"invocation\":11,\"request_id\":\"k\"") != NULL);
}

int main(void) {
    (void)signal(SIGPIPE, SIG_IGN);
    RUN(forked(an_event_that_went_to_somebody_dead_is_asked_for_again));
    RUN(forked(an_event_that_comes_twice_is_served_once));
    RUN(forked(a_refusal_between_two_states_passes));
    RUN(forked(a_request_that_was_refused_waits_no_longer));
    RUN(forked(a_refusal_that_stays_is_the_reply));
    RUN(forked(an_event_that_was_waited_for_ends_it));
    RUN(forked(a_connection_that_is_lost_is_forgotten));
    RUN(forked(a_platform_that_is_gone_is_told));
    RUN(forked(what_an_infection_did_is_told));
    RUN(forked(a_process_that_is_seen_between_two_events_names_those_it_has_served));
    return 0;
}
