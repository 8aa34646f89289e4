/* What the supervisor believes of a zygote, which an attacker may have written to: a word that nobody asked for, or that names a
 * process of somebody else, ends the zygote and nobody else. */
#include "../supervisor/zygote.h"
#include "unit.h"

#include <sys/socket.h>

static struct procfs procfs;
static struct output output;
static struct zygote zygote;
static struct worker worker;
static struct fault fault;
static int far; /* the zygote's end of its socket */
static pid_t child;

/* Start a process with a child, which nobody else may pass for; returns that process. */
static pid_t start_parent(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        child = start_sleeper();
        CHECK(write(ends[1], &child, sizeof(child)) == sizeof(child));
        for (;;)
            (void)pause();
    }
    CHECK(read(ends[0], &child, sizeof(child)) == sizeof(child));
    (void)close(ends[0]);
    (void)close(ends[1]);
    return pid;
}

/* A zygote that is at its end of init. */
static void begin(void) {
    int pair[2];
    CHECK(procfs_open(&procfs, &fault) == 0 && output_init(&output, -1, &fault) == 0);
    CHECK(zygote_reserve(&zygote, &procfs, &fault) == 0);
    worker_clear(&worker);
    CHECK(pipes_reserve(&worker.pipes, &fault) == 0);
    /* First, or both would hold the far end. */
    zygote.pid = start_parent();
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    zygote.pidfd = process_open(zygote.pid);
    zygote.channel = pair[0];
    zygote.lifeline = open("/dev/null", O_RDONLY | O_CLOEXEC);
    zygote.is_ready = true;
    far = pair[1];
    worker.number = 2;
    fault.text[0] = '\0';
}

static void say(enum control_kind kind, const char *payload) {
    uint8_t space[256];
    struct buffer frame = {space, 0, sizeof(space)};
    CHECK(control_pack(&frame, kind, bytes_of(payload)) == 0);
    CHECK(write(far, frame.at, frame.n) == (ssize_t)frame.n);
}

static void say_number(enum control_kind kind, pid_t pid) {
    char text[16];
    (void)snprintf(text, sizeof(text), "%d", (int)pid);
    say(kind, text);
}

static enum zygote_said take(void) {
    struct bytes payload;
    return zygote_take(&zygote, &payload, &fault);
}

static void ask(enum control_kind kind) {
    bool is_lost = true;
    CHECK(zygote_ask(&zygote, kind, &worker, &output, &is_lost, &fault) == 0 && !is_lost);
}

static void expect_lost(const char *why) {
    CHECK_EQUAL(take(), ZYGOTE_LOST);
    if (strstr(fault.text, why) == NULL)
        fprintf(stderr, "%s\n", fault.text);
    CHECK(strstr(fault.text, why) != NULL);
}

static void a_worker_is_taken_that_was_asked_for(void) {
    begin();
    CHECK_EQUAL(take(), ZYGOTE_SILENT);
    ask(CONTROL_FORK);
    CHECK_EQUAL(take(), ZYGOTE_SILENT);
    say_number(CONTROL_FORKED, child);
    CHECK_EQUAL(take(), ZYGOTE_FORKED);
    CHECK(worker.pid == child && worker.channel >= 0 && zygote.asked == NULL);
    CHECK_EQUAL(take(), ZYGOTE_SILENT);
    /* Not a second time. */
    say_number(CONTROL_FORKED, child);
    expect_lost("unexpected message");
}

static void a_zygote_serves_as_itself_alone(void) {
    begin();
    ask(CONTROL_SERVE);
    say_number(CONTROL_SERVING, zygote.pid);
    CHECK_EQUAL(take(), ZYGOTE_SERVING);
    CHECK_EQUAL(worker.pid, zygote.pid);
    begin();
    ask(CONTROL_SERVE);
    say_number(CONTROL_SERVING, child);
    expect_lost("unexpected message");
}

/* A PID of -1 in kill() is every process of the user. */
static void nobody_passes_for_a_worker(void) {
    static const char *const numbers[] = {"abc", "", "-1", "0", "1", "\xd9\xa7", "9999999999999999999999", "7 7"};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        begin();
        ask(CONTROL_FORK);
        say(CONTROL_FORKED, numbers[i]);
        expect_lost("expected number");
        CHECK_EQUAL(worker.pid, 0);
    }
    pid_t others[] = {getpid(), start_sleeper(), 9999999};
    for (size_t i = 0; i < COUNT(others); i++) {
        begin();
        ask(CONTROL_FORK);
        say_number(CONTROL_FORKED, others[i]);
        expect_lost("not its child");
        CHECK_EQUAL(worker.pid, 0);
    }
}

