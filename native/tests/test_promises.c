/* What was promised of the first zygote must hold of each later one, or it does not serve, or a finding says so. */
#include "../supervisor/supervisor.h"
#include "logged.h"

static struct supervisor s;
static char lines[65536];
static int file;

/* A second zygote's init has ended, and all is as with the first. */
static void begin(void) {
    file = log_to_memory(&s.output, &s.report);
    ready_unpack(&s.ready, (struct bytes){NULL, 0});
    s.launch.interpreter.way = CLOSED_BY_FILE;
    s.is_offline = s.is_confined = s.is_guarded = true;
}

static const char *broken(void) {
    static struct fault fault;
    return promises_broken(&s, &fault);
}

/* How many findings there are that hold this text. */
static size_t count(const char *text) {
    size_t n = 0;
    ssize_t size = pread(file, lines, sizeof(lines) - 1, 0);
    CHECK(size >= 0);
    lines[size] = '\0';
    for (const char *at = lines; (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

static void what_holds_is_not_told(void) {
    begin();
    CHECK(broken() == NULL);
    CHECK_EQUAL(count("types"), 0);
}

static void no_worker_is_forked_from_memory_that_is_open(void) {
    begin();
    s.launch.interpreter.way = CLOSED_NOT;
    CHECK(strstr(broken(), "its memory can be opened, unlike the memory of the first zygote") != NULL);
    /* Where the first one's was open as well, the first record has said so. */
    (void)snprintf(s.memory_why, sizeof(s.memory_why), "it was open");
    CHECK(broken() == NULL);
}

static void no_worker_has_the_network_that_the_first_had_not(void) {
    begin();
    s.ready.online = "no namespaces";
    CHECK(strstr(broken(), "its workers have network access, unlike the first zygote's: no namespaces") != NULL);
    s.is_offline = false;
    CHECK(broken() == NULL);
}

static void that_system_calls_are_not_confined_any_more_is_told_once(void) {
    begin();
    s.ready.unconfined = "seccomp: no memory";
    CHECK(broken() == NULL && broken() == NULL);
    CHECK_EQUAL(count("system calls are no longer confined: seccomp: no memory"), 1);
    CHECK_EQUAL(count("\"protection\":\"confine\""), 1);
}

static void no_worker_is_without_the_guard_that_is_to_close(void) {
    begin();
    s.ready.unguarded = "no audit hooks";
    CHECK(broken() == NULL && broken() == NULL);
    CHECK_EQUAL(count("the guard is no longer armed: no audit hooks"), 1);
    CHECK_EQUAL(count("\"protection\":\"guard\""), 1);
    s.settings.guard_closed = true;
    CHECK(strstr(broken(), "its guard could not be armed: no audit hooks") != NULL);
}

int main(void) {
    RUN(forked(what_holds_is_not_told));
    RUN(forked(no_worker_is_forked_from_memory_that_is_open));
    RUN(forked(no_worker_has_the_network_that_the_first_had_not));
    RUN(forked(that_system_calls_are_not_confined_any_more_is_told_once));
    RUN(forked(no_worker_is_without_the_guard_that_is_to_close));
    return 0;
}
