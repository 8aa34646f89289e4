/* Objects and keys that outlive their process, and those of others that must stay. */
#include "unit.h"

#include "../supervisor/kernel.h"

#include <linux/keyctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>

static struct procfs procfs;
static struct kernel kernel;
static struct cleared cleared;
static struct fault fault;
static uint32_t removed;

static long keyctl(int operation, long a, long b, long c) {
    return syscall(SYS_keyctl, operation, a, b, c, 0L);
}

static long add_key(const char *name, long ring) {
    return syscall(SYS_add_key, "user", name, "left", 4L, ring);
}

/* In a register of keyrings that ends with us: what is done to a user's outlives all processes. */
static bool has_keys(void) {
    CHECK(unshare(CLONE_NEWUSER) == 0);
    return keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1, 0) > 0;
}

static void begin(bool is_first_life) {
    CHECK(procfs_open(&procfs, &fault) == 0);
    CHECK(kernel_begin(&kernel, &procfs, is_first_life, &removed, &fault) == 0);
}

/* A life that finds nothing of earlier tests. */
static void begin_afresh(void) {
    begin(false);
    begin(true);
}

static int make_shm(void) {
    int id = shmget(IPC_PRIVATE, 4096, 0600);
    CHECK(id >= 0);
    return id;
}

static bool has_shm(int id) {
    struct shmid_ds status;
    return shmctl(id, IPC_STAT, &status) == 0;
}

/* ---- System V */

static int of_others;

static void make_one_of_others(void) {
    of_others = shmget(4242, 4096, IPC_CREAT | 0666);
    CHECK(of_others >= 0);
}

static void removes_objects_of_all_kinds(void) {
    begin_afresh();
    CHECK(kernel_remember(&kernel, &fault) == 0);
    CHECK(!kernel_has_more(&kernel));
    (void)make_shm();
    CHECK(shmget(-7, 4096, IPC_CREAT | 0600) >= 0);
    CHECK(msgget(IPC_PRIVATE, 0600) >= 0);
    CHECK(semget(IPC_PRIVATE, 3, 0600) >= 0);
    CHECK(kernel_has_more(&kernel));
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.removed, 4);
    CHECK_EQUAL(cleared.failed, 0);
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.removed, 0);
    CHECK(has_shm(shmget(4242, 4096, 0666)));
}

static void keeps_what_init_made(void) {
    int before = make_shm();
    CHECK(procfs_open(&procfs, &fault) == 0);
    begin(true);
    CHECK_EQUAL(kernel_made_by_init(&kernel), 0);
    int of_init = make_shm();
    CHECK_EQUAL(kernel_made_by_init(&kernel), 1u << OBJECT_SHM);
    CHECK(strstr(kernel_reason(1u << OBJECT_SHM), "shared memory") != NULL);
    CHECK(kernel_remember(&kernel, &fault) == 0);
    int left = make_shm();
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.removed, 1);
    CHECK(has_shm(before) && has_shm(of_init) && !has_shm(left));
    kernel_empty(&kernel, &cleared);
    CHECK(has_shm(before) && !has_shm(of_init));
    /* What an earlier life has left goes all. */
    begin(false);
    CHECK_EQUAL(removed, 1);
    CHECK(!has_shm(before));
}

static void removes_any_number(void) {
    begin_afresh();
    for (int i = 0; i < 2500; i++)
        CHECK(msgget(IPC_PRIVATE, 0600) >= 0);
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.removed, 2500);
    CHECK_EQUAL(cleared.failed, 0);
    for (int i = 0; i < KERNEL_MANY_OBJECTS + 1; i++)
        CHECK(msgget(IPC_PRIVATE, 0600) >= 0);
    CHECK(kernel_remember(&kernel, &fault) == -1);
}

/* ---- keys */

static long persistent(void) { return keyctl(KEYCTL_GET_PERSISTENT, -1, KEY_SPEC_PROCESS_KEYRING, 0); }

static void leave_keys(void) {
    CHECK(add_key("a", KEY_SPEC_USER_KEYRING) > 0);
    CHECK(add_key("b", KEY_SPEC_USER_SESSION_KEYRING) > 0);
    if (persistent() > 0) {
        /* A named session, linked where it outlives its process. */
        long session = keyctl(KEYCTL_JOIN_SESSION_KEYRING, (long)"stash", 0, 0);
        CHECK(session > 0);
        CHECK(add_key("c", session) > 0);
        CHECK(keyctl(KEYCTL_LINK, session, persistent(), 0) == 0);
    }
}

