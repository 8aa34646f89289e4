/* What a worker may do to the limits and priorities of Dayfly's processes, each done by a process of the same
 * user. */
#include "unit.h"

#include "../supervisor/process_limits.h"

#include <mqueue.h>
#include <pthread.h>
#include <sys/syscall.h>

static struct procfs procfs;
static struct pairs pairs;
static struct process_limits process_limits;
static struct kept kept;
static struct fault fault;
static pid_t zygote, spare;
static const uint32_t number = 4;

static void begin(void) {
    CHECK(procfs_open(&procfs, &fault) == 0);
    CHECK(pairs_begin(&pairs, &fault) == 0);
    zygote = start_sleeper();
    CHECK(process_limits_begin(&process_limits, &procfs, &pairs, false, 0, &fault) == 0);
    CHECK(process_limits_adopt(&process_limits, zygote, &fault) == 0);
    spare = start_sleeper();
    /* A fork of the zygote has what the zygote has. */
    CHECK(process_limits_birth(&process_limits, spare, number) == 0);
}

static void check(void) { process_limits_check(&process_limits, zygote, &spare, &number, 1, 0, &kept); }

static bool told(const char *name) {
    for (size_t i = 0; i < kept.n_changed; i++)
        if (strcmp(kept.changed[i], name) == 0)
            return true;
    return false;
}

static void nothing_changed_is_nothing_told(void) {
    begin();
    check();
    CHECK_EQUAL(kept.n_changed, 0);
    CHECK(!kept.must_retire && !kept.must_rebuild && kept.spoilt == 0);
}

static void gives_back_soft_limits(void) {
    begin();
    struct rlimit before, now;
    CHECK(prlimit(zygote, RLIMIT_NOFILE, NULL, &before) == 0);
    const struct rlimit low = {3, before.rlim_max};
    CHECK(prlimit(zygote, RLIMIT_NOFILE, &low, NULL) == 0);
    CHECK(prlimit(spare, RLIMIT_NOFILE, &low, NULL) == 0);
    check();
    CHECK(told("zygote: RLIMIT_NOFILE") && told("standby: RLIMIT_NOFILE"));
    CHECK(!kept.must_rebuild && kept.spoilt == 0);
    CHECK(prlimit(zygote, RLIMIT_NOFILE, NULL, &now) == 0 && now.rlim_cur == before.rlim_cur);
    check();
    CHECK_EQUAL(kept.n_changed, 0);
}

static void gives_up_whose_hard_limit_is_lowered(void) {
    begin();
    const struct rlimit low = {16, 16};
    CHECK(prlimit(spare, RLIMIT_NOFILE, &low, NULL) == 0);
    check();
    CHECK_EQUAL(kept.spoilt, 1);
    CHECK(!kept.must_rebuild);
    CHECK(prlimit(zygote, RLIMIT_NOFILE, &low, NULL) == 0);
    for (int i = 0; i < 5; i++) {
        check();
        CHECK(kept.must_rebuild && !kept.must_retire);
    }
}

static void gives_up_whose_pair_is_lowered(void) {
    begin();
    const struct rlimit low = {1, 1};
    CHECK(prlimit(spare, RLIMIT_LOCKS, &low, NULL) == 0);
    check();
    CHECK_EQUAL(kept.spoilt, 1);
    CHECK(told("standby: RLIMIT_LOCKS"));
    CHECK(prlimit(zygote, RLIMIT_RSS, &low, NULL) == 0);
    for (int i = 0; i < 3; i++) {
        CHECK(!kept.must_retire);
        check();
        CHECK(kept.must_rebuild);
    }
    /* Again and again. */
    CHECK(kept.must_retire);
}

static void a_spare_is_given_no_other_pair(void) {
    begin();
    CHECK(pairs_give(&pairs, spare, number + 1) != 0);
    check();
    CHECK_EQUAL(kept.spoilt, 0);
    /* Half of it is to be had. */
    CHECK(pairs_give(&pairs, spare, number - 1) != 0);
    check();
    CHECK_EQUAL(kept.spoilt, 1);
}

static void gives_back_processors(void) {
    begin();
    cpu_set_t one, now;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &process_limits.zygote.processors))
            CPU_SET(i, &one);
    if (CPU_EQUAL(&one, &process_limits.zygote.processors))
        return;
    CHECK(sched_setaffinity(zygote, sizeof(one), &one) == 0);
    check();
    CHECK(told("zygote: processor affinity"));
    CHECK(!kept.must_rebuild);
    CHECK(sched_getaffinity(zygote, sizeof(now), &now) == 0 &&
          CPU_EQUAL(&now, &process_limits.zygote.processors));
}

