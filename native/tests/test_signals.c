/* Which signals end the supervisor: the rule, and a process that has one. */
#include "unit.h"

#include "../supervisor/signals.h"

#include <poll.h>

enum { PARENT = 70, US = 1000, BY_SOCKET = 1, BY_QUEUE = -1, BY_TGKILL = -6, BY_KERNEL = 0x80, BY_KILL = 0 };

static bool ends(int number, int code, pid_t sender, uid_t uid, bool is_alone) {
    return signals_may_end(number, code, sender, uid, PARENT, US, is_alone, false);
}

static void these_never_end_it(void) {
    for (int is_alone = 0; is_alone < 2; is_alone++) {
        CHECK(!ends(SIGUSR1, BY_KILL, PARENT, 0, is_alone)); /* ends nobody in order */
        CHECK(!ends(SIGTERM, BY_QUEUE, 1, 0, is_alone));     /* its sender is the sender's own word */
        CHECK(!ends(SIGTERM, BY_TGKILL, 1, 0, is_alone));
        CHECK(!ends(SIGTERM, BY_SOCKET, 0, 0, is_alone)); /* F_SETOWN: after its sender's death, too */
        CHECK(!ends(SIGHUP, BY_KERNEL, 0, 0, is_alone));  /* an orphaned process group */
        CHECK(!ends(SIGINT, BY_KERNEL, 0, 0, is_alone));
    }
}

static void a_worker_ends_it_only_where_there_is_none(void) {
    const struct {
        pid_t sender;
        uid_t uid;
    } unknown[] = {{99, US}, {0, 0}, {0, US}};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        CHECK(!ends(SIGTERM, BY_KILL, unknown[i].sender, unknown[i].uid, false));
        CHECK(ends(SIGTERM, BY_KILL, unknown[i].sender, unknown[i].uid, true));
    }
}

static void the_platform_ends_it_at_any_time(void) {
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        CHECK(ends(numbers[i], BY_KILL, 1, US, false));
        CHECK(ends(numbers[i], BY_KILL, PARENT, US, false));
        CHECK(ends(numbers[i], BY_KILL, 99, 0, false));
    }
}

static void a_key_at_a_terminal_ends_it_where_there_may_be_one(void) {
    CHECK(signals_may_end(SIGINT, BY_KERNEL, 0, 0, PARENT, US, false, true));
    CHECK(!signals_may_end(SIGTERM, BY_KERNEL, 0, 0, PARENT, US, false, true));
}

static void signals_of_a_worker_are_counted_and_do_nothing(void) {
    struct signals signals;
    struct fault fault;
    CHECK(signals_begin(&signals, false, &fault) == 0);
    signals.is_alone = false;
    pid_t pid = fork();
    if (pid == 0) {
        /* Our parent is not us: what a worker sends. 34 is one that the C library would not let us block. */
        CHECK(kill(getppid(), SIGUSR1) == 0 && kill(getppid(), SIGTERM) == 0 && kill(getppid(), 34) == 0);
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    struct pollfd look = {signals.descriptor, POLLIN, 0};
    CHECK(poll(&look, 1, 0) == 1);
    CHECK(!signals_heed(&signals));
    CHECK_EQUAL(signals.strays[SIGUSR1], 1);
    CHECK_EQUAL(signals.strays[SIGTERM], 1);
    CHECK_EQUAL(signals.strays[34], 1);
    signals.is_alone = true;
    pid = fork();
    if (pid == 0)
        _exit(kill(getppid(), SIGTERM) != 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(signals_heed(&signals));
    CHECK_EQUAL(signals.ending, SIGTERM);
}

/* Ends as grep does, which reads of itself how it was executed. */
static void look_from_a_program(const char *wanted) {
    struct signals signals;
    struct fault fault;
    CHECK(signals_begin(&signals, false, &fault) == 0);
    signals_leave();
    execlp("grep", "grep", "-q", wanted, "/proc/self/status", (char *)NULL);
}

static void what_is_executed_from_here_begins_with_no_signal_blocked(void) {
    look_from_a_program("SigBlk:.0000000000000000");
}

static void what_is_executed_from_here_begins_with_no_signal_ignored(void) {
    look_from_a_program("SigIgn:.0000000000000000");
}

static void signals_have_names(void) {
    char name[16];
    signals_name(SIGTERM, name, sizeof(name));
    CHECK(strcmp(name, "SIGTERM") == 0);
    signals_name(37, name, sizeof(name));
    CHECK(strcmp(name, "SIGRTMIN+3") == 0);
    signals_name(32, name, sizeof(name));
    CHECK(strcmp(name, "SIGRTMIN-2") == 0);
}

int main(void) {
    RUN(these_never_end_it());
    RUN(a_worker_ends_it_only_where_there_is_none());
    RUN(the_platform_ends_it_at_any_time());
    RUN(a_key_at_a_terminal_ends_it_where_there_may_be_one());
    RUN(signals_have_names());
    RUN(forked(signals_of_a_worker_are_counted_and_do_nothing));
    RUN(forked(what_is_executed_from_here_begins_with_no_signal_blocked));
    RUN(forked(what_is_executed_from_here_begins_with_no_signal_ignored));
    return 0;
}
