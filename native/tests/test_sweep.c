/* Processes that hide from a sweep, each tried with real ones in namespaces of their own. */
#include "unit.h"

#include "../supervisor/sweep.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static struct procfs procfs;
static struct pairs pairs;
static struct sweep sweep;
static struct swept swept;
static struct fault fault;

static void begin(enum sweep_scope scope) {
    CHECK(procfs_open(&procfs, &fault) == 0);
    CHECK(pairs_begin(&pairs, &fault) == 0);
    CHECK(sweep_begin(&sweep, &procfs, &pairs, scope, &fault) == 0);
}

static void sleep_for_ever(void) {
    for (;;)
        (void)pause();
}

/* Fork a process that does `act`, with the pair of worker `number` where that is not 0. */
static pid_t start(uint32_t number, void (*act)(void)) {
    int ready[2];
    CHECK(pipe2(ready, O_CLOEXEC) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        char byte;
        CHECK(read(ready[0], &byte, 1) == 1);
        (void)close(ready[0]);
        (void)close(ready[1]);
        act();
        _exit(0);
    }
    if (number > 0)
        CHECK(pairs_give(&pairs, pid, number) == 0);
    CHECK(write(ready[1], "", 1) == 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return pid;
}

static bool is_alive(pid_t pid) { return procfs_is_dead(&procfs, pid) == 0; }

static int run(void) {
    int result = sweep_run(&sweep, NULL, 0, &swept);
    if (result != 0)
        fprintf(stderr, "%s\n", swept.fault.text);
    return result;
}

/* ---- one worker at a time */

static void ends_what_was_left_and_counts_it(void) {
    begin(SWEEP_ENVIRONMENT);
    pid_t expected = start(1, sleep_for_ever), left = start(1, sleep_for_ever);
    CHECK_EQUAL(sweep_count(&sweep), 2);
    CHECK(sweep_run(&sweep, &expected, 1, &swept) == 0);
    CHECK(!is_alive(expected) && !is_alive(left));
    CHECK_EQUAL(swept.killed, 1);
    CHECK_EQUAL(swept.strays, 0);
    CHECK(!swept.zygote_lost);
    CHECK(run() == 0);
    CHECK_EQUAL(swept.killed, 0);
}

static void spares_whom_it_is_told(void) {
    begin(SWEEP_ENVIRONMENT);
    pid_t zygote = start(0, sleep_for_ever), left = start(0, sleep_for_ever);
    CHECK(sweep_spare(&sweep, zygote) == 0);
    CHECK(run() == 0);
    CHECK(is_alive(zygote) && !is_alive(left));
    sweep_forget(&sweep, zygote);
    CHECK(run() == 0);
    CHECK(!is_alive(zygote));
}

static void *live_a_while(void *unused) {
    (void)usleep(3000);
    return unused;
}

static void start_threads(void) {
    for (;;) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, live_a_while, NULL) == 0);
        CHECK(pthread_detach(thread) == 0);
        (void)usleep(100);
    }
}

/* Numbers that are given out during a look are looked at one by one, and kill ends the process of a thread whose number
 * it is given. */
static void spares_those_whose_threads_begin_meanwhile(void) {
    begin(SWEEP_ENVIRONMENT);
    pid_t spared = start(0, start_threads), stays = start(1, sleep_for_ever);
    CHECK(sweep_spare(&sweep, spared) == 0);
    CHECK(sweep_keep(&sweep, stays, 1) == 0);
    for (uint32_t number = 2; number < 200; number++) {
        pid_t worker = start(number, sleep_for_ever);
        CHECK(sweep_run(&sweep, &worker, 1, &swept) == 0);
        CHECK_EQUAL(swept.killed, 0);
        CHECK(is_alive(spared) && !is_alive(worker));
    }
}

static void leave_the_parent(void) {
    if (fork() == 0) {
        (void)setsid();
        if (fork() == 0)
            sleep_for_ever();
        _exit(0);
    }
}

static int take_pid(void *context, pid_t pid) {
    *(pid_t *)context = pid;
    return 0;
}

