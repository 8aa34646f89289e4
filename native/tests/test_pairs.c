/* The assumption under attribution: nobody can take another worker's pair, and honest programs do not mind
 * theirs. */
#include "unit.h"

#include "../supervisor/pairs.h"

#include <sys/resource.h>

static struct procfs procfs;
static struct pairs pairs;
static struct fault fault;

static void begin(void) {
    CHECK(procfs_open(&procfs, &fault) == 0);
    CHECK(pairs_begin(&pairs, &fault) == 0);
    CHECK(pairs.is_on);
}

static enum pair_kind kind_of(pid_t pid, uint32_t *number) {
    *number = 0;
    return pairs_read(&pairs, &procfs, pid, number);
}

/* Become worker `number` in a child and run `act` there. */
static void as_worker(uint32_t number, void (*act)(void)) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(pairs_give(&pairs, getpid(), number) == 0);
        act();
        _exit(0);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQUAL(status, 0);
}

/* ---- who is who */

static void what_we_start_is_ours(void) {
    uint32_t number;
    begin();
    CHECK_EQUAL(kind_of(0, &number), PAIR_OURS);
    /* PID 1 began without. */
    CHECK_EQUAL(kind_of(1, &number), PAIR_NONE);
    CHECK_EQUAL(kind_of(INT32_MAX, &number), PAIR_GONE);
}

static void check_own_number(void) {
    uint32_t number;
    CHECK_EQUAL(kind_of(0, &number), PAIR_WORKER);
    CHECK_EQUAL(number, 5);
    if (fork() == 0) {
        (void)setsid();
        if (fork() == 0) {
            CHECK_EQUAL(kind_of(getpid(), &number), PAIR_WORKER);
            CHECK_EQUAL(number, 5);
            _exit(0);
        }
        int status = -1;
        (void)wait(&status);
        _exit(status != 0);
    }
    int status = -1;
    CHECK(wait(&status) > 0);
    CHECK_EQUAL(status, 0);
}

static void every_descendant_bears_the_name(void) {
    begin();
    as_worker(5, check_own_number);
}

static void try_every_other_name(void) {
    for (uint32_t other = 1; other < 200; other++) {
        if (other == 100)
            continue;
        uint32_t number;
        /* Of a child, so that what was lowered does not stand in the way of the next try. */
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            CHECK(pairs_give(&pairs, getpid(), other) != 0 && errno == EPERM);
            enum pair_kind kind = kind_of(0, &number);
            CHECK(kind == PAIR_LOW || (kind == PAIR_WORKER && number == 100));
            _exit(0);
        }
        int status = -1;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_EQUAL(status, 0);
    }
}

static void nobody_takes_the_name_of_another(void) {
    begin();
    as_worker(100, try_every_other_name);
}

static pid_t victim;

static void lower_the_victim(void) {
    uint32_t number;
    /* Raising is refused, and nothing can be given to others. */
    CHECK(pairs_give(&pairs, victim, 7) != 0 || kind_of(victim, &number) != PAIR_WORKER);
    CHECK(kind_of(victim, &number) != PAIR_NONE);
    const struct rlimit low = {1, 1};
    CHECK(prlimit(victim, RLIMIT_RSS, &low, NULL) == 0);
}

static void whoever_is_lowered_by_another_has_no_name(void) {
    uint32_t number;
    begin();
    victim = fork();
    if (victim == 0)
        for (;;)
            (void)pause();
    CHECK(pairs_give(&pairs, victim, 6) == 0);
    CHECK_EQUAL(kind_of(victim, &number), PAIR_WORKER);
    as_worker(8, lower_the_victim);
    CHECK_EQUAL(kind_of(victim, &number), PAIR_LOW);
}

static void the_file_says_the_same(void) {
    uint64_t locks, rss;
    uint32_t number = 0;
    char text[4096];
    ssize_t n = procfs_read(&procfs, "self/limits", text, sizeof(text));
    CHECK(n > 0);
    CHECK(pairs_parse(text, (size_t)n, &locks, &rss));
    CHECK_EQUAL(pairs_judge(&pairs, locks, rss, &number), PAIR_WORKER);
    CHECK_EQUAL(number, 4294967295);
    CHECK(!pairs_parse(text, 40, &locks, &rss));
    CHECK(!pairs_parse("Max resident set x", 18, &locks, &rss));
}

static void the_limits_can_be_read_as_text(void) {
    begin();
    as_worker(UINT32_MAX, the_file_says_the_same);
}