static void nothing_is_taken_that_nobody_asked_for(void) {
    static const struct {
        enum control_kind kind;
        const char *payload;
    } words[] = {{CONTROL_FORKED, "77"},  {CONTROL_SERVING, "77"}, {CONTROL_REAPED, "77 0"}, {CONTROL_TIDIED, ""},
                 {CONTROL_PRINTED, "ff"}, {CONTROL_READY, ""},     {CONTROL_CALL, "GET\n"},  {CONTROL_FORK, ""},
                 {CONTROL_TRIES, "-1"},   {CONTROL_LEARNED, ""}};
    for (size_t i = 0; i < COUNT(words); i++) {
        begin();
        say(words[i].kind, words[i].payload);
        expect_lost("unexpected message");
    }
    begin();
    CHECK(write(far, "\x06\xff\xff\xff\xff", 5) == 5);
    CHECK_EQUAL(take(), ZYGOTE_LOST);
}

static void a_flood_is_not_read_to_its_end(void) {
    begin();
    for (int i = 0; i <= ZYGOTE_MANY_FRAMES; i++)
        say(CONTROL_TRIES, "0");
    for (int i = 0; i < ZYGOTE_MANY_FRAMES; i++)
        CHECK_EQUAL(take(), ZYGOTE_TRIES);
    expect_lost("too much data");
}

static void a_status_is_of_who_was_asked_for(void) {
    static const char *const wrong[] = {"78 0", "77", "77 dead", "-77 0", " 9", "77 -1"};
    begin();
    CHECK(zygote_ask_status(&zygote, 77, &fault) == 0);
    say(CONTROL_REAPED, "77 9");
    CHECK_EQUAL(take(), ZYGOTE_REAPED);
    CHECK(zygote.status_of_dead == 9 && zygote.awaited == 0);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        begin();
        CHECK(zygote_ask_status(&zygote, 77, &fault) == 0);
        say(CONTROL_REAPED, wrong[i]);
        CHECK_EQUAL(take(), ZYGOTE_LOST);
    }
}

static void a_fingerprint_is_taken_once(void) {
    static const char *const wrong[] = {"", "0x1", "00112233445566778"};
    begin();
    CHECK(zygote_ask_print(&zygote, &fault) == 0 && zygote_ask_print(&zygote, &fault) == 0);
    say(CONTROL_PRINTED, "0011223344556677");
    CHECK_EQUAL(take(), ZYGOTE_SILENT);
    CHECK(zygote.has_printed && zygote.code == UINT64_C(0x0011223344556677));
    say(CONTROL_PRINTED, "ff");
    expect_lost("unexpected message");
    for (size_t i = 0; i < COUNT(wrong); i++) {
        begin();
        CHECK(zygote_ask_print(&zygote, &fault) == 0);
        say(CONTROL_PRINTED, wrong[i]);
        expect_lost("unexpected message");
    }
}

static void what_it_imports_it_is_done_with_once(void) {
    begin();
    CHECK(zygote_ask_learn(&zygote, 7 * NS_PER_MS, &fault) == 0 && zygote.learns);
    say(CONTROL_TRIES, "0");
    say(CONTROL_LEARNED, "");
    CHECK(take() == ZYGOTE_TRIES && zygote.learns);
    CHECK(take() == ZYGOTE_SILENT && !zygote.learns);
    say(CONTROL_LEARNED, "");
    expect_lost("unexpected message");
}

static size_t heard(void) {
    uint8_t data[4096];
    ssize_t n = recv(far, data, sizeof(data), MSG_DONTWAIT);
    return n > 0 ? (size_t)n : 0;
}