static void removes_keys_from_all_shared_keyrings(void) {
    if (!has_keys())
        return;
    begin_afresh();
    CHECK_EQUAL(kernel_made_by_init(&kernel), 0);
    forked(leave_keys);
    CHECK_EQUAL(kernel_made_by_init(&kernel), 1u << OBJECT_KINDS);
    CHECK(kernel_has_more(&kernel));
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.keys, persistent() > 0 ? 3 : 2);
    CHECK_EQUAL(cleared.removed, cleared.keys);
    CHECK_EQUAL(cleared.failed, 0);
    CHECK(keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, (long)"user", (long)"a") == -1);
    CHECK(keyctl(KEYCTL_JOIN_SESSION_KEYRING, (long)"stash", 0, 0) > 0);
    CHECK(keyctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (long)"user", (long)"c") == -1);
    /* Nobody who comes later is blamed, however long the kernel takes to collect them. */
    for (int i = 0; i < 100; i++) {
        kernel_clear(&kernel, &cleared);
        CHECK_EQUAL(cleared.removed, 0);
    }
}

static void keeps_keys_that_were_there_and_init_made(void) {
    if (!has_keys())
        return;
    begin_afresh();
    long before = add_key("before", KEY_SPEC_USER_KEYRING);
    CHECK(before > 0);
    begin(true);
    long ring = syscall(SYS_add_key, "keyring", "ring", NULL, 0L, (long)KEY_SPEC_USER_KEYRING);
    CHECK(ring > 0);
    CHECK(add_key("of-init", ring) > 0);
    CHECK(kernel_remember(&kernel, &fault) == 0);
    /* In a keyring of init's, and over its key of the same name. */
    CHECK(add_key("left", ring) > 0);
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.keys, 1);
    CHECK(keyctl(KEYCTL_DESCRIBE, before, 0, 0) > 0);
    CHECK(keyctl(KEYCTL_DESCRIBE, ring, 0, 0) > 0);
    kernel_empty(&kernel, &cleared);
    CHECK(keyctl(KEYCTL_DESCRIBE, before, 0, 0) > 0);
    begin(false);
    CHECK_EQUAL(removed, 1);
}

static int neighbour_ready[2], neighbour_asked[2];

/* Of the same user on the same kernel: with keys in a session of its own. */
static void start_a_neighbour(void) {
    char byte = 0;
    CHECK(pipe(neighbour_ready) == 0 && pipe(neighbour_asked) == 0);
    pid_t neighbour = fork();
    CHECK(neighbour >= 0);
    if (neighbour == 0) {
        long session = keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0);
        long first = add_key("neighbours", session);
        CHECK(first > 0);
        CHECK(write(neighbour_ready[1], &byte, 1) == 1);
        CHECK(read(neighbour_asked[0], &byte, 1) == 1);
        /* While the function initialises, and while it serves. */
        for (int i = 0; i < 20; i++) {
            char name[32];
            (void)snprintf(name, sizeof(name), "more-%d", i);
            CHECK(add_key(name, session) > 0);
        }
        CHECK(write(neighbour_ready[1], &byte, 1) == 1);
        CHECK(read(neighbour_asked[0], &byte, 1) == 1);
        byte = keyctl(KEYCTL_DESCRIBE, first, 0, 0) > 0;
        CHECK(write(neighbour_ready[1], &byte, 1) == 1);
        _exit(0);
    }
    CHECK(read(neighbour_ready[0], &byte, 1) == 1);
}

static void a_neighbours_keys_do_not_matter(void) {
    char byte = 0;
    if (!has_keys())
        return;
    start_a_neighbour();
    begin_afresh();
    CHECK(write(neighbour_asked[1], &byte, 1) == 1 && read(neighbour_ready[0], &byte, 1) == 1);
    CHECK_EQUAL(kernel_made_by_init(&kernel), 0);
    CHECK(kernel_remember(&kernel, &fault) == 0);
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.removed, 0);
    begin(false);
    CHECK_EQUAL(removed, 0);
    CHECK(write(neighbour_asked[1], &byte, 1) == 1 && read(neighbour_ready[0], &byte, 1) == 1);
    CHECK_EQUAL(byte, 1);
}

static void leave_few_rights(void) {
    CHECK(add_key("hidden", KEY_SPEC_USER_KEYRING) > 0);
    CHECK(keyctl(KEYCTL_SETPERM, KEY_SPEC_USER_KEYRING, 0x0b0b0000, 0) == 0);
}