/* Say whether all that is to be ended is a daemon whose parents are dead. */
static bool is_daemon_alone(void) {
    struct proc_stat stat, mine;
    pid_t pid = 0;
    if (sweep_count(&sweep) != 1 || sweep_each_foreign(&sweep, take_pid, &pid) != 0 ||
        procfs_stat(&procfs, pid, &stat) != 1 || procfs_stat(&procfs, getpid(), &mine) != 1)
        return false;
    return stat.session != pid && stat.session != mine.session &&
           (stat.parent == 1 || stat.parent == getpid());
}

static void ends_daemons(void) {
    begin(SWEEP_ENVIRONMENT);
    (void)start(1, leave_the_parent);
    AWAIT(is_daemon_alone());
    CHECK(run() == 0);
    /* Its parent may be on its way out still: neither counted before, nor gone. */
    CHECK(swept.killed == 1 || swept.killed == 2);
    CHECK_EQUAL(sweep_count(&sweep), 0);
}

/* Fork and end, over and over: always somewhere else. Memory is shared along the chain, so that a hop is
 * fast; a stack is used again long after its process has ended. */
#define STACKS 256
#define STACK_BYTES 16384

static _Alignas(16) uint8_t stacks[STACKS][STACK_BYTES];
static volatile unsigned int hops;

static int hop_once(void *nothing) {
    unsigned int next = ++hops % STACKS;
    while (clone(hop_once, stacks[next] + STACK_BYTES, CLONE_VM | SIGCHLD, nothing) < 0)
        (void)sched_yield();
    (void)syscall(SYS_exit, 0);
    return 0;
}

static void hop(void) { (void)hop_once(NULL); }

/* Say whether somebody was born within some milliseconds. */
static bool is_anybody_born(void) {
    long mark = procfs_last_pid(&procfs);
    (void)usleep(5000);
    return procfs_last_pid(&procfs) != mark;
}

/* Fewer rounds where others want the processors: each is a test of its own. */
#define ROUNDS_NS (20 * NS_PER_S)

static void meets_processes_that_hop(void) {
    begin(SWEEP_ENVIRONMENT);
    int64_t until = now_ns() + ROUNDS_NS;
    for (int i = 0; i < 40 && now_ns() < until; i++) {
        (void)start(1, hop);
        AWAIT(is_anybody_born());
        CHECK(run() == 0);
        CHECK(!is_anybody_born());
        CHECK_EQUAL(sweep_count(&sweep), 0);
    }
}

static bool is_slow;

/* In place of the C library's: a supervisor that gets hardly a processor. While processes are born and end
 * faster than they are buried, a list of them never ends. */
pid_t waitpid(pid_t pid, int *status, int options) {
    static long seen;
    if (is_slow && procfs_last_pid(&procfs) != seen) {
        (void)usleep(10000);
        seen = procfs_last_pid(&procfs);
    }
    return (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
}

static void does_not_look_for_ever(void) {
    begin(SWEEP_ENVIRONMENT);
    pid_t first = start(1, hop);
    /* A lead that one read of the list does not make up for. */
    AWAIT(procfs_last_pid(&procfs) > first + 3000);
    is_slow = true;
    CHECK(run() == 0);
    is_slow = false;
    CHECK(!is_anybody_born());
}

static void *think(void *nothing) {
    (void)nothing;
    sleep_for_ever();
    return NULL;
}

static void end_the_leader(void) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, think, NULL) == 0);
    /* Of this thread alone. */
    (void)syscall(SYS_exit, 0);
}

static void a_dead_leader_is_no_dead_process(void) {
    begin(SWEEP_ENVIRONMENT);
    pid_t pid = start(1, end_the_leader);
    struct proc_stat stat;
    AWAIT(procfs_stat(&procfs, pid, &stat) == 1 && stat.state == 'Z');
    CHECK_EQUAL(procfs_is_dead(&procfs, pid), 0);
    CHECK(run() == 0);
    CHECK_EQUAL(swept.killed, 1);
    CHECK_EQUAL(procfs_is_dead(&procfs, pid), 1);
}