/* Every message wakes it. */
static void the_dead_are_named_together(void) {
    enum { REAP_BYTES = CONTROL_HEAD_BYTES + 2 };
    begin();
    for (int i = 0; i < ZYGOTE_MANY_DEAD; i++)
        CHECK(zygote_bury(&zygote, 70 + i, &fault) == 0);
    CHECK_EQUAL(heard(), 0);
    CHECK(zygote_bury(&zygote, 99, &fault) == 0);
    CHECK_EQUAL(heard(), (ZYGOTE_MANY_DEAD + 1) * REAP_BYTES);
    CHECK(zygote_bury(&zygote, 70, &fault) == 0 && heard() == 0);
    ask(CONTROL_FORK);
    CHECK_EQUAL(heard(), REAP_BYTES + CONTROL_HEAD_BYTES);
}

static void a_stop_by_somebody_else_is_undone_and_counted(void) {
    begin();
    CHECK_EQUAL(zygote_take_stops(&zygote), 0);
    CHECK(kill(zygote.pid, SIGSTOP) == 0);
    AWAIT(procfs_is_stopped(&procfs, zygote.pid) == 1);
    zygote_attend(&zygote, &output, NULL, 0);
    AWAIT(procfs_is_stopped(&procfs, zygote.pid) == 0);
    CHECK_EQUAL(zygote_take_stops(&zygote), 1);
    CHECK_EQUAL(zygote_take_stops(&zygote), 0);
}

static void one_that_rests_runs_for_nobody_else(void) {
    begin();
    CHECK(zygote_rest(&zygote, &fault) == 0);
    CHECK_EQUAL(procfs_is_stopped(&procfs, zygote.pid), 1);
    CHECK_EQUAL(zygote_take_stops(&zygote), 0);
    CHECK(zygote_resume(&zygote, &fault) == 0);
    AWAIT(procfs_is_stopped(&procfs, zygote.pid) == 0);
    for (int stops_again = 0; stops_again <= 1; stops_again++) {
        CHECK(zygote_rest(&zygote, &fault) == 0);
        CHECK(kill(zygote.pid, SIGCONT) == 0);
        if (stops_again)
            CHECK(kill(zygote.pid, SIGSTOP) == 0);
        bool is_lost = false;
        CHECK(zygote_ask(&zygote, CONTROL_FORK, &worker, &output, &is_lost, &fault) == -1 && is_lost);
        CHECK(strstr(fault.text, "continued while a worker") != NULL);
        CHECK(kill(zygote.pid, SIGCONT) == 0);
        AWAIT(zygote_take_stops(&zygote) == 0 && procfs_is_stopped(&procfs, zygote.pid) == 0);
    }
}

static void one_that_is_gone_is_lost_and_takes_no_request(void) {
    bool is_lost = false;
    begin();
    CHECK(kill(zygote.pid, SIGKILL) == 0);
    AWAIT(take() == ZYGOTE_LOST);
    CHECK(strstr(fault.text, "it ended") != NULL);
    (void)close(far);
    expect_lost("closed its socket");
    CHECK(zygote_ask(&zygote, CONTROL_FORK, &worker, &output, &is_lost, &fault) == -1 && is_lost);
    CHECK(zygote_ask_status(&zygote, 77, &fault) == -1);
    zygote_end(&zygote, &output, 0);
    CHECK(WIFSIGNALED(zygote.status) && zygote.pid == 0);
    /* Its number may be anybody's. */
    zygote_end(&zygote, &output, 0);
}

int main(void) {
    RUN(in_namespace(NULL, a_worker_is_taken_that_was_asked_for));
    RUN(in_namespace(NULL, a_zygote_serves_as_itself_alone));
    RUN(in_namespace(NULL, nobody_passes_for_a_worker));
    RUN(in_namespace(NULL, nothing_is_taken_that_nobody_asked_for));
    RUN(in_namespace(NULL, a_flood_is_not_read_to_its_end));
    RUN(in_namespace(NULL, a_status_is_of_who_was_asked_for));
    RUN(in_namespace(NULL, a_fingerprint_is_taken_once));
    RUN(in_namespace(NULL, what_it_imports_it_is_done_with_once));
    RUN(in_namespace(NULL, the_dead_are_named_together));
    RUN(in_namespace(NULL, a_stop_by_somebody_else_is_undone_and_counted));
    RUN(in_namespace(NULL, one_that_rests_runs_for_nobody_else));
    RUN(in_namespace(NULL, one_that_is_gone_is_lost_and_takes_no_request));
    return 0;
}