static void two_environments_tell_their_workers_apart(void) {
    begin();
    struct pairs other = pairs;
    uint32_t number;
    struct rlimit locks, rss;
    CHECK(pairs_give(&pairs, 0, 9) == 0);
    CHECK(getrlimit(RLIMIT_LOCKS, &locks) == 0 && getrlimit(RLIMIT_RSS, &rss) == 0);
    other.environment ^= 1;
    CHECK_EQUAL(pairs_judge(&other, locks.rlim_max, rss.rlim_max, &number), PAIR_LOW);
}

static void whoever_may_raise_limits_gets_no_names(void) {
    CHECK(pairs_begin(&pairs, &fault) == -1);
    CHECK(!pairs.is_on);
    CHECK(strstr(fault.text, "may raise limits") != NULL);
    struct rlimit rss;
    CHECK(getrlimit(RLIMIT_RSS, &rss) == 0 && rss.rlim_max == RLIM_INFINITY);
}

static bool may_raise_limits(void) {
    char text[4096];
    CHECK(procfs_open(&procfs, &fault) == 0);
    CHECK(procfs_read(&procfs, "self/status", text, sizeof(text)) > 0);
    const char *at = strstr(text, "\nCapEff:");
    /* CAP_SYS_RESOURCE */
    return at != NULL && (strtoull(at + 8, NULL, 16) >> 24 & 1) != 0;
}

static void a_limit_that_is_there_already_gets_no_names(void) {
    const struct rlimit low = {1 << 30, 1 << 30};
    CHECK(setrlimit(RLIMIT_RSS, &low) == 0);
    CHECK(pairs_begin(&pairs, &fault) == -1);
    CHECK(!pairs.is_on);
}

/* ---- honest programs */

static void run(const char *command) {
    int status = system(command);
    if (status != 0)
        fprintf(stderr, "failed: %s\n", command);
    CHECK_EQUAL(status, 0);
}

static void sort_as_ever(void) {
    /* 11 MB: with a small buffer it would need a directory for its runs. */
    run("seq 1 1500000 >/tmp/numbers && sort -rn -T /nowhere /tmp/numbers | head -1 | grep -qx 1500000");
    /* As it would with a limit that is worth its name. */
    run("! bash -c 'ulimit -m 1000; sort -rn -T /nowhere /tmp/numbers' >/dev/null 2>&1");
}

static void set_limits_as_ever(void) {
    run("bash -c 'ulimit -a >/dev/null && ulimit -v 4000000 && ulimit -n 64 && ulimit -c 0 && ulimit -Ss "
        "1024'");
    run("bash -c 'ulimit -Sm 1000000 && test $(ulimit -Sm) = 1000000'");
    run("python3 - <<'EOF'\n"
        "import resource, subprocess\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_RSS)\n"
        "assert soft == hard >= 1 << 56\n"
        "resource.setrlimit(resource.RLIMIT_RSS, (1 << 30, hard))\n"
        "resource.setrlimit(resource.RLIMIT_RSS, (hard, hard))\n"
        "def limit():\n"
        "    for name, value in (('AS', 1 << 32), ('CPU', 60), ('NOFILE', 64), ('FSIZE', 1 << 20), ('CORE', "
        "0)):\n"
        "        resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (value, value))\n"
        "    resource.setrlimit(resource.RLIMIT_RSS, (1 << 30, 1 << 30))\n"
        "assert subprocess.run(['true'], preexec_fn=limit).returncode == 0\n"
        "EOF");
}

static void lose_one_thing(void) {
    /* What is told in the documentation: unlimited is no longer to be had. */
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_RSS, &all) == -1 && errno == EPERM);
}

static void honest_programs_go_on(void) {
    begin();
    as_worker(1, sort_as_ever);
    as_worker(2, set_limits_as_ever);
    as_worker(3, lose_one_thing);
}

int main(void) {
    RUN(in_namespace(NULL, what_we_start_is_ours));
    RUN(in_namespace(NULL, every_descendant_bears_the_name));
    RUN(in_namespace(NULL, nobody_takes_the_name_of_another));
    RUN(in_namespace(NULL, whoever_is_lowered_by_another_has_no_name));
    RUN(in_namespace(NULL, the_limits_can_be_read_as_text));
    RUN(in_namespace(NULL, two_environments_tell_their_workers_apart));
    RUN(in_namespace(NULL, a_limit_that_is_there_already_gets_no_names));
    if (may_raise_limits())
        RUN(forked(whoever_may_raise_limits_gets_no_names));
    RUN(in_namespace(NULL, honest_programs_go_on));
    return 0;
}