static void a_keyring_that_was_closed_is_replaced(void) {
    if (!has_keys())
        return;
    begin_afresh();
    forked(leave_few_rights);
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.failed, 0);
    CHECK(add_key("mine", KEY_SPEC_USER_KEYRING) > 0);
    CHECK(keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, (long)"user", (long)"hidden") == -1);
}

static void forbid_new_keys(void) {
    CHECK(add_key("hidden", KEY_SPEC_USER_KEYRING) > 0);
    CHECK(keyctl(29 /* KEYCTL_RESTRICT_KEYRING */, KEY_SPEC_USER_KEYRING, 0, 0) == 0);
}

static void a_keyring_that_takes_no_keys_is_replaced(void) {
    if (!has_keys())
        return;
    begin_afresh();
    forked(forbid_new_keys);
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.failed, 0);
    CHECK(add_key("mine", KEY_SPEC_USER_KEYRING) > 0);
    CHECK(keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, (long)"user", (long)"hidden") == -1);
}

static void leave_no_rights(void) {
    CHECK(add_key("hidden", KEY_SPEC_USER_KEYRING) > 0);
    CHECK(keyctl(KEYCTL_SETPERM, KEY_SPEC_USER_KEYRING, 0, 0) == 0);
}

static void one_that_was_closed_for_good_ends_one_life(void) {
    if (!has_keys())
        return;
    begin_afresh();
    forked(leave_no_rights);
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.failed, 1);
    /* The next finds it so, and goes on. */
    begin(false);
    CHECK(kernel.closed != 0);
    kernel_clear(&kernel, &cleared);
    CHECK_EQUAL(cleared.failed, 0);
}

static void lists_no_keys_where_they_cannot_be_counted(void) {
    char folder[] = "/tmp/test-kernel-XXXXXX";
    if (!has_keys())
        return;
    begin_afresh();
    kernel.has_neighbours = true;
    CHECK(mkdtemp(folder) != NULL);
    CHECK((procfs.root = open(folder, O_RDONLY | O_DIRECTORY)) >= 0);
    int keys = openat(procfs.root, "keys", O_WRONLY | O_CREAT, 0600);
    CHECK(dprintf(keys, "0f5bad6a I--Q---     4 perm 1f3f0000 %u -1 keyring   _ses: 1\n", (unsigned int)kernel.uid) > 0);
    kernel_rest(&kernel);
    CHECK_EQUAL(kernel.seen_at_rest.n, 1);
    /* As on a machine with thousands of users. */
    kernel.tallies = -1;
    kernel.seen_at_rest.n = 0;
    kernel_adopt(&kernel);
    CHECK_EQUAL(kernel.seen_at_rest.n, 0);
    CHECK(!kernel_has_more_keys(&kernel));
    CHECK(unlinkat(procfs.root, "keys", 0) == 0 && rmdir(folder) == 0);
}

static void parses_lines(void) {
    int id;
    unsigned long uid, creator;
    CHECK(kernel_parse_object(OBJECT_SHM, " -5  3 600 4096 1 2 0 1051 7 1052 7 0 0 0 0 0", &id, &uid,
                              &creator));
    CHECK(id == 3 && uid == 1051 && creator == 1052);
    CHECK(kernel_parse_object(OBJECT_SEM, "0 9 600 3 11 12 13 14 0 0", &id, &uid, &creator));
    CHECK(id == 9 && uid == 11 && creator == 13);
    CHECK(!kernel_parse_object(OBJECT_MSG, "       key      msqid perms", &id, &uid, &creator));
    CHECK(!kernel_parse_object(OBJECT_SEM, "", &id, &uid, &creator));
}

int main(void) {
    RUN(in_namespace(make_one_of_others, removes_objects_of_all_kinds));
    RUN(in_namespace(NULL, keeps_what_init_made));
    RUN(in_namespace(NULL, removes_any_number));
    RUN(in_namespace(NULL, removes_keys_from_all_shared_keyrings));
    RUN(in_namespace(NULL, keeps_keys_that_were_there_and_init_made));
    RUN(in_namespace(NULL, a_neighbours_keys_do_not_matter));
    RUN(in_namespace(NULL, a_keyring_that_was_closed_is_replaced));
    RUN(in_namespace(NULL, a_keyring_that_takes_no_keys_is_replaced));
    RUN(in_namespace(NULL, one_that_was_closed_for_good_ends_one_life));
    RUN(in_namespace(NULL, lists_no_keys_where_they_cannot_be_counted));
    RUN(parses_lines());
    return 0;
}