static void gives_up_whose_priority_was_lowered(void) {
    begin();
    if (!lower_priority(spare))
        return;
    check();
    CHECK(told("standby: nice value"));
    CHECK_EQUAL(kept.spoilt, 1);
    const struct sched_param none = {0};
    CHECK(sched_setscheduler(zygote, SCHED_IDLE, &none) == 0);
    check();
    CHECK(told("zygote: scheduling policy"));
    CHECK(kept.must_rebuild);
}

static void *rest(void *unused) {
    (void)unused;
    for (;;)
        (void)pause();
    return NULL;
}

/* A process with a thread beside its first; that one's number. */
static pid_t start_threaded(pid_t *thread) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        pthread_t made;
        CHECK(pthread_create(&made, NULL, rest, NULL) == 0);
        CHECK(write(ends[1], "", 1) == 1);
        (void)rest(NULL);
    }
    char byte;
    CHECK(read(ends[0], &byte, 1) == 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
    /* Numbers are given out one by one; another's may have come between. */
    for (*thread = child + 1; syscall(SYS_tgkill, child, *thread, 0) != 0;)
        ++*thread;
    return child;
}

static void threads_are_compared_as_well(void) {
    pid_t of_zygote, of_spare;
    begin();
    zygote = start_threaded(&of_zygote);
    CHECK(process_limits_adopt(&process_limits, zygote, &fault) == 0);
    spare = start_threaded(&of_spare);
    CHECK(process_limits_birth(&process_limits, spare, number) == 0);
    check();
    CHECK_EQUAL(kept.n_changed, 0);
    CHECK(!kept.must_rebuild && kept.spoilt == 0);
    struct sched_attributes attributes;
    const int best_effort_7 = 2 << 13 | 7;
    CHECK(syscall(SYS_ioprio_set, 1, of_zygote, best_effort_7) == 0);
    CHECK(syscall(SYS_ioprio_set, 1, of_spare, best_effort_7) == 0);
    check();
    CHECK(told("zygote: I/O priority"));
    CHECK(!kept.must_rebuild);
    CHECK_EQUAL(kept.spoilt, 1);
    CHECK(syscall(SYS_ioprio_get, 1, of_zygote) != best_effort_7);
    /* Other slices are known to younger kernels alone. */
    memset(&attributes, 0, sizeof(attributes));
    CHECK(syscall(SYS_sched_getattr, of_zygote, &attributes, sizeof(attributes), 0) == 0);
    uint64_t slice = attributes.slice;
    attributes.slice = 1234567;
    attributes.size = 48;
    (void)syscall(SYS_sched_setattr, of_zygote, &attributes, 0);
    check();
    CHECK(slice == 0 || told("zygote: scheduling slice"));
    CHECK(syscall(SYS_sched_getattr, of_zygote, &attributes, sizeof(attributes), 0) == 0);
    CHECK(attributes.slice == slice && !kept.must_rebuild);
    const struct sched_param none = {0};
    CHECK(sched_setscheduler(of_zygote, SCHED_IDLE, &none) == 0);
    check();
    CHECK(told("zygote: scheduling policy"));
}

static void a_batch_process_is_as_good(void) {
    begin();
    const struct sched_param none = {0};
    CHECK(sched_setscheduler(spare, SCHED_BATCH, &none) == 0);
    check();
    CHECK_EQUAL(kept.n_changed, 0);
    /* With another slice as well, it stays one. */
    struct sched_attributes attributes = process_limits.zygote.sched;
    attributes.policy = SCHED_BATCH;
    attributes.slice = 77000000;
    CHECK(syscall(SYS_sched_setattr, spare, &attributes, 0) == 0);
    struct sched_attributes now;
    CHECK(syscall(SYS_sched_getattr, spare, &now, sizeof(now), 0) == 0);
    if (now.slice != 77000000)
        /* A kernel before 6.12 keeps none. */
        return;
    check();
    CHECK(told("standby: scheduling slice"));
    CHECK_EQUAL(kept.spoilt, 0);
    CHECK(syscall(SYS_sched_getattr, spare, &now, sizeof(now), 0) == 0);
    CHECK_EQUAL(now.slice, process_limits.zygote.sched.slice);
    CHECK_EQUAL(now.policy, SCHED_BATCH);
}