static void buries_orphans(void) {
    begin(SWEEP_ENVIRONMENT);
    CHECK(sweep.is_subreaper);
    (void)start(1, leave_the_parent);
    AWAIT(is_daemon_alone());
    CHECK(run() == 0);
    /* One whose end was only just seen is to be waited for a moment later. */
    AWAIT(run() == 0 && sweep_zombies(&sweep) == 0);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

enum { MANY_CHILDREN = 200, MUCH_MEMORY = 256 << 20 };

/* Its memory is given back before its children are: they are dead, and not ours, for some milliseconds. */
static void storm(void) {
    void *much =
        mmap(NULL, MUCH_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (much == MAP_FAILED || madvise(much, MUCH_MEMORY, MADV_DONTFORK) != 0)
        _exit(1);
    for (int i = 0; i < MANY_CHILDREN; i++)
        if (fork() == 0)
            sleep_for_ever();
    sleep_for_ever();
}

static void buries_a_storm_whose_parent_is_dying(void) {
    begin(SWEEP_ENVIRONMENT);
    CHECK(sweep.is_subreaper);
    (void)start(0, storm);
    while (sweep_count(&sweep) <= MANY_CHILDREN)
        (void)sched_yield();
    CHECK(run() == 0);
    CHECK(swept.zombies < MANY_CHILDREN / 2);
    CHECK(run() == 0);
}

static bool can_relieve(void *context) {
    const struct rlimit *before = context;
    return setrlimit(RLIMIT_NOFILE, before) == 0;
}

static bool cannot_relieve(void *context) {
    (void)context;
    return false;
}

static void does_not_take_what_it_cannot_see_for_gone(void) {
    begin(SWEEP_ENVIRONMENT);
    struct rlimit before, none;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    pid_t left = start(1, sleep_for_ever);
    none = (struct rlimit){0, before.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    sweep.n_ancestors++; /* so that nobody is hit blindly */
    sweep.relieve = cannot_relieve;
    CHECK(run() == -1);
    CHECK(!swept.is_proved);
    sweep.n_ancestors--;
    sweep.relieve = can_relieve;
    sweep.context = &before;
    CHECK(run() == 0);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK(!is_alive(left));
}

static pid_t next_worker;

static void know_the_next_worker(void *context) {
    struct sweep *of = context;
    CHECK(sweep_spare(of, next_worker) == 0);
    of->fork_pending = false;
}

static void asks_the_zygote_about_a_child_of_its(void) {
    begin(SWEEP_ENVIRONMENT);
    /* We are the zygote's parent here, and the zygote ourselves. */
    sweep.zygote = getpid();
    sweep.fork_pending = true;
    next_worker = start(0, sleep_for_ever);
    sweep.settle = know_the_next_worker;
    sweep.context = &sweep;
    CHECK(run() == 0);
    CHECK(is_alive(next_worker));
    CHECK_EQUAL(swept.killed, 0);
}

static void the_first_act_ends_everybody(void) {
    begin(SWEEP_ENVIRONMENT);
    (void)start(0, hop);
    pid_t left = start(0, sleep_for_ever);
    CHECK(sweep_first(&sweep));
    CHECK(run() == 0);
    CHECK(!is_alive(left));
}

/* ---- attribution */

static void lower_the_own_pair(void) {
    const struct rlimit low = {1 << 20, 1 << 20};
    CHECK(setrlimit(RLIMIT_RSS, &low) == 0);
    sleep_for_ever();
}

static void a_low_pair_is_ended_and_blames_nobody(void) {
    begin(SWEEP_ENVIRONMENT);
    pid_t low = start(7, lower_the_own_pair), exact = start(7, sleep_for_ever);
    uint32_t number = 0;
    AWAIT(pairs_read(&pairs, &procfs, low, &number) == PAIR_LOW);
    CHECK_EQUAL(pairs_read(&pairs, &procfs, exact, &number), PAIR_WORKER);
    CHECK_EQUAL(number, 7);
    CHECK(run() == 0);
    CHECK(!is_alive(low) && !is_alive(exact));
    CHECK_EQUAL(swept.killed, 2);
    CHECK_EQUAL(swept.strays, 1);
}

/* ---- several workers */

static void fork_now_and_then(void) {
    for (;;) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        if (pid > 0)
            (void)waitpid(pid, NULL, 0);
        (void)usleep(300);
    }
}

static int count_of_worker(void *context, pid_t pid) {
    uint32_t number = 0;
    *(int *)context += pairs_read(&pairs, &procfs, pid, &number) == PAIR_WORKER && number != 1;
    return 0;
}

/* How many processes of other workers than the first are met by many looks. */
static int count_others(void) {
    int n = 0;
    for (int look = 0; look < 20; look++)
        CHECK(sweep_each_foreign(&sweep, count_of_worker, &n) == 0);
    return n;
}

static void ends_one_worker_beside_others_that_fork(void) {
    begin(SWEEP_ENVIRONMENT);
    pid_t stays = start(1, fork_now_and_then);
    CHECK(sweep_keep(&sweep, stays, 1) == 0);
    int64_t until = now_ns() + ROUNDS_NS;
    for (uint32_t number = 2; number < 162 && now_ns() < until; number++) {
        (void)start(number, hop);
        pid_t worker = start(number, sleep_for_ever);
        CHECK(sweep_run(&sweep, &worker, 1, &swept) == 0);
        CHECK(!is_alive(worker));
        CHECK(is_alive(stays));
        CHECK(!swept.zygote_lost);
        CHECK_EQUAL(count_others(), 0);
    }
    CHECK_EQUAL(procfs_is_stopped(&procfs, stays), 0);
    sweep_release(&sweep, 1);
    CHECK(run() == 0);
    CHECK(!is_alive(stays));
}

/* ---- on a machine that is not ours */

static void leave_then_clear(void) {
    if (fork() == 0) {
        (void)setsid();
        if (fork() == 0) {
            char *nothing[] = {NULL}, *arguments[] = {"sleep", "600", NULL};
            (void)execve("/bin/sleep", arguments, nothing);
            _exit(1);
        }
        _exit(0);
    }
}

static void a_supervisor_beside_others(void) {
    begin(SWEEP_DESCENDANTS);
    /* As where the host refuses it: orphans go to PID 1. */
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0);
    sweep.is_subreaper = false;
    (void)start(3, leave_then_clear);
    AWAIT(is_daemon_alone());
    CHECK(run() == 0);
    /* Its parent may be on its way out still: neither counted before, nor gone. */
    CHECK(swept.killed == 1 || swept.killed == 2);
    CHECK_EQUAL(sweep_count(&sweep), 0);
}

static void ends_descendants_alone_where_others_live(void) {
    CHECK(procfs_open(&procfs, &fault) == 0);
    pid_t stranger = fork();
    CHECK(stranger >= 0);
    if (stranger == 0)
        sleep_for_ever();
    forked(a_supervisor_beside_others);
    CHECK(is_alive(stranger));
}

/* ---- extensions */

/* Execute `sleep` as the function's user, leading a group, and return once that is done. */
static pid_t execute(const char *path, const char *name) {
    int done[2];
    char byte;
    CHECK(pipe2(done, O_CLOEXEC) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        unit_drop();
        (void)setpgid(0, 0);
        (void)execl(path, name, "600", NULL);
        _exit(1);
    }
    (void)close(done[1]);
    CHECK(read(done[0], &byte, 1) == 0);
    (void)close(done[0]);
    return pid;
}

static void start_an_extension(void) {
    CHECK(mount("tmpfs", "/opt", "tmpfs", 0, "mode=755") == 0);
    CHECK(mkdir("/opt/extensions", 0755) == 0);
    CHECK(symlink("/bin/sleep", "/opt/extensions/agent") == 0);
    (void)execute("/opt/extensions/agent", "/opt/extensions/agent");
}

static void spares_an_extension(void) {
    begin(SWEEP_ENVIRONMENT);
    CHECK_EQUAL(sweep.n_extensions, 1);
    CHECK(sweep.sees_all_extensions && sweep.is_first_life);
    pid_t left = start(1, sleep_for_ever);
    CHECK(run() == 0);
    CHECK(!is_alive(left));
    CHECK(is_alive(sweep.extensions[0].pid));
}

static void bury_a_runtime(void) {
    start_an_extension();
    forked(sync);
    (void)execute("/bin/sleep", "/opt/extensions/agent");
}

static void ends_whoever_claims_to_be_one_where_there_are_too_many(void) {
    begin(SWEEP_ENVIRONMENT);
    CHECK(!sweep.is_first_life);
    CHECK_EQUAL(sweep.n_extensions, 0);
    CHECK_EQUAL(sweep_count(&sweep), 2);
    CHECK(run() == 0);
    CHECK_EQUAL(sweep_count(&sweep), 0);
}

/* ---- the records of /proc */

static void reads_a_command_of_any_name(void) {
    struct proc_stat stat;
    const char *text =
        "7 (a) R 1 (\n) S 4 5 6 0 -1 4194308 1 9 3 0 1 2 0 0 20 0 2 0 99 1 1 1 1 1 1 1 1 256 0 0\n";
    CHECK(procfs_parse_stat(text, strlen(text), &stat));
    CHECK_EQUAL(stat.state, 'S');
    CHECK_EQUAL(stat.parent, 4);
    CHECK_EQUAL(stat.group, 5);
    CHECK_EQUAL(stat.session, 6);
    CHECK_EQUAL(stat.threads, 2);
    CHECK_EQUAL(stat.started, 99);
    CHECK(stat.is_exiting && stat.is_killed && stat.has_buried);
    CHECK(!procfs_parse_stat("7 (x) R 1 2 3", 13, &stat));
    CHECK(!procfs_parse_stat("", 0, &stat));
}

static void sees_a_stop_and_a_kill(void) {
    begin(SWEEP_ENVIRONMENT);
    pid_t pid = start(0, sleep_for_ever);
    CHECK_EQUAL(procfs_is_stopped(&procfs, pid), 0);
    CHECK(kill(pid, SIGSTOP) == 0);
    AWAIT(procfs_is_stopped(&procfs, pid) == 1);
    CHECK_EQUAL(procfs_is_dying(&procfs, pid), 0);
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK_EQUAL(procfs_is_dying(&procfs, pid), 1);
    AWAIT(procfs_is_dead(&procfs, pid) == 1);
    CHECK_EQUAL(procfs_belongs(&procfs, 1, getuid()), getuid() == 0);
    CHECK_EQUAL(procfs_belongs(&procfs, getpid(), getuid()), 1);
}

int main(void) {
    RUN(in_namespace(NULL, ends_what_was_left_and_counts_it));
    RUN(in_namespace(NULL, spares_whom_it_is_told));
    RUN(in_namespace(NULL, spares_those_whose_threads_begin_meanwhile));
    RUN(in_namespace(NULL, ends_daemons));
    RUN(in_namespace(NULL, meets_processes_that_hop));
    RUN(in_namespace(NULL, does_not_look_for_ever));
    RUN(in_namespace(NULL, a_dead_leader_is_no_dead_process));
    RUN(in_namespace(NULL, buries_orphans));
    RUN(in_namespace(NULL, buries_a_storm_whose_parent_is_dying));
    RUN(in_namespace(NULL, does_not_take_what_it_cannot_see_for_gone));
    RUN(in_namespace(NULL, asks_the_zygote_about_a_child_of_its));
    RUN(in_namespace(NULL, the_first_act_ends_everybody));
    RUN(in_namespace(NULL, a_low_pair_is_ended_and_blames_nobody));
    RUN(in_namespace(NULL, ends_one_worker_beside_others_that_fork));
    RUN(in_namespace(NULL, ends_descendants_alone_where_others_live));
    RUN(in_namespace(start_an_extension, spares_an_extension));
    RUN(in_namespace(bury_a_runtime, ends_whoever_claims_to_be_one_where_there_are_too_many));
    RUN(reads_a_command_of_any_name());
    RUN(in_namespace(NULL, sees_a_stop_and_a_kill));
    return 0;
}