static void gives_back_the_priority_of_input_and_output(void) {
    begin();
    CHECK(syscall(SYS_ioprio_set, 1, zygote, 2 << 13 | 7) == 0);
    check();
    CHECK(told("zygote: I/O priority"));
    CHECK(!kept.must_rebuild);
    check();
    CHECK_EQUAL(kept.n_changed, 0);
}

static void a_reset_at_fork_is_told(void) {
    begin();
    struct sched_attributes attributes = process_limits.zygote.sched;
    attributes.flags |= 1; /* SCHED_FLAG_RESET_ON_FORK */
    CHECK(syscall(SYS_sched_setattr, zygote, &attributes, 0) == 0);
    check();
    CHECK(told("zygote: scheduling policy"));
    /* Nobody without privileges takes it away again. */
    CHECK(kept.must_rebuild);
}

static void relieves_ourselves_while_a_worker_lives(void) {
    begin();
    struct rlimit before, now;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(!process_limits_relieve(&process_limits));
    const struct rlimit low = {0, before.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
    CHECK(process_limits_relieve(&process_limits));
    CHECK(getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == before.rlim_cur);
    CHECK(!process_limits_relieve(&process_limits));
    check();
    CHECK(told("supervisor: RLIMIT_NOFILE"));
    CHECK(!kept.must_retire);
    check();
    CHECK_EQUAL(kept.n_changed, 0);
}

static void retires_where_we_were_demoted_ourselves(void) {
    begin();
    if (!lower_priority(0))
        return;
    check();
    CHECK(told("supervisor: nice value"));
    CHECK(kept.must_retire);
}

static void a_zygote_that_is_gone_is_noticed_elsewhere(void) {
    begin();
    CHECK(kill(zygote, SIGKILL) == 0 && waitpid(zygote, NULL, 0) == zygote);
    check();
    CHECK(!kept.must_rebuild);
    CHECK_EQUAL(kept.n_changed, 0);
}

/* ---- what workers may have */

static void bounds_a_worker(void) {
    const struct rlimit lambda = {742, 742};
    CHECK(setrlimit(RLIMIT_NPROC, &lambda) == 0);
    begin();
    CHECK(process_limits_bind(&process_limits, spare, 10) == 0);
    struct rlimit now;
    CHECK(prlimit(spare, RLIMIT_NPROC, NULL, &now) == 0);
    /* Zombies, five of each thread of the zygote, our own, and a worker's share. */
    CHECK_EQUAL(now.rlim_max, 10 + 5 + 16 + 256);
    CHECK(prlimit(spare, RLIMIT_MSGQUEUE, NULL, &now) == 0 && now.rlim_max == 0);
    CHECK(prlimit(spare, RLIMIT_MEMLOCK, NULL, &now) == 0 && now.rlim_max == 0);
    CHECK(prlimit(spare, RLIMIT_SIGPENDING, NULL, &now) == 0);
    /* A third of what Dayfly itself does not need. */
    CHECK_EQUAL(now.rlim_max, 128 + (process_limits.pending_before.rlim_cur - 128) / 3);
    CHECK_EQUAL(now.rlim_cur, now.rlim_max);
    CHECK(getrlimit(RLIMIT_SIGPENDING, &now) == 0 && now.rlim_cur == 0);
    process_limits.buries = true;
    CHECK(process_limits_bind(&process_limits, zygote, 10) == 0);
    CHECK(prlimit(zygote, RLIMIT_SIGPENDING, NULL, &now) == 0);
    CHECK_EQUAL(now.rlim_cur, process_limits.pending_before.rlim_cur);
}

/* A process with as many queued signals as it may have, dead and not buried. */
static pid_t leave_signals(void) {
    sigset_t signals;
    CHECK(sigemptyset(&signals) == 0 && sigaddset(&signals, SIGRTMAX) == 0);
    CHECK(sigprocmask(SIG_BLOCK, &signals, NULL) == 0);
    pid_t pid = start_sleeper();
    CHECK(process_limits_bind(&process_limits, pid, 0) == 0);
    while (sigqueue(pid, SIGRTMAX, (union sigval){0}) == 0)
        continue;
    CHECK(errno == EAGAIN && kill(pid, SIGKILL) == 0);
    siginfo_t ended;
    CHECK(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT) == 0);
    return pid;
}

static void signals_of_the_dead_leave_the_next_worker_a_share(void) {
    begin();
    struct rlimit now;
    const rlim_t most = process_limits.pending_before.rlim_cur;
    pid_t dead = leave_signals();
    process_limits_check(&process_limits, zygote, NULL, NULL, 0, 1, &kept);
    CHECK(!kept.must_retire);
    CHECK(process_limits_bind(&process_limits, spare, 1) == 0);
    CHECK(prlimit(spare, RLIMIT_SIGPENDING, NULL, &now) == 0);
    CHECK(now.rlim_max > most / 2 && now.rlim_max < most * 2 / 3);
    pid_t again = leave_signals();
    process_limits_check(&process_limits, zygote, NULL, NULL, 0, 2, &kept);
    CHECK(kept.must_retire);
    CHECK(strstr(kept.why.text, "signals of dead processes") != NULL);
    /* Those of an earlier life are no reason to end this one. */
    process_limits.queued_before = process_limits.queued;
    process_limits_check(&process_limits, zygote, NULL, NULL, 0, 2, &kept);
    CHECK(!kept.must_retire);
    CHECK(waitpid(dead, NULL, 0) == dead && waitpid(again, NULL, 0) == again);
    process_limits_check(&process_limits, zygote, NULL, NULL, 0, 0, &kept);
    CHECK_EQUAL(process_limits.queued, 0);
}

static void retires_where_zombies_leave_no_room(void) {
    const struct rlimit lambda = {742, 742};
    CHECK(setrlimit(RLIMIT_NPROC, &lambda) == 0);
    begin();
    process_limits_check(&process_limits, zygote, NULL, NULL, 0, 400, &kept);
    CHECK(!kept.must_retire);
    process_limits_check(&process_limits, zygote, NULL, NULL, 0, 500, &kept);
    CHECK(kept.must_retire);
    CHECK(strstr(kept.why.text, "500 dead processes") != NULL);
    /* Those of an earlier life are no reason to end this one. */
    process_limits.zombies_before = 450;
    process_limits_check(&process_limits, zygote, NULL, NULL, 0, 500, &kept);
    CHECK(!kept.must_retire);
}

static void make_a_message_queue(void) {
    CHECK(process_limits_bind(&process_limits, getpid(), 0) == 0);
    CHECK(mq_open("/left", O_CREAT | O_RDWR, 0600, NULL) == (mqd_t)-1 && errno == EMFILE);
}

static void a_worker_makes_no_message_queue(void) {
    begin();
    mqd_t queue = mq_open("/mine", O_CREAT | O_RDWR, 0600, NULL);
    CHECK(queue != (mqd_t)-1);
    CHECK(mq_unlink("/mine") == 0);
    forked(make_a_message_queue);
}

int main(void) {
    RUN(in_namespace(NULL, nothing_changed_is_nothing_told));
    RUN(in_namespace(NULL, gives_back_soft_limits));
    RUN(in_namespace(NULL, gives_up_whose_hard_limit_is_lowered));
    RUN(in_namespace(NULL, gives_up_whose_pair_is_lowered));
    RUN(in_namespace(NULL, a_spare_is_given_no_other_pair));
    RUN(in_namespace(NULL, gives_back_processors));
    RUN(in_namespace(NULL, gives_up_whose_priority_was_lowered));
    RUN(in_namespace(NULL, threads_are_compared_as_well));
    RUN(in_namespace(NULL, a_batch_process_is_as_good));
    RUN(in_namespace(NULL, gives_back_the_priority_of_input_and_output));
    RUN(in_namespace(NULL, a_reset_at_fork_is_told));
    RUN(in_namespace(NULL, relieves_ourselves_while_a_worker_lives));
    RUN(in_namespace(NULL, retires_where_we_were_demoted_ourselves));
    RUN(in_namespace(NULL, a_zygote_that_is_gone_is_noticed_elsewhere));
    RUN(in_namespace(NULL, bounds_a_worker));
    RUN(in_namespace(NULL, signals_of_the_dead_leave_the_next_worker_a_share));
    RUN(in_namespace(NULL, retires_where_zombies_leave_no_room));
    RUN(in_namespace(NULL, a_worker_makes_no_message_queue));
    return 0;
}
